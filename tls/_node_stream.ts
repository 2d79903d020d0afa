import type { Addr } from "../address/mod.ts";
import { makeError } from "../internal/runtime/mod.ts";
import { nextTick } from "node:process";
import type { TLSSocket } from "node:tls";
import { takenAway } from "../internal/check/mod.ts";
import { Timers } from "../internal/wait/mod.ts";
import {
  firstPiece,
  type StreamFeature,
  type StreamTransport,
  type TakenOver,
} from "../stream/_seam.ts";
import { dropTickets, endWriting } from "./_drop_tickets.ts";
import { FedDuplex } from "./_duplex.ts";
import type { Handshake, TlsTransport } from "./_transport.ts";
import { onStarted } from "./_watch_streams.ts";

/** How many encrypted bytes are read at a time at first, and at most. */
const FIRST_READ = 4 * 1024;
const MAX_READ = 64 * 1024;
/** How long a close waits for close_notify to leave, in milliseconds. */
const LINGER = 5000;

interface PendingRead {
  readonly buffer: Uint8Array;
  /** The length that it had: 0 later if its memory was transferred. */
  readonly size: number;
  readonly resolve: (count: number | null) => void;
  readonly reject: (error: unknown) => void;
}

/** The error of a stream that ended without close_notify. */
function truncation(isShaking: boolean): Error {
  return isShaking
    ? Object.assign(new Error("the stream ended"), { code: "EOF" })
    : Object.assign(new Error("the stream ended without close_notify"), {
      code: "ETLSTRUNCATED",
    });
}

/** A TLS connection over `node:tls`, above a transport of ours. */
export class NodeTlsStream<A extends Addr = Addr> implements TlsTransport<A> {
  readonly backend = "node" as const;
  readonly #below: StreamTransport<A>;
  readonly #duplex: FedDuplex;
  #socket: TLSSocket | undefined;
  readonly #handshake = Promise.withResolvers<Handshake>();
  #isShaking = true;
  /** Whether session tickets are still to come, which must be read. */
  #owesTickets = false;
  /** What was decrypted and not read, and where the first of it starts. */
  readonly #chunks: Uint8Array[] = [];
  #at = 0;
  #reading: PendingRead | undefined;
  #rejectWrite: ((error: unknown) => void) | undefined;
  /** What the read brings that was pending when the transport was taken over. */
  #pending: Promise<Uint8Array | null> | undefined;
  /** Where encrypted bytes are read to, and how many the last read brought. */
  #room: Uint8Array = new Uint8Array(0);
  #lastRead = -1;
  readonly #timers = new Timers();
  /** The read below that is going on. */
  #feeding: Promise<number | null> | undefined;
  /** Whether the peer has sent close_notify. */
  #hasEnded = false;
  #isFinished = false;
  #isClosed = false;
  /** Whether an alert is leaving. */
  #isAlerting = false;
  #isAbandoned = false;
  #error: unknown;

  constructor({ transport, pending }: TakenOver<A>) {
    this.#below = transport;
    this.#pending = pending;
    this.#duplex = new FedDuplex(transport, (error) => this.fail(error));
    this.#handshake.promise.catch(() => {}); // reads and writes report it, too
  }

  /** What `node:tls` is to encrypt over. */
  get duplex(): FedDuplex {
    return this.#duplex;
  }

  get localAddr(): A {
    return this.#below.localAddr;
  }

  get remoteAddr(): A {
    return this.#below.remoteAddr;
  }

