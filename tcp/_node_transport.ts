import net from "node:net";
import { afterTurn, isLoopStarved } from "../internal/wait/mod.ts";
import { takenAway } from "../internal/check/mod.ts";
import { plainNetAddr } from "./_net_addr.ts";
import { firstPiece } from "../stream/_seam.ts";
import type { ConnectTarget, TcpTransport } from "./_transport.ts";

type Settle<T> = {
  resolve: (value: T) => void;
  reject: (error: unknown) => void;
};

/**
 * How many turns the runtime may go on with other work before it asks the kernel
 * about a new socket: tokio asks after 61 at the latest.
 */
const TURNS_TO_KNOW = 64;

/** A connection over `node:net`, which can bind the near end and send RST. */
export class NodeTransport implements TcpTransport {
  readonly backend = "node";
  readonly localAddr: Deno.NetAddr;
  readonly remoteAddr: Deno.NetAddr;
  readonly #socket: net.Socket;
  /** The read that waits for bytes, with its buffer and the size that it had. */
  #reading:
    | Settle<number | null> & { buffer: Uint8Array; size: number }
    | undefined;
  /** The write or the FIN that waits for the kernel. */
  #writing: Settle<number> | undefined;
  #ended = false;
  #error: unknown;
  /** Whether the runtime may not know yet what the kernel has for this socket. */
  #isNew: boolean;
  /** Whether pending calls keep the program alive. */
  #isRef = true;
  /** Whether a pending read may keep it alive. */
  #isReadHeld = true;
  /** Whether the socket keeps it alive now. */
  #isHolding = true;

  constructor(socket: net.Socket, { isAccepted }: { isAccepted: boolean }) {
    this.#socket = socket;
    this.#isNew = isAccepted;
    this.#hold();
    this.localAddr = plainNetAddr({
      hostname: socket.localAddress ?? "",
      port: socket.localPort ?? 0,
    });
    this.remoteAddr = plainNetAddr({
      hostname: socket.remoteAddress ?? "",
      port: socket.remotePort ?? 0,
    });
    if (socket.destroyed) { // reset before it was accepted
      this.#error = socket.errored ?? new Deno.errors.BadResource("closed");
    }
    socket.on("readable", () => {
      this.#isNew = false;
      this.#onReadable();
    });
    socket.on("end", () => {
      this.#isNew = false;
      this.#ended = true;
      this.#onReadable();
    });
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Deno.errors.BadResource("closed")));
  }

  read(buffer: Uint8Array): Promise<number | null> {
    return new Promise((resolve, reject) => {
      this.#reading = { buffer, size: buffer.length, resolve, reject };
      this.#onReadable();
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
    if (isHolding) this.#socket.ref();
    else this.#socket.unref();
  }

  /** Gives the waiting read what the socket holds. */
  #onReadable(): void {
    const reading = this.#reading;
    if (reading === undefined) return;
    const { buffer } = reading;
    if (buffer.length !== reading.size) {
      this.#reading = undefined;
      this.#hold();
      reading.reject(takenAway("read into"));
      return;
    }
    const size = Math.min(buffer.length, this.#socket.readableLength);
    // With nothing there, read() still tells the socket to ask the kernel.
    const chunk: Uint8Array | null = size > 0
      ? this.#socket.read(size)
      : this.#socket.read(0);
    if (chunk !== null && chunk.length > 0) {
      buffer.set(chunk);
      this.#settleRead(chunk.length);
    } else if (this.#ended) {
      this.#settleRead(null);
    } else if (this.#error !== undefined) {
      this.#reading = undefined;
      this.#hold();
      reading.reject(this.#error);
    }
  }

  #settleRead(count: number | null): void {
    const { resolve } = this.#reading!;
    this.#reading = undefined;
    this.#hold();
    resolve(count);
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
      this.#socket.write(some, done);
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
      this.#socket.end(() => done());
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
        // A failure is told by the event that follows: here it may be a mere
        // "canceled", in the wake of what the socket died of.
        if (this.#writing !== writing || error) return;
        this.#writing = undefined;
        this.#hold();
        // The runtime tells of a write that was done at once in the same turn.
        if (isLoopStarved()) afterTurn(() => resolve(count));
        else resolve(count);
      });
    });
  }

  close(): void {
    this.#isNew = false;
    this.#socket.destroy();
  }

  reset(): boolean {
    this.#isNew = false;
    this.#socket.resetAndDestroy();
    return true;
  }

  setNoDelay(on: boolean): void {
    this.#socket.setNoDelay(on);
  }

  setKeepAlive(on: boolean, idle?: number): void {
    // The runtime cuts seconds off, and passes over what is less than one.
    const seconds = idle === undefined ? undefined : Math.ceil(idle / 1000);
    this.#socket.setKeepAlive(on, seconds && seconds * 1000);
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

/** Connects; an abort ends the attempt and closes its socket. */
export function connectNode(
  { hostname, port, localAddress, localPort }: ConnectTarget,
  signal: AbortSignal,
): Promise<TcpTransport> {
  return new Promise((resolve, reject) => {
    const options: net.TcpNetConnectOpts & net.SocketConstructorOpts = {
      host: hostname,
      port,
      allowHalfOpen: true,
    };
    if (localAddress !== undefined) options.localAddress = localAddress;
    if (localPort !== undefined) options.localPort = localPort;
    const socket = net.connect(options);
    const onAbort = () => {
      socket.destroy();
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    const onError = (error: Error) => {
      signal.removeEventListener("abort", onAbort);
      reject(error);
    };
    socket.once("error", onError);
    socket.once("connect", () => {
      socket.off("error", onError);
      signal.removeEventListener("abort", onAbort);
      resolve(new NodeTransport(socket, { isAccepted: false }));
    });
  });
}
