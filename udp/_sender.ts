import { socketError } from "../errors/mod.ts";
import {
  type Call,
  CallQueue,
  isLoopStarved,
  nextTurn,
  type Timers,
} from "../internal/wait/mod.ts";
import type { DatagramTransport, OutgoingDatagram } from "./_transport.ts";

/** How many sends may wait, from a caller who does not await them. */
const MAX_WAITING = 65_536;

function timeoutError(): Error {
  return socketError("ETIMEDOUT", { action: "send", syscall: "sendto" });
}

/**
 * The sending half of a socket: one send at a time, in the order of the calls.
 * The runtime would take several at once, but reorders them, and is no faster.
 */
export class Sender {
  /** How many datagrams have been handed to the kernel. */
  sent = 0;
  #isSending = false;
  /** The socket above, which makes our error of the runtime's; another one may take over. */
  owner!: { failure(error: unknown, syscall: string): Error };
  readonly #transport: DatagramTransport;
  readonly #calls: CallQueue<Call<Promise<number>>>;
  #closed: Error | undefined;

  constructor(transport: DatagramTransport, timers: Timers) {
    this.#transport = transport;
    this.#calls = new CallQueue({
      timers,
      isFair: transport.can.isFair,
      onWaiting() {},
    });
  }

  /** Sends a datagram; resolves with its count of bytes. */
  send(bytes: Uint8Array, hostname: string, port: number): Promise<number> {
    if (this.#calls.size >= MAX_WAITING) {
      return Promise.reject(socketError("ENOBUFS", {
        action: `send ${bytes.length} bytes`,
        syscall: "sendto",
        reason: `${MAX_WAITING} datagrams wait to be sent; await the sends`,
      }));
    }
    return this.#call(() => {
      if (this.#isSending) return undefined;
      this.#isSending = true;
      return this.#transport.send(bytes, hostname, port)
        .then(this.#onSent, this.#onFailed);
    });
  }

  /** Sends datagrams, in as few calls as the transport can; resolves with how many. */
  sendMany(datagrams: readonly OutgoingDatagram[]): Promise<number> {
    return this.#call(() =>
      this.#isSending ? undefined : this.#sendAll(datagrams)
    );
  }

  #call(attempt: () => Promise<number> | undefined): Promise<number> {
    return this.#closed === undefined
      ? this.#calls.call({ attempt, timeoutError }, undefined)
      : Promise.reject(this.#closed);
  }

  async #sendAll(datagrams: readonly OutgoingDatagram[]): Promise<number> {
    this.#isSending = true;
    try {
      if (this.#transport.sendMany === undefined) {
        for (const { bytes, hostname, port } of datagrams) {
          await this.#transport.send(bytes, hostname, port);
          this.sent++;
          // Node sends in the same turn.
          if (isLoopStarved()) await nextTurn();
        }
      } else {
        await this.#transport.sendMany(datagrams, (count) => {
          this.sent += count;
        });
      }
    } catch (error) {
      return this.#onFailed(error);
    }
    this.#next();
    return datagrams.length;
  }

  readonly #onSent = (count: number): number => {
    this.sent++;
    this.#next();
    return count;
  };

  readonly #onFailed = (error: unknown): never => {
    this.#next();
    throw this.#closed ?? this.owner.failure(error, "sendto");
  };

  #next(): void {
    this.#isSending = false;
    this.#calls.run();
  }

  /** Rejects the calls that wait and every later one. */
  close(error: Error): void {
    this.#closed = error;
    this.#calls.close(error);
  }
}
