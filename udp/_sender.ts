import { socketError } from "../errors/mod.ts";
import type { DatagramTransport } from "./_transport.ts";

/** How many sends the runtime works on at a time: more only slow it down. */
const MAX_IN_FLIGHT = 32;
/** How many sends may wait behind them, from a caller who does not await. */
const MAX_WAITING = 65_536;

interface Waiting {
  bytes: Uint8Array;
  hostname: string;
  port: number;
  resolve: (count: number) => void;
  reject: (error: unknown) => void;
}

/** The sending half of a socket: a few sends at a time, the others in order. */
export class Sender {
  /** How many datagrams have been handed to the kernel. */
  sent = 0;
  readonly #transport: DatagramTransport;
  readonly #failure: (error: unknown, syscall: string) => Error;
  readonly #waiting: Waiting[] = [];
  #head = 0;
  #inFlight = 0;
  #error: Error | undefined;

  constructor(
    transport: DatagramTransport,
    failure: (error: unknown, syscall: string) => Error,
  ) {
    this.#transport = transport;
    this.#failure = failure;
  }

  /** Sends a datagram; its count of bytes. */
  send(bytes: Uint8Array, hostname: string, port: number): Promise<number> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#inFlight < MAX_IN_FLIGHT) {
      return this.#begin(bytes, hostname, port);
    }
    if (this.#waiting.length - this.#head >= MAX_WAITING) {
      return Promise.reject(socketError("ENOBUFS", {
        action: `send ${bytes.length} bytes`,
        syscall: "sendto",
        reason: `${MAX_WAITING} datagrams wait to be sent; await the sends`,
      }));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes, hostname, port, resolve, reject });
    });
  }

  #begin(bytes: Uint8Array, hostname: string, port: number): Promise<number> {
    this.#inFlight++;
    return this.#transport.send(bytes, hostname, port).then(
      this.#onSent,
      this.#onFailed,
    );
  }

  readonly #onSent = (count: number): number => {
    this.sent++;
    this.#next();
    return count;
  };

  readonly #onFailed = (error: unknown): never => {
    this.#next();
    throw this.#error ?? this.#failure(error, "sendto");
  };

  #next(): void {
    this.#inFlight--;
    const next = this.#waiting[this.#head];
    if (next === undefined) return;
    if (++this.#head === this.#waiting.length) {
      this.#waiting.length = this.#head = 0;
    } else if (this.#head === 1024) {
      this.#waiting.splice(0, this.#head);
      this.#head = 0;
    }
    const { bytes, hostname, port, resolve, reject } = next;
    this.#begin(bytes, hostname, port).then(resolve, reject);
  }

  /** Rejects what waits and every later send. */
  close(error: Error): void {
    this.#error = error;
    for (const { reject } of this.#waiting.splice(0).slice(this.#head)) {
      reject(error);
    }
    this.#head = 0;
  }
}
