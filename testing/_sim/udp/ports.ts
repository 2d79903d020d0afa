import { failure } from "../types.ts";
import { familyOf, isAny } from "./addresses.ts";

/** The ports that Linux chooses from: /proc/sys/net/ipv4/ip_local_port_range. */
export const FIRST_PORT = 32_768;
export const LAST_PORT = 60_999;

/** What decides whether two sockets may have the same port. */
export interface Binding {
  /** The address that it is bound to, or has from its route; unmapped. */
  readonly address: string;
  readonly port: number;
  readonly reuseAddress: boolean;
}

/** Whether a socket that is bound to an address receives for the other one. */
export function covers(binding: Binding, address: string): boolean {
  if (!isAny(binding.address)) return binding.address === address;
  return binding.address === "::" || familyOf(address) === 4;
}

/** Whether two sockets would receive for the same address. */
function isShared(a: Binding, b: Binding): boolean {
  return covers(a, b.address) || covers(b, a.address);
}

/** Which sockets are bound to which ports. */
export class Ports<T extends Binding> {
  readonly #bound = new Map<number, T[]>();
  #next: number;

  /** Chooses free ports from this one on. */
  constructor(first: number) {
    this.#next = first;
  }

  /** The sockets of a port, the one that was bound last first. */
  at(port: number): readonly T[] | undefined {
    return this.#bound.get(port);
  }

  /** All sockets. */
  all(): T[] {
    return [...this.#bound.values()].flat();
  }

  /** Whether a socket may be bound so. */
  #isFree(wanted: Binding): boolean {
    return !this.#bound.get(wanted.port)?.some((other) =>
      isShared(wanted, other) && !(wanted.reuseAddress && other.reuseAddress)
    );
  }

  /** Returns the port that a socket gets: the one that it asks for, or a free one. */
  choose(wanted: Binding): number {
    if (wanted.port !== 0) {
      if (this.#isFree(wanted)) return wanted.port;
      throw failure("EADDRINUSE", "bind");
    }
    for (let left = LAST_PORT - FIRST_PORT; left >= 0; left--) {
      const port = this.#next;
      this.#next = port === LAST_PORT ? FIRST_PORT : port + 1;
      // A port of Linux's choice is nobody else's, whatever the others permit.
      if (this.#isFree({ ...wanted, port, reuseAddress: false })) return port;
    }
    throw failure("EADDRINUSE", "bind");
  }

  add(socket: T): void {
    const others = this.#bound.get(socket.port);
    if (others === undefined) this.#bound.set(socket.port, [socket]);
    else others.unshift(socket);
  }

  delete(socket: T): void {
    const left = this.#bound.get(socket.port)?.filter((one) => one !== socket);
    if (left === undefined) return;
    if (left.length > 0) this.#bound.set(socket.port, left);
    else this.#bound.delete(socket.port);
  }

  clear(): void {
    this.#bound.clear();
  }
}
