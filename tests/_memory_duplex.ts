/**
 * Two streams of Node that are connected in memory, and end and break as sockets do.
 *
 * @module
 */
import { Duplex } from "node:stream";

type Done = (error?: Error | null) => void;

function failure(code: string): Error {
  return Object.assign(new Error(`the stream failed with ${code}`), { code });
}

class MemoryDuplex extends Duplex {
  peer!: MemoryDuplex;
  /** Lets the peer write on. */
  #resume: Done | undefined;

  override _write(chunk: Uint8Array, _encoding: string, done: Done): void {
    if (this.peer.destroyed) done(failure("EPIPE"));
    else if (this.peer.push(chunk)) done();
    else this.peer.#resume = done;
  }

  override _read(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  override _final(done: Done): void {
    if (!this.peer.destroyed) this.peer.push(null);
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#resume?.(failure("EPIPE"));
    if (!this.writableFinished) this.peer.destroy(failure("ECONNRESET"));
    done(error);
  }
}

/** Returns two ends, each of which keeps so many bytes for the other. */
export function memoryDuplexes(highWaterMark: number): [Duplex, Duplex] {
  const near = new MemoryDuplex({ highWaterMark });
  const far = new MemoryDuplex({ highWaterMark });
  near.peer = far;
  far.peer = near;
  return [near, far];
}
