import { takenAway } from "../internal/check/mod.ts";
import { FaultScript } from "./_fault_script.ts";
import type { StreamFaults } from "./stream_faults.ts";

/** A read that waits for bytes. */
interface Read {
  readonly buffer: Uint8Array;
  /** How long the buffer was: it may be transferred since. */
  readonly size: number;
  readonly resolve: (count: number | null) => void;
  readonly reject: (error: unknown) => void;
}

/** A write that waits for room. */
interface Write {
  readonly bytes: Uint8Array;
  /** How many bytes there were: they may be transferred since. */
  readonly size: number;
  readonly resolve: (count: number) => void;
  readonly reject: (error: unknown) => void;
}

/** Returns an error as the API below a connection reports it. */
function failure(code: "ECONNRESET" | "EPIPE" | "EBADF"): Error {
  return Object.assign(new Error(code), { code });
}

/**
 * One direction of a connection in memory: a bounded window of bytes that were
 * written and not read yet. It can cut, hold and end them as a bad network does.
 */
export class Pipe {
  readonly #window: Uint8Array;
  readonly #script: FaultScript;
  /** Where the oldest byte is in the window, and how many there are. */
  #start = 0;
  #size = 0;
  /** Whether the writer has sent FIN. */
  #isEnded = false;
  /** What the reader gets in place of the end. */
  #endError: Error | undefined;
  /** Whether the reader is gone: the next write finds that out. */
  #isUnread = false;
  /** Whether the reader is gone, and the writer knows. */
  #isRefused = false;
  #failure: Error | undefined;
  #read: Read | undefined;
  #write: Write | undefined;
  /** Called when the direction resets the connection by itself. */
  onReset: () => void = () => {};

  constructor(windowSize: number, faults: StreamFaults) {
    this.#window = new Uint8Array(windowSize);
    this.#script = new FaultScript(faults);
    this.#script.onResume = () => this.#run();
  }

  /** How many bytes the reader has received. */
  get passed(): number {
    return this.#script.passed;
  }

  /** Whether bytes wait for the reader. */
  get hasUnread(): boolean {
    return this.#size > 0;
  }

  /** Holds back what is not received yet. */
  stall(): void {
    this.#script.stall();
  }

  /** Lets through what was held back. */
  resume(): void {
    this.#script.resume();
  }

  read(buffer: Uint8Array): Promise<number | null> {
    return new Promise((resolve, reject) => {
      this.#read = { buffer, size: buffer.length, resolve, reject };
      this.#run();
    });
  }

  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#write = { bytes, size: bytes.length, resolve, reject };
      this.#run();
    });
  }

  /**
   * The writer ends, behind all that it has written: by FIN, or with an error that the
   * reader gets instead.
   */
  end(error?: Error): void {
    this.#isEnded = true;
    this.#endError ??= error;
    this.#run();
  }

  /** The writer closes: its own call ends, and then the direction, as by `end`. */
  closeWriter(error?: Error): void {
    this.#write?.reject(failure("EBADF"));
    this.#write = undefined;
    this.end(error);
  }

  /**
   * The reader closes: what is written from now on resets the connection, or is refused
   * at once, as between programs of one host.
   */
  closeReader({ isHeard = false }: { isHeard?: boolean } = {}): void {
    if (isHeard) this.#isRefused = true;
    else this.#isUnread = true;
    this.#read?.reject(failure("EBADF"));
    this.#read = undefined;
    this.#run();
  }

  /** Ends the direction by RST: unread bytes are lost. */
  reset(): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure("ECONNRESET");
    this.#size = 0;
    this.#run();
  }

  #run(): void {
    // A write can make room for a read and the other way round, once each.
    this.#runWrite();
    this.#runRead();
    this.#runWrite();
  }

  #runRead(): void {
    const read = this.#read;
    if (read === undefined) return;
    if (this.#script.isReset) this.onReset();
    if (this.#failure !== undefined) {
      this.#read = undefined;
      read.reject(this.#failure);
      return;
    }
    if (read.buffer.length !== read.size) {
      this.#read = undefined;
      read.reject(takenAway("read into"));
      return;
    }
    const count = this.#take(read.buffer);
    if (count === undefined) return;
    this.#read = undefined;
    if (count === null && this.#endError !== undefined) {
      read.reject(this.#endError);
    } else {
      read.resolve(count);
    }
  }

  /** Takes what may arrive; null at the end, undefined if it has to wait. */
  #take(buffer: Uint8Array): number | null | undefined {
    const script = this.#script;
    if (script.isEnded) return null;
    if (this.#size === 0 && this.#isEnded && !script.isHeld) return null;
    const count = script.allow(Math.min(buffer.length, this.#size));
    if (count <= 0) return undefined;
    const window = this.#window;
    const first = Math.min(count, window.length - this.#start);
    buffer.set(window.subarray(this.#start, this.#start + first));
    buffer.set(window.subarray(0, count - first), first);
    this.#start = (this.#start + count) % window.length;
    this.#size -= count;
    script.pass(count);
    return count;
  }

  #runWrite(): void {
    const write = this.#write;
    if (write === undefined) return;
    if (write.bytes.length !== write.size) {
      this.#write = undefined;
      write.reject(takenAway("write"));
      return;
    }
    const isOver = this.#failure !== undefined || this.#isRefused;
    const count = isOver ? 0 : this.#put(write.bytes);
    if (this.#failure !== undefined || this.#isRefused) {
      this.#write = undefined;
      write.reject(failure("EPIPE"));
    } else if (count > 0 || write.bytes.length === 0) {
      this.#write = undefined;
      write.resolve(count);
      if (this.#isUnread) this.onReset();
    }
  }

  /** Puts as many bytes into the window as there is room for. */
  #put(bytes: Uint8Array): number {
    // The reader is gone: these bytes leave this host, and are lost.
    if (this.#isUnread || this.#script.isEnded) return bytes.length;
    const window = this.#window;
    const count = Math.min(bytes.length, window.length - this.#size);
    const at = (this.#start + this.#size) % window.length;
    const first = Math.min(count, window.length - at);
    window.set(bytes.subarray(0, first), at);
    window.set(bytes.subarray(first, count), 0);
    this.#size += count;
    return count;
  }
}
