import type { UnixAddr } from "../../../address/mod.ts";
import { unixAddr, type UnixTransport } from "../../../unix/_seam.ts";
import { Pipe } from "../../_pipe.ts";
import { failure } from "../types.ts";

/** net.core.wmem_default of Linux: how many bytes wait for a peer that does not read. */
const SEND_BUFFER = 212_992;

/** What a transport needs of its host. */
export interface UnixOwner {
  /** Resolves after a call of the kernel; never after a crash. */
  pause(): Promise<void>;
  /**
   * Takes a descriptor, and returns what gives it back. When the programs of the host are
   * killed, `close` is called.
   */
  open(close: () => void): () => void;
}

/** One end of a connection between two programs of one host. */
export class SimulatedUnixTransport implements UnixTransport {
  readonly backend = "simulated";
  readonly localAddr: UnixAddr;
  readonly remoteAddr: UnixAddr;
  readonly #owner: UnixOwner;
  readonly #giveBack: () => void;
  readonly #incoming = new Pipe(SEND_BUFFER, {});
  #peer!: SimulatedUnixTransport;
  #isClosed = false;

  private constructor(
    owner: UnixOwner,
    localAddr: UnixAddr,
    remoteAddr: UnixAddr,
  ) {
    this.#owner = owner;
    this.localAddr = localAddr;
    this.remoteAddr = remoteAddr;
    this.#giveBack = owner.open(() => this.close());
  }

  /** Makes two connected ends. */
  static pair(
    owner: UnixOwner,
    address: UnixAddr,
  ): [client: SimulatedUnixTransport, server: SimulatedUnixTransport] {
    const nameless = unixAddr("");
    const client = new SimulatedUnixTransport(owner, nameless, address);
    try {
      const server = new SimulatedUnixTransport(owner, address, nameless);
      client.#peer = server;
      server.#peer = client;
      return [client, server];
    } catch (error) {
      client.#giveBack(); // there is no descriptor for the other end
      throw error;
    }
  }

  read(buffer: Uint8Array): Promise<number | null> {
    return this.#incoming.read(buffer);
  }

  async write(bytes: Uint8Array): Promise<number> {
    if (this.#isClosed) throw failure("EBADF", "write");
    const count = await this.#peer.#incoming.write(bytes);
    await this.#owner.pause();
    return count;
  }

  async closeWrite(): Promise<void> {
    await this.#owner.pause();
    this.#peer.#incoming.end();
  }

  /** Without RST; a peer whose bytes were not read gets ECONNRESET behind the others. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#giveBack();
    const outgoing = this.#peer.#incoming;
    const error = this.#incoming.hasUnread
      ? failure("ECONNRESET", "read")
      : undefined;
    this.#incoming.closeReader({ isHeard: true });
    // The peer's writes fail before it reads the end.
    void this.#owner.pause().then(() => outgoing.closeWriter(error));
  }

  /** Local sockets have no RST. */
  reset(): boolean {
    return false;
  }

  /** The simulation decides how long the program lives. */
  ref(): void {}

  /** The simulation decides how long the program lives. */
  unref(): void {}
}
