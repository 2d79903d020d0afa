import { Duplex } from "node:stream";
import type { StreamTransport } from "../stream/_seam.ts";

type Done = (error?: Error | null) => void;

/**
 * What `node:tls` encrypts over: a duplex stream of Node over a transport of ours.
 *
 * It reads nothing by itself. `node:tls` of Deno 2.9 never pauses the stream below
 * it, and keeps in memory whatever a peer sends. So its owner feeds it one piece
 * at a time, when a caller waits for bytes.
 */
export class FedDuplex extends Duplex {
  readonly #below: StreamTransport;
  readonly #onFailure: (error: unknown) => void;
  #isMute = false;
  /** Settles when the write that is going on has ended. */
  #writing: Promise<void> | undefined;

  constructor(below: StreamTransport, onFailure: (error: unknown) => void) {
    super({ allowHalfOpen: true });
    this.#below = below;
    this.#onFailure = onFailure;
  }

  /** Passes encrypted bytes up; returns whether their memory may be used again. */
  feed(bytes: Uint8Array): boolean {
    this.push(bytes);
    return this.readableLength === 0;
  }

  override _read(): void {
    // fed by its owner
  }

  /**
   * Writes, without the queue of `Writable`: `node:tls` writes one piece after the other.
   * Also after `destroy`, for `node:tls` destroys the stream below it before it writes
   * the alert that says why, or the close_notify.
   */
  // deno-lint-ignore no-explicit-any -- the overloads of Node
  override write(...args: any[]): boolean {
    const bytes: Uint8Array = args[0];
    const last = args.at(-1);
    const done: Done = typeof last === "function" ? last : () => {};
    const before = this.#writing;
    const writing = before === undefined
      ? this.#writeAll(bytes)
      : before.then(() => this.#writeAll(bytes));
    this.#follow(writing.then(() => done(), done));
    return true;
  }

  /** Remembers the last write until it has ended. */
  #follow(writing: Promise<void>): void {
    this.#writing = writing;
    writing.then(() => {
      if (this.#writing === writing) this.#writing = undefined;
    });
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length && !this.#isMute;) {
        at += await this.#below.write(at > 0 ? bytes.subarray(at) : bytes);
      }
    } catch (error) {
      this.#onFailure(error);
      throw error;
    }
  }

  /** Drops what is still to be written, but for these last few bytes. */
  mute(last?: Uint8Array): void {
    this.#isMute = true;
    if (last === undefined) return;
    const writing = Promise.resolve(this.#writing)
      .then(() => this.#below.write(last));
    this.#follow(writing.then(() => {}, () => {}));
  }

  /** Resolves when nothing is being written, nor about to be. */
  async written(): Promise<void> {
    do {
      await this.#writing;
      await new Promise(setImmediate); // `node:tls` may write more after it
    } while (this.#writing !== undefined);
  }
}
