import type { Addr } from "../address/mod.ts";
import { makeError, unrefTimer } from "../internal/runtime/mod.ts";
import type { Server, Socket } from "node:net";
import type { ListenerTransport, StreamTransport } from "./_transport.ts";

/**
 * How many connections wait at least before the next one is refused. `node:net`
 * accepts all that come, and no option of it stops that, as of Deno 2.9.
 */
const MOST_READY = 4096;

/** How often an accept that waits looks whether descriptors are left, in ms. */
const LOOK_AGAIN = 250;
/** How often new connections look for it at most, in ms. */
const LOOK_AT_MOST = 5;

/** An accept that waits. */
interface Accepting<T> {
  resolve: (transport: T) => void;
  reject: (error: unknown) => void;
}

/** What a kind of socket knows of its listener over `node:net`. */
export interface NodeListening<A extends Addr, T> {
  /** Where it listens. */
  readonly addr: A;
  /** How many connections may wait, if that is more than the minimum. */
  readonly backlog: number | undefined;
  /** Makes the transport of a connection that was accepted. */
  open(socket: Socket): T;
  /** Ends a connection for which there is no room. */
  refuse(socket: Socket): void;
  /**
   * Returns the runtime's error if no descriptor is left, else undefined. Missing in
   * runtimes whose `node:net` accepts again by itself.
   */
  readonly shortage?: (() => unknown) | undefined;
  /** Stops listening, and resolves when the address is free. */
  close(server: Server): void | Promise<void>;
  /** Listens again on the same address. */
  reopen(): Promise<Server>;
}

/**
 * A listener over `node:net`.
 *
 * After an accept of the kernel's that failed for want of descriptors, `node:net`
 * of Deno 2.9 never accepts again, and reports nothing: it forgets to wait for the
 * next client. So in Deno this listener looks for a shortage itself, rejects an accept
 * with it, and listens anew when descriptors are left. That resets the clients that
 * were waiting in the kernel.
 */
export class NodeListener<A extends Addr, T extends StreamTransport<A>>
  implements ListenerTransport<A, T> {
  readonly backend = "node";
  readonly #kind: NodeListening<A, T>;
  #server: Server;
  /** Accepted by the runtime, which cannot be made to wait. */
  readonly #ready: Socket[] = [];
  readonly #mostReady: number;
  /** Whether it looks for a shortage of descriptors. */
  readonly #watches: boolean;
  #accepting: Accepting<T> | undefined;
  #error: unknown;
  #isRef = true;
  #isClosed = false;
  /** Whether descriptors ran out, so that the server may never accept again. */
  #isDeaf = false;
  #lookedAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(server: Server, kind: NodeListening<A, T>) {
    this.#server = server;
    this.#kind = kind;
    this.#watches = kind.shortage !== undefined;
    this.#mostReady = Math.max(kind.backlog ?? 0, MOST_READY);
    this.#hear(server);
  }

  get addr(): A {
    return this.#kind.addr;
  }

  #hear(server: Server): void {
    server.on("connection", (socket: Socket) => this.#onConnection(socket));
    server.on("error", (error) => this.#onError(error));
  }

  #onConnection(socket: Socket): void {
    // The runtime has accepted all that it could, and nothing was closed since.
    if (this.#watches && performance.now() - this.#lookedAt > LOOK_AT_MOST) {
      this.#look();
    }
    const accepting = this.#accepting;
    if (accepting === undefined && this.#ready.length >= this.#mostReady) {
      this.#kind.refuse(socket);
      return;
    }
    if (accepting === undefined) {
      socket.on("error", ignore); // a reset before accept is met at the first read
      socket.unref();
      this.#ready.push(socket);
      return;
    }
    this.#stopWaiting();
    accepting.resolve(this.#kind.open(socket));
  }

  #onError(error: unknown): void {
    if (this.#accepting === undefined) {
      this.#error = error;
      return;
    }
    const { reject } = this.#accepting;
    this.#stopWaiting();
    reject(error);
  }

  #stopWaiting(): void {
    this.#accepting = undefined;
    clearTimeout(this.#timer);
  }

  /** Returns the error if no descriptor is left. */
  #look(): unknown {
    this.#lookedAt = performance.now();
    const shortage = this.#kind.shortage?.();
    if (shortage !== undefined) this.#isDeaf = true;
    return shortage;
  }

  /** Looks again and again while an accept waits. */
  #watch(): void {
    if (!this.#watches) return;
    this.#timer = setTimeout(() => {
      const shortage = this.#look();
      if (shortage === undefined) this.#watch();
      else this.#onError(shortage);
    }, LOOK_AGAIN);
    unrefTimer(this.#timer);
  }

  accept(): Promise<T> {
    const socket = this.#ready.shift();
    if (socket !== undefined) {
      const transport = this.#kind.open(socket);
      socket.off("error", ignore);
      return Promise.resolve(transport);
    }
    if (this.#error !== undefined) {
      const error = this.#error;
      this.#error = undefined;
      return Promise.reject(error);
    }
    if (this.#isDeaf) return this.#acceptAnew();
    return new Promise((resolve, reject) => {
      this.#accepting = { resolve, reject };
      this.#watch();
    });
  }

  /** Listens anew, if descriptors are left, and accepts. */
  async #acceptAnew(): Promise<T> {
    const shortage = this.#look();
    if (shortage !== undefined) throw shortage;
    await this.#kind.close(this.#server);
    const server = await this.#kind.reopen();
    if (this.#isClosed) {
      await this.#kind.close(server);
      throw closedError();
    }
    this.#isDeaf = false;
    this.#server = server;
    this.#hear(server);
    if (!this.#isRef) server.unref();
    return this.accept();
  }

  close(): Promise<void> {
    this.#isClosed = true;
    // Its callback would also wait for the connections, which live on.
    const closing = this.#kind.close(this.#server);
    for (const socket of this.#ready.splice(0)) socket.destroy();
    this.#onError(closedError());
    return Promise.resolve(closing);
  }

  ref(): void {
    this.#isRef = true;
    this.#server.ref();
  }

  unref(): void {
    this.#isRef = false;
    this.#server.unref();
  }
}

function ignore(): void {}

function closedError(): Error {
  return makeError("BadResource", "Listener has been closed");
}
