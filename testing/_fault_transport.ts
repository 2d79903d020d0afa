import type { Addr } from "../address/mod.ts";
import { takenAway } from "../internal/check/mod.ts";
import { defer } from "../internal/wait/mod.ts";
import type {
  StreamFeature,
  StreamTransport,
  TakenOver,
} from "../stream/_seam.ts";
import { FaultScript } from "./_fault_script.ts";
import { failure } from "./_sim/types.ts";
import type { StreamFaults } from "./stream_faults.ts";

/** How much is read and dropped at a time once the stream has ended early, in bytes. */
const DISCARD = 16 * 1024;

/** A transport that cuts, holds and ends what another one carries. */
export class FaultTransport<A extends Addr> implements StreamTransport<A> {
  readonly backend: string;
  readonly lacks: ReadonlySet<StreamFeature>;
  /** The faults of the bytes that are read. */
  readonly incoming: FaultScript;
  /** The faults of the bytes that are written. */
  readonly outgoing: FaultScript;
  readonly #below: StreamTransport<A>;
  /** What was received before the faults began, and what is about to be. */
  #head: Uint8Array;
  #pending: TakenOver["pending"];
  /** Why nothing passes any more. */
  #end: "reset" | "closed" | undefined;
  #closing: Promise<void> | undefined;
  #finishing: Promise<void> | undefined;
  #isDropping = false;
  /** Wakes a read or a write that waits for `resume()`, and one that waits for the end. */
  readonly #wakers = new Set<() => void>();

  constructor(
    { transport, buffered, pending }: TakenOver<A>,
    incoming: StreamFaults,
    outgoing: StreamFaults,
  ) {
    const lacks = new Set(transport.lacks);
    if (transport.closeWrite === undefined) lacks.add("closeWrite");
    this.#below = transport;
    this.#head = buffered;
    this.#pending = pending;
    this.backend = transport.backend;
    this.lacks = lacks;
    this.incoming = new FaultScript(incoming);
    this.outgoing = new FaultScript(outgoing);
    this.incoming.onResume = this.outgoing.onResume = () => this.#wake();
  }

  get localAddr(): A {
    return this.#below.localAddr;
  }

  get remoteAddr(): A {
    return this.#below.remoteAddr;
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    const script = this.incoming;
    const size = buffer.length;
    for (;;) {
      if (script.isReset) this.#resetNow();
      this.#check("read");
      if (script.isEnded) return this.#endReading();
      if (!script.isHeld) break;
      await this.#woken();
    }
    if (buffer.length !== size) throw takenAway("read into");
    const room = buffer.subarray(0, script.allow(size));
    const count = await this.#receive(room).catch((error) => {
      this.#check("read");
      throw error;
    });
    this.#check("read");
    while (script.isHeld) { // stalled while the bytes were on their way
      await this.#woken();
      this.#check("read");
    }
    if (count !== null) script.pass(count);
    return count;
  }

  /** Receives bytes of before the faults, and then those of the transport below. */
  async #receive(room: Uint8Array): Promise<number | null> {
    if (this.#head.length === 0 && this.#pending !== undefined) {
      const bytes = await this.#pending;
      this.#pending = undefined;
      if (bytes === null) return null;
      this.#head = bytes;
    }
    const head = this.#head;
    if (head.length === 0) return await this.#below.read(room);
    const count = Math.min(room.length, head.length);
    room.set(head.subarray(0, count));
    this.#head = head.subarray(count);
    return count;
  }

  /** The stream ends early; what follows is lost. */
  #endReading(): null {
    if (this.#isDropping) return null;
    this.#isDropping = true;
    this.#drop().catch(() => {}); // closed, or failed: nobody reads that
    return null;
  }

  async #drop(): Promise<void> {
    await this.#pending;
    const dropped = new Uint8Array(DISCARD);
    while (await this.#below.read(dropped) !== null);
  }

  async write(bytes: Uint8Array): Promise<number> {
    const script = this.outgoing;
    const size = bytes.length;
    for (;;) {
      if (script.isReset) this.#resetNow();
      this.#check("write");
      if (script.isEnded) {
        await this.#finish();
        return size; // lost
      }
      if (!script.isHeld) break;
      await this.#woken();
    }
    if (bytes.length !== size) throw takenAway("write");
    const piece = bytes.subarray(0, script.allow(size));
    const count = await this.#below.write(piece).catch((error) => {
      this.#check("write");
      throw error;
    });
    script.pass(count);
    if (script.isReset) this.#resetNow();
    else if (script.isEnded) await this.#finish();
    return count;
  }

  /** FIN is held back as bytes are. */
  async closeWrite(): Promise<void> {
    while (this.outgoing.isHeld) {
      await this.#woken();
      this.#check("write");
    }
    await this.#finish();
  }

  #finish(): Promise<void> {
    return this.#finishing ??= this.#below.closeWrite!();
  }

  /** Throws if nothing passes any more. */
  #check(call: "read" | "write"): void {
    if (this.#end === "closed") throw failure("EBADF", call);
    if (this.#end === undefined) return;
    throw failure(call === "read" ? "ECONNRESET" : "EPIPE", call);
  }

  /** Waits for `resume()`, or for the end of the connection. */
  #woken(): Promise<void> {
    const { promise, resolve } = defer<void>();
    this.#wakers.add(resolve);
    return promise;
  }

  #wake(): void {
    for (const resolve of this.#wakers) resolve();
    this.#wakers.clear();
  }

  #resetNow(): void {
    if (this.#end !== undefined) return;
    this.#end = "reset";
    if (!this.#tryReset()) this.#closeBelow(); // so that the peer notices it at all
    this.#wake();
  }

  #tryReset(): boolean {
    try {
      return this.#below.reset?.() ?? false;
    } catch {
      return false; // such as that the peer has reset it first
    }
  }

  reset(): boolean {
    if (this.#end !== undefined) return true;
    this.#end = "closed";
    const isReset = this.#below.reset?.() ?? false;
    if (!isReset) this.#end = undefined;
    this.#wake();
    return isReset;
  }

  close(): Promise<void> {
    if (this.#end === undefined) {
      this.#end = "closed";
      this.#closeBelow();
      this.#wake();
    }
    return this.#closing ?? Promise.resolve();
  }

  #closeBelow(): void {
    this.#closing = (async () => await this.#below.close())();
    this.#closing.catch(() => {}); // reported by close() only
  }

  ref(): void {
    this.#below.ref();
  }

  unref(): void {
    this.#below.unref();
  }

  holdRead(isHeld: boolean): void {
    this.#below.holdRead?.(isHeld);
  }
}
