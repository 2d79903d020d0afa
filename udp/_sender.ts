import { socketError } from "../errors/mod.ts";
import type { DatagramTransport, OutgoingDatagram } from "./_transport.ts";

/** How many sends may wait, from a caller who does not await them. */
const MAX_WAITING = 65_536;

interface Waiting {
  bytes: Uint8Array;
  hostname: string;
  port: number;
  resolve: (count: number) => void;
  reject: (error: unknown) => void;
}

/**
 * The sending half of a socket: one send at a time, in the order of the calls.
 * The runtime would take several at once, but reorders them, and is no faster.
 */
export class Sender {
  /** How many datagrams have been handed to the kernel. */
  sent = 0;
  readonly #transport: DatagramTransport;
  /** Makes our error of the runtime's; another socket object may take over. */
  failure: (error: unknown, syscall: string) => Error;
  readonly #waiting: Waiting[] = [];
  #head = 0;
  #isSending = false;
  #error: Error | undefined;

  constructor(
    transport: DatagramTransport,
    failure: (error: unknown, syscall: string) => Error,
  ) {
    this.#transport = transport;
    this.failure = failure;
  }

  /** Sends a datagram; its count of bytes. */
  send(bytes: Uint8Array, hostname: string, port: number): Promise<number> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (!this.#isSending) return this.#begin(bytes, hostname, port);
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

  /** Sends datagrams, in as few calls as the transport can; how many. */
  async sendMany(datagrams: readonly OutgoingDatagram[]): Promise<number> {
    if (this.#error !== undefined) throw this.#error;
    if (this.#isSending) return await this.#queueMany(datagrams);
    this.#isSending = true;
    try {
      if (this.#transport.sendMany === undefined) {
        for (const { bytes, hostname, port } of datagrams) {
          await this.#transport.send(bytes, hostname, port);
          this.sent++;
        }
      } else {
        await this.#transport.sendMany(datagrams, this.#count);
      }
      return datagrams.length;
    } catch (error) {
      throw this.#error ?? this.failure(error, "sendto");
    } finally {
      this.#next();
    }
  }

  /** Sends datagrams behind those that wait already. */
  async #queueMany(datagrams: readonly OutgoingDatagram[]): Promise<number> {
    const sends = datagrams.map(({ bytes, hostname, port }) =>
      this.send(bytes, hostname, port)
    );
    for (const result of await Promise.allSettled(sends)) {
      if (result.status === "rejected") throw result.reason;
    }
    return datagrams.length;
  }

  #begin(bytes: Uint8Array, hostname: string, port: number): Promise<number> {
    this.#isSending = true;
    return this.#transport.send(bytes, hostname, port).then(
      this.#onSent,
      this.#onFailed,
    );
  }

  readonly #count = (count: number): void => {
    this.sent += count;
  };

  readonly #onSent = (count: number): number => {
    this.sent++;
    this.#next();
    return count;
  };

  readonly #onFailed = (error: unknown): never => {
    this.#next();
    throw this.#error ?? this.failure(error, "sendto");
  };

  #next(): void {
    this.#isSending = false;
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
