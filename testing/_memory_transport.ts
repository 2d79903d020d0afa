import type { NetAddr } from "../address/mod.ts";
import type { StreamTransport } from "../stream/_seam.ts";
import type { Pipe } from "./_pipe.ts";

/** One end of a connection in memory. */
export class MemoryTransport implements StreamTransport<NetAddr> {
  readonly backend: "memory" = "memory" as const;
  readonly localAddr: NetAddr;
  readonly remoteAddr: NetAddr;
  readonly #incoming: Pipe;
  readonly #outgoing: Pipe;

  constructor(
    incoming: Pipe,
    outgoing: Pipe,
    localAddr: NetAddr,
    remoteAddr: NetAddr,
  ) {
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    this.localAddr = localAddr;
    this.remoteAddr = remoteAddr;
  }

  read(buffer: Uint8Array): Promise<number | null> {
    return this.#incoming.read(buffer);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#outgoing.write(bytes);
  }

  closeWrite(): Promise<void> {
    this.#outgoing.end();
    return Promise.resolve();
  }

  /** As in TCP, what was received and not read makes the close a reset. */
  close(): void {
    if (this.#incoming.hasUnread) this.reset();
    this.#incoming.closeReader();
    this.#outgoing.closeWriter();
  }

  reset(): boolean {
    this.#outgoing.reset();
    this.#incoming.reset();
    return true;
  }

  /** Memory keeps no program alive. */
  ref(): void {}

  /** Memory keeps no program alive. */
  unref(): void {}
}
