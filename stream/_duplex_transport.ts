import type { Addr } from "../address/mod.ts";
import { makeError } from "../internal/runtime/mod.ts";
import { takenAway } from "../internal/check/mod.ts";
import { afterTurn, isLoopStarved } from "../internal/wait/mod.ts";
import {
  firstPiece,
  type StreamFeature,
  type StreamTransport,
} from "./_transport.ts";

/**
 * What a connection needs of a duplex stream of Node, such as a `net.Socket`: any
 * `stream.Duplex` has it.
 *
 * @example A transform as a connection
 * ```ts
 * import { type NodeDuplex, StreamConn } from "@berkeley/sockets/stream";
 * import { assertEquals } from "@std/assert";
 * import { PassThrough } from "node:stream";
 *
 * const source: NodeDuplex = new PassThrough();
 * using conn = StreamConn.from(source);
 * await conn.send("there and back\n");
 * assertEquals(await conn.readLine(), "there and back");
 * ```
 */
export interface NodeDuplex {
  /** How many bytes it has buffered. */
  readonly readableLength: number;
  /** How many bytes it buffers at most. */
  readonly readableHighWaterMark: number;
  /** Whether its end was read. */
  readonly readableEnded: boolean;
  /** Whether it was destroyed. */
  readonly destroyed: boolean;
  /** The error that it failed with, or null. */
  readonly errored: Error | null;
  /** Takes `size` bytes off its buffer; of 0 bytes, has it read on. */
  read(size?: number): unknown;
  /** Writes; calls back when it has. */
  write(
    bytes: Uint8Array,
    done: (error?: Error | null) => void,
  ): boolean;
  /** Ends the writing half; calls back when it has. */
  end(done: () => void): unknown;
  /** Ends it. */
  destroy(error?: Error): unknown;
  /** Adds a listener. */
  on(event: string, listener: (...values: unknown[]) => void): unknown;
  /** Removes a listener. */
  off(event: string, listener: (...values: unknown[]) => void): unknown;
}

/** The methods that only some duplex streams have. */
interface SomeDuplex extends NodeDuplex {
  resetAndDestroy?(): unknown;
  ref?(): unknown;
  unref?(): unknown;
}

/** How a transport uses its duplex stream. */
export interface DuplexOptions<A extends Addr> {
  /** The local address. */
  readonly localAddr: A;
  /** The remote address. */
  readonly remoteAddr: A;
  /**
   * Whether it is a socket that was just accepted. The runtime may not have asked the
   * kernel about it yet.
   *
   * @default {false}
   */
  readonly isNew?: boolean;
  /**
   * Whether it may use the memory of a write after the write is done: a stream in
   * memory passes it to its reader. It then gets copies.
   *
   * @default {false}
   */
  readonly mayHold?: boolean;
}

type Settle<T> = {
  resolve: (value: T) => void;
  reject: (error: unknown) => void;
};

/**
 * How many turns the runtime may go on with other work before it asks the kernel
 * about a new socket: tokio asks after 61 at the latest.
 */
const TURNS_TO_KNOW = 64;

/** The most bytes of a read whose stream has a smaller high-water mark, such as 0. */
const LEAST_READ = 4 * 1024;

/** A connection over any duplex stream of Node. */
export class DuplexTransport<
  A extends Addr = Addr,
  D extends NodeDuplex = NodeDuplex,
