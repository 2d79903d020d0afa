import type { MulticastGroup } from "../../../udp/_seam.ts";
import { failure, type Machine } from "../types.ts";
import { canonical, isLoopback } from "./addresses.ts";

/** The interfaces of a host, with the indexes that Linux gives them. */
export type Interface = "lo" | "eth0";
const INDEXES = ["", "lo", "eth0"];

/** The interface that a program names: by an address for IPv4, else by index or name. */
export function interfaceOf(
  machine: Machine,
  via: string | number | undefined,
): Interface {
  if (via === undefined || via === "" || via === 0 || via === "0.0.0.0") {
    return "eth0";
  }
  const text = String(via);
  const name = typeof via === "number" || /^\d+$/.test(text)
    ? INDEXES[Number(via)]
    : text.includes(".")
    ? isLoopback(text) ? "lo" : machine.isOwn(text) ? "eth0" : undefined
    : text;
  if (name === "lo" || name === "eth0") return name;
  throw failure("ENODEV", "setsockopt");
}

/** A socket's membership of a group on an interface. */
interface Membership {
  readonly group: string;
  readonly via: Interface;
  /** The only senders to hear; undefined for all. */
  sources: Set<string> | undefined;
}

/** The groups of one socket: the list of Linux's `ip_mc_socklist`. */
export class Memberships {
  readonly #machine: Machine;
  /** How many sockets of the host are members of a group on loopback. */
  readonly #onLoopback: Map<string, number>;
  #all: Membership[] = [];

  constructor(machine: Machine, onLoopback: Map<string, number>) {
    this.#machine = machine;
    this.#onLoopback = onLoopback;
  }

  #find(group: string, via: Interface): Membership | undefined {
    return this.#all.find((one) => one.group === group && one.via === via);
  }

  /** Joins a group, as IP_ADD_MEMBERSHIP and MCAST_JOIN_SOURCE_GROUP do. */
  join({ address, interface: name, source: from }: MulticastGroup): void {
    const via = interfaceOf(this.#machine, name);
    const group = canonical(address);
    const source = from && canonical(from);
    const known = this.#find(group, via);
    if (known === undefined) {
      const sources = source === undefined ? undefined : new Set([source]);
      this.#all.push({ group, via, sources });
      this.#enter(group, via);
    } else if (source === undefined || known.sources?.has(source)) {
      throw failure("EADDRINUSE", "setsockopt");
    } else {
      // One that heard all senders hears only this one from now on.
      known.sources = new Set(known.sources).add(source);
    }
  }

  /** Leaves a group, or no longer hears one of its senders. */
  leave({ address, interface: name, source: from }: MulticastGroup): void {
    const via = interfaceOf(this.#machine, name);
    const group = canonical(address);
    const known = this.#find(group, via);
    if (known === undefined) throw failure("EADDRNOTAVAIL", "setsockopt");
    if (from !== undefined) {
      if (!known.sources?.delete(canonical(from))) {
        throw failure("EADDRNOTAVAIL", "setsockopt");
      }
      if (known.sources.size > 0) return;
    }
    this.#all = this.#all.filter((one) => one !== known);
    this.#exit(group, via);
  }

  /**
   * Whether the socket hears a sender. One that is no member hears what others of its
   * host have joined: IP_MULTICAST_ALL is on from the start (ip(7)).
   */
  hears(group: string, via: Interface, from: string): boolean {
    const known = this.#find(group, via);
    return known?.sources === undefined || known.sources.has(from);
  }

  #enter(group: string, via: Interface): void {
    const counts = this.#onLoopback;
    if (via === "eth0") this.#machine.join(group);
    else counts.set(group, (counts.get(group) ?? 0) + 1);
  }

  #exit(group: string, via: Interface): void {
    const counts = this.#onLoopback;
    if (via === "eth0") this.#machine.leave(group);
    else counts.set(group, counts.get(group)! - 1);
  }

  /** Leaves all groups, as the end of a socket does. */
  clear(): void {
    const all = this.#all;
    this.#all = [];
    for (const { group, via } of all) this.#exit(group, via);
  }
}
