import { formatHostPort, type NetAddr } from "../address/mod.ts";
import { showFields } from "../internal/runtime/mod.ts";
import type { UdpCore } from "./_core.ts";
import type { UdpCarrier } from "./_transport.ts";
import type { UdpStats } from "./stats.ts";

/** The core of a socket, for the classes that extend {@linkcode UdpHandle}. */
export let coreOf: (handle: UdpHandle) => UdpCore;

/**
 * Every UDP socket: its address, what it has done, and how it ends.
 *
 * @example A function that needs no more of a socket
 * ```ts
 * import { bindUdp, type UdpHandle } from "@berkeley/sockets/udp";
 * import { assertEquals } from "@std/assert";
 *
 * function describe({ localAddr, stats }: UdpHandle): string {
 *   return `${localAddr.hostname}: ${stats.received} received`;
 * }
 *
 * using socket = await bindUdp({ hostname: "127.0.0.1" });
 * assertEquals(describe(socket), "127.0.0.1: 0 received");
 * ```
 */
export abstract class UdpHandle implements Disposable, AsyncDisposable {
  readonly #core: UdpCore;
  #closing: Promise<void> = Promise.resolve();

  static {
    coreOf = (handle) => handle.#core;
  }

  /**
   * Not for users: `bindUdp` and `connectUdp` make sockets, the latter of a core with
   * a peer.
   *
   * @ignore
   */
  constructor(core: UdpCore) {
    this.#core = core;
  }

  /** Where it is bound: C's `getsockname`. */
  get localAddr(): NetAddr {
    return this.#core.transport.localAddr;
  }

  /**
   * Which API carries it; `"simulated"` in a simulated network, `"memory"` for an end of
   * `datagramPair`.
   */
  get backend(): UdpCarrier {
    return this.#core.transport.backend;
  }

  /** Whether it has been closed on this side. */
  get isClosed(): boolean {
    return this.#core.isClosed;
  }

  /** How many received datagrams were dropped because the queue was full. */
  get dropped(): number {
    return this.#core.transport.dropped;
  }

  /** What it has done so far. */
  get stats(): UdpStats {
    const { receiver: { received, strangers }, sender: { sent } } = this.#core;
    return { received, strangers, dropped: this.dropped, sent };
  }

  /**
   * Keeps the program alive while calls are pending. This is the default.
   * See the example of {@linkcode UdpHandle.prototype.unref}.
   */
  ref(): void {
    this.#core.timers.ref();
    this.#core.receiver.setRef(true);
  }

  /**
   * Lets the program end while calls are pending. A socket without a pending call
   * never keeps it alive.
   *
   * @example A socket that listens in the background
   * ```ts
   * import { bindUdp, connectUdp } from "@berkeley/sockets/udp";
   * import { assertEquals } from "@std/assert";
   *
   * using server = await bindUdp({ hostname: "127.0.0.1" });
   * using client = await connectUdp(server.localAddr);
   *
   * server.unref();
   * const news = server.receive(); // pending, it does not keep the program alive
   * await client.send(new Uint8Array([7]));
   * server.ref();
   * assertEquals((await news).data[0], 7);
   * ```
   */
  unref(): void {
    this.#core.timers.unref();
    this.#core.receiver.setRef(false);
  }

  /**
   * Closes the socket: C's `close`. Pending calls reject with a `ClosedError`,
   * iterations end quietly, and a second call does nothing.
   *
   * @example Pending calls reject
   * ```ts
   * import { bindUdp } from "@berkeley/sockets/udp";
   * import { ClosedError } from "@berkeley/sockets/errors";
   * import { assertRejects } from "@std/assert";
   *
   * const socket = await bindUdp({ hostname: "127.0.0.1" });
   * const receiving = socket.receive();
   * socket.close();
   * socket.close(); // does nothing
   * await assertRejects(() => receiving, ClosedError);
   * ```
   */
  close(): void {
    if (!this.#core.isClosed) this.#closing = this.#core.close();
  }

  /** Closes the socket. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Closes the socket, and waits until its port is free. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return this.#closing;
  }

  static {
    const show = (addr: NetAddr | undefined) =>
      addr && formatHostPort(addr.hostname, addr.port);
    showFields(this.prototype, (socket) => ({
      state: socket.isClosed ? "closed" : "open",
      localAddr: show(socket.localAddr),
      remoteAddr: show(socket.#core.peer?.remoteAddr),
      backend: socket.backend,
      ...socket.stats,
    }));
  }
}