> implements StreamTransport<A> {
  readonly backend: "node" = "node" as const;
  readonly #localAddr: A;
  readonly #remoteAddr: A;
  /** The stream. */
  protected readonly duplex: D;
  /** The read that waits for bytes, with its buffer and the size that it had. */
  #reading:
    | Settle<number | null> & { buffer: Uint8Array; size: number }
    | undefined;
  /** The write or the end that waits for the stream. */
  #writing: Settle<number> | undefined;
  #ended: boolean;
  #error: unknown;
  /** Whether the runtime may not know yet what the kernel has for this socket. */
  #isNew: boolean;
  readonly #mayHold: boolean;
  /** Whether pending calls keep the program alive. */
  #isRef = true;
  /** Whether a pending read may keep it alive. */
  #isReadHeld = true;
  /** Whether the socket keeps it alive now. */
  #isHolding = true;

  constructor(duplex: D, options: DuplexOptions<A>) {
    this.duplex = duplex;
    const { localAddr, remoteAddr, isNew = false, mayHold = false } = options;
    this.#localAddr = localAddr;
    this.#remoteAddr = remoteAddr;
    this.#isNew = isNew;
    this.#mayHold = mayHold;
    this.#ended = duplex.readableEnded;
    if (duplex.destroyed) { // reset before it was accepted
      this.#error = duplex.errored ?? makeError("BadResource", "closed");
    }
    this.#hold();
    duplex.on("readable", this.#onNews);
    duplex.on("end", this.#onEnd);
    duplex.on("error", this.#onError);
    duplex.on("close", this.#onClose);
  }

  get localAddr(): A {
    return this.#localAddr;
  }

  get remoteAddr(): A {
    return this.#remoteAddr;
  }

  get lacks(): ReadonlySet<StreamFeature> {
    const { unref } = this.duplex as SomeDuplex;
    return new Set(typeof unref === "function" ? [] : ["ref"]);
  }

  readonly #onNews = (): void => {
    this.#isNew = false;
    this.#onReadable();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#onNews();
  };

  readonly #onError = (error: unknown): void =>
    this.#fail(this.failureOf(error));

  readonly #onClose = (): void => this.#fail(this.failureOf(undefined));

  /** The error of a stream that failed, or was closed before its end. */
  protected failureOf(error: unknown): unknown {
    return error ?? makeError("BadResource", "closed");
  }

  /** Whether a read is pending, and has taken nothing. */
  protected get isReading(): boolean {
    return this.#reading !== undefined;
  }

  /** Leaves the stream to others. A pending read ends, and has taken nothing. */
  protected release(): void {
    this.#reading = undefined;
    (this.duplex as SomeDuplex).ref?.();
    this.duplex.off("readable", this.#onNews);
    this.duplex.off("end", this.#onEnd);
    this.duplex.off("error", this.#onError);
    this.duplex.off("close", this.#onClose);
  }

  read(buffer: Uint8Array): Promise<number | null> {
    return new Promise((resolve, reject) => {
      this.#reading = { buffer, size: buffer.length, resolve, reject };
      // A stream in memory may never wait.
      if (isLoopStarved()) afterTurn(() => this.#onReadable());
      else this.#onReadable();
      this.#hold();
    });
  }

  /** Has the socket keep the program alive as long as a call is pending. */
  #hold(): void {
    const isHolding = this.#isRef &&
      (this.#reading !== undefined && this.#isReadHeld ||
        this.#writing !== undefined);
    if (isHolding === this.#isHolding) return;
    this.#isHolding = isHolding;
    const duplex: SomeDuplex = this.duplex;
    if (isHolding) duplex.ref?.();
    else duplex.unref?.();
  }

  /** Gives the waiting read what the stream holds. */
  #onReadable(): void {
    const reading = this.#reading;
    if (reading === undefined) return;
    const { buffer } = reading;
    if (buffer.length !== reading.size) {
      this.#endRead();
      reading.reject(takenAway("read into"));
      return;
    }
    const { readableLength, readableHighWaterMark } = this.duplex;
    // A read of more raises the high-water mark of the stream, again and again.
    const most = Math.max(readableHighWaterMark, LEAST_READ);
    const size = Math.min(buffer.length, readableLength, most);
    // With nothing there, read() still tells the stream to ask its source.
    const chunk = this.duplex.read(size) as Uint8Array | null;
    if (chunk !== null && chunk.length > 0) {
      buffer.set(chunk);
      this.#endRead();
      reading.resolve(chunk.length);
    } else if (this.#ended) {
      this.#endRead();
      reading.resolve(null);
    } else if (this.#error !== undefined) {
      this.#endRead();
      reading.reject(this.#error);
    }
  }

  #endRead(): void {
    this.#reading = undefined;
    this.#hold();
  }

  #fail(error: unknown): void {
    this.#error ??= error;
    this.#isNew = false;
    this.#writing?.reject(this.#error);
    this.#writing = undefined;
    this.#onReadable();
  }

  write(bytes: Uint8Array): Promise<number> {
    if (this.#isNew) return this.#writeWhenKnown(bytes);
    const some = firstPiece(bytes);
    return this.#untilDone(some.length, (done) => {
      this.duplex.write(this.#mayHold ? new Uint8Array(some) : some, done);
    });
  }

  /**
   * Writes when the runtime knows of the socket that there is room. Before, it
   * keeps the bytes until it has asked the kernel, and if it then learns that the
   * peer has ended its side without a byte, it fails them with EPIPE, as of Deno
   * 2.9. What the kernel takes at once is not affected.
   */
  #writeWhenKnown(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve) => {
      let turns = 0;
      const turn = () => {
        if (this.#isNew && ++turns < TURNS_TO_KNOW) {
          setImmediate(turn);
          return;
        }
        this.#isNew = false;
        resolve(this.write(bytes));
      };
      setImmediate(turn);
    });
  }

  async closeWrite(): Promise<void> {
    await this.#untilDone(0, (done) => {
      this.duplex.end(() => done());
    });
  }

  #untilDone(
    count: number,
    start: (done: (error?: Error | null) => void) => void,
  ): Promise<number> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      const writing = this.#writing = { resolve, reject };
      this.#hold();
      start((error) => {
        // The event that follows reports a failure: here it may be a mere
        // "canceled", in the wake of what the socket died of.
        if (this.#writing !== writing || error) return;
        this.#writing = undefined;
        this.#hold();
        // The runtime reports a write that was done at once in the same turn.
        if (isLoopStarved()) afterTurn(() => resolve(count));
        else resolve(count);
      });
    });
  }

  close(): void {
    this.#isNew = false;
    this.duplex.destroy();
  }

  reset(): boolean {
    this.#isNew = false;
    const duplex: SomeDuplex = this.duplex;
    if (duplex.resetAndDestroy !== undefined) duplex.resetAndDestroy();
    else duplex.destroy(new Error("reset"));
    return true;
  }

  ref(): void {
    this.#isRef = true;
    this.#hold();
  }

  unref(): void {
    this.#isRef = false;
    this.#hold();
  }

  holdRead(isHeld: boolean): void {
    this.#isReadHeld = isHeld;
    this.#hold();
  }
}