  get lacks(): ReadonlySet<StreamFeature> {
    return new Set(this.#below.lacks?.has("ref") ? ["ref"] : []);
  }

  /** Reads bytes before TLS starts. */
  async readFirst(): Promise<Uint8Array> {
    const count = await this.#readBelow();
    if (count === null) throw truncation(true);
    return this.#room.slice(0, count);
  }

  /** Takes over the socket of `node:tls`. */
  attach(socket: TLSSocket): void {
    this.#socket = socket;
    if (this.#error !== undefined) socket.destroy(); // closed in the meantime
    socket.on("error", (error) => this.refuse(error));
    socket.on("data", (bytes: Uint8Array) => this.#onData(bytes));
    socket.on("end", () => this.#onEnd());
    socket.on("close", () => this.#onClose());
    onStarted(this, socket);
  }

  /**
   * Frees what `node:tls` keeps of a connection that is not closed, and settles no
   * pending call: the simulation that has it is over.
   */
  abandon(): void {
    this.#isAbandoned = true;
    this.#error ??= makeError("BadResource", "abandoned");
    this.#reading = undefined;
    this.#duplex.mute();
    this.#socket?.removeAllListeners().on("error", () => {}).destroy();
  }

  /**
   * Reads on, after what was `received` before, once the socket has started in the
   * next tick: a server socket of Deno 2.9.6 ends the program with a TypeError if it
   * starts with bytes that are no handshake (`_start` in ext/node, tests/tls).
   */
  start(received: readonly Uint8Array[] = []): void {
    nextTick(() => {
      for (const bytes of received) this.#pass(bytes);
      this.#feed();
    });
  }

  handshake(): Promise<Handshake> {
    return this.#handshake.promise;
  }

  /** Ends the handshake; says whether session tickets are to follow it. */
  secured(result: Handshake, hasTickets: boolean): void {
    if (this.#error !== undefined) return;
    this.#isShaking = false;
    this.#owesTickets = hasTickets;
    this.#handshake.resolve(result);
  }

  read(buffer: Uint8Array): Promise<number | null> {
    return new Promise((resolve, reject) => {
      this.#reading = { buffer, size: buffer.length, resolve, reject };
      this.#settleRead();
      if (this.#reading !== undefined) this.#feed();
    });
  }

  #onData(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    this.#settleRead();
  }

  #onEnd(): void {
    this.#hasEnded = true;
    this.#settleRead();
  }

  /** Gives the pending read what was decrypted, the end, or the failure. */
  #settleRead(): void {
    const reading = this.#reading;
    if (reading === undefined) return;
    const { buffer, size, resolve, reject } = reading;
    const [chunk] = this.#chunks;
    if (chunk === undefined && !this.#hasEnded && this.#error === undefined) {
      return;
    }
    this.#reading = undefined;
    if (buffer.length !== size) reject(takenAway("read into"));
    else if (chunk !== undefined) resolve(this.#take(chunk, buffer));
    else if (this.#error !== undefined) reject(this.#error);
    else resolve(null);
  }

  /** Moves bytes of the first chunk, of which there is one, to the caller's memory. */
  #take(chunk: Uint8Array, buffer: Uint8Array): number {
    const count = Math.min(chunk.length - this.#at, buffer.length);
    buffer.set(chunk.subarray(this.#at, this.#at + count));
    this.#at += count;
    if (this.#at === chunk.length) {
      this.#chunks.shift();
      this.#at = 0;
    }
    return count;
  }

  /** Passes encrypted bytes up as long as a caller waits for what they bring. */
  #feed(): void {
    if (this.#feeding !== undefined || !this.#isHungry) return;
    this.#feeding = this.#readBelow();
    this.#feeding.then(this.#onFed, this.#onFeedFailure);
  }

  get #isHungry(): boolean {
    return this.#error === undefined && !this.#hasEnded &&
      (this.#isShaking || this.#reading !== undefined);
  }

  #readBelow(): Promise<number | null> {
    const pending = this.#pending;
    if (pending === undefined) return this.#below.read(this.#makeRoom());
    this.#pending = undefined;
    return pending.then((bytes) => {
      this.#room = bytes ?? this.#room;
      return bytes && bytes.length;
    });
  }

  /**
   * After a full read the peer sends faster than it is read: it reads more at once. An
   * idle connection keeps little.
   */
  #makeRoom(): Uint8Array {
    const { length } = this.#room;
    let size = Math.max(length, FIRST_READ);
    if (this.#lastRead === length) size = Math.min(size * 4, MAX_READ);
    else if (this.#lastRead * 8 < size) size = Math.max(size >> 1, FIRST_READ);
    if (size !== length) this.#room = new Uint8Array(size);
    return this.#room;
  }

  readonly #onFed = (count: number | null): void => {
    this.#feeding = undefined;
    if (!this.#isShaking) this.#owesTickets = false;
    if (this.#error !== undefined) return;
    if (count === null) {
      // The socket reports close_notify in a later turn.
      setImmediate(() => {
        if (!this.#hasEnded) this.fail(truncation(this.#isShaking));
      });
      return;
    }
    this.#lastRead = count;
    const isFree = this.#pass(this.#room.subarray(0, count));
    if (!isFree) this.#room = new Uint8Array(this.#room.length);
    this.#feed();
  };

  /**
   * Passes encrypted bytes up; returns whether their memory may be used again.
   * `node:tls` of Deno 2.9.6 throws out of it if it cannot decode a certificate
   * (tests/tls/garbage_chain_test.ts).
   */
  #pass(bytes: Uint8Array): boolean {
    try {
      return this.#duplex.feed(bytes);
    } catch (error) {
      this.#duplex.mute();
      const code = this.#isShaking ? "ECERTINVALID" : "EPROTO";
      this.refuse(Object.assign(error as Error, { code }));
      return false;
    }
  }

  readonly #onFeedFailure = (error: unknown): void => {
    this.#feeding = undefined;
    this.fail(error);
  };

  /** As `fail`, for a failure of which an alert tells the peer. */
  refuse(error: unknown): void {
    this.#isAlerting = this.#error === undefined;
    this.fail(error);
  }

  /** Fails all that is pending, and every later call. */
  fail(error: unknown): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    this.#handshake.reject(error);
    this.#rejectWrite?.(error);
    this.#settleRead();
    this.#socket?.destroy();
  }

  #onClose(): void {
    const isOver = this.#hasEnded && this.#isFinished;
    if (!isOver) this.fail(makeError("BadResource", "closed"));
  }

  write(bytes: Uint8Array): Promise<number> {
    if (bytes.length === 0) return Promise.resolve(0); // fails with EPERM
    const some = firstPiece(bytes);
    const { length } = some; // 0 later, if its memory is transferred
    return this.#untilDone((done) => this.#socket!.write(some, done))
      .then(() => length);
  }

  async closeWrite(): Promise<void> {
    this.#isFinished = true;
    await this.#untilDone((done) => this.#socket!.end(done));
    await this.#duplex.written();
    await endWriting(this.#below);
  }

  #untilDone(
    start: (done: (error?: Error | null) => void) => void,
  ): Promise<void> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      this.#rejectWrite = reject;
      start((error) => {
        if (this.#isAbandoned) return;
        this.#rejectWrite = undefined;
        if (error) reject(this.#error ?? error);
        else resolve();
      });
    });
  }

  /**
   * Closes what is below, at once or after what is still to be said: close_notify, or
   * the alert of a failure.
   */
  close(): void | Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const isOpen = this.#error === undefined && !this.#isShaking;
    if (isOpen && !this.#isFinished) this.#socket?.end();
    this.#stop();
    if (isOpen || this.#isAlerting) return this.#closeAfterLastWords();
    this.#socket?.destroy();
    return this.#below.close();
  }

  async #closeAfterLastWords(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = this.#timers.start(resolve, LINGER);
    await Promise.race([this.#duplex.written(), promise]);
    stop();
    this.#socket?.destroy();
    if (this.#owesTickets) {
      await dropTickets(this.#below, this.#feeding, this.#timers);
    }
    await this.#below.close();
  }

  /** Rejects what is pending. */
  #stop(): void {
    this.#chunks.length = 0;
    this.#error ??= makeError("BadResource", "closed");
    this.#handshake.reject(this.#error);
    this.#rejectWrite?.(this.#error);
    this.#settleRead();
  }

  reset(): boolean {
    if (!this.#below.reset?.()) return false;
    this.#isClosed = true;
    this.#duplex.mute();
    this.#stop();
    this.#socket?.destroy();
    return true;
  }

  ref(): void {
    this.#below.ref();
    this.#timers.ref();
  }

  unref(): void {
    this.#below.unref();
    this.#timers.unref();
  }

  holdRead(isHeld: boolean): void {
    this.#below.holdRead?.(isHeld);
  }
}
