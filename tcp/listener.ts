import { formatHostPort, SOCK_STREAM } from "../address/mod.ts";
import {
  readOption,
  setOptions,
  type SocketOptionName,
  type SocketOptions,
} from "../internal/libc/mod.ts";
import { socketError, toSocketError } from "../errors/mod.ts";
import {
  arm,
  checkWait,
  rejectTraced,
  Timers,
  type Wait,
  type WaitOptions,
} from "../internal/wait/mod.ts";
import type {
  ListenerTransport,
  StreamTransport,
  TcpBackend,
} from "./_transport.ts";
import { TcpConn } from "./conn.ts";

/** What accepted connections start with. */
export interface AcceptedConnOptions {
  /**
   * TCP_NODELAY of accepted connections.
   *
   * @default {true}
   */
  noDelay?: boolean | undefined;
  /**
   * SO_KEEPALIVE of accepted connections.
   *
   * @default {false}
   */
  keepAlive?: boolean | undefined;
  /**
   * How many queued bytes make `send` of accepted connections wait: 1 or more.
   *
   * @default {262144}
   */
  highWaterMark?: number | undefined;
}

interface Waiter {
  resolve: (conn: TcpConn | Promise<never>) => void;
  reject: (error: unknown) => void;
}

/**
 * A listening TCP socket, made by {@linkcode listenTcp}.
 *
 * `accept` calls are served in their order. One that is given up takes no
 * connection with it: the next call gets it.
 *
 * @example Accepting until closed
 * ```ts
 * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
 * import { assertEquals } from "@std/assert";
 *
 * const listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
 * const accepting = (async () => {
 *   let count = 0;
 *   for await (using conn of listener) {
 *     await conn.send(new TextEncoder().encode(`number ${++count}\n`));
 *   }
 *   return count;
 * })();
 *
 * using conn = await connectTcp(listener.addr);
 * assertEquals(await conn.readLine(), "number 1");
 * listener.close();
 * assertEquals(await accepting, 1);
 * ```
 */
export class TcpListener implements AsyncIterable<TcpConn>, Disposable {
  readonly #transport: ListenerTransport;
  readonly #options: AcceptedConnOptions;
  readonly #waiting: Waiter[] = [];
  readonly #timers = new Timers();
  /** Came for an accept that had been given up: at most one. */
  #ready: TcpConn | undefined;
  #isAccepting = false;
  /** Whether a pending accept keeps the program alive. */
  #isRef = true;
  /** Whether the transport keeps it alive now. */
  #isHolding = true;
  #isClosed = false;
  #closing: Promise<void> = Promise.resolve();

  /**
   * Not for users: `listenTcp` makes listeners.
   *
   * @ignore
   */
  constructor(transport: ListenerTransport, options: AcceptedConnOptions = {}) {
    this.#transport = transport;
    this.#options = options;
    this.#hold();
  }

  /**
   * Has the transport keep the program alive as long as a caller waits: below, an
   * accept that timed out is still pending.
   */
  #hold(): void {
    const isHolding = this.#isRef && this.#waiting.length > 0;
    if (isHolding === this.#isHolding) return;
    this.#isHolding = isHolding;
    if (isHolding) this.#transport.ref();
    else this.#transport.unref();
  }

  /** Where it listens: C's `getsockname`. */
  get addr(): Deno.NetAddr {
    return this.#transport.addr;
  }

  /** Which API of the runtime carries it. */
  get backend(): TcpBackend {
    return this.#transport.backend;
  }

  /** Whether it has been closed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  #context(action = "accept", syscall = "accept") {
    const { hostname, port } = this.addr;
    return {
      action: `${action} on ${formatHostPort(hostname, port)}`,
      syscall,
      localAddr: this.addr,
    };
  }

  #closedError(action?: string, syscall?: string): Error {
    return socketError("EBADF", {
      ...this.#context(action, syscall),
      reason: "the listener is closed",
    });
  }

  /**
   * Waits for the next connection: C's `accept`.
   *
   * @throws {ClosedError} When the listener is closed, before or meanwhile.
   * @throws {SocketError} `EMFILE` when no descriptor is left; the connection
   * stays in the kernel's queue, and a later call gets it. Over `"node"` a later call
   * listens anew, which resets that connection.
   *
   * @example One connection, with a time limit
   * ```ts
   * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
   * import { TimedOutError } from "@berkeley/sockets/errors";
   * import { assertEquals, assertRejects } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * await assertRejects(() => listener.accept({ timeout: 10 }), TimedOutError);
   *
   * using client = await connectTcp(listener.addr);
   * using server = await listener.accept({ timeout: 5000 });
   * assertEquals(server.remoteAddr.port, client.localAddr.port);
   * ```
   */
  accept(options?: WaitOptions): Promise<TcpConn> {
    let wait: Wait | undefined;
    try {
      wait = checkWait(options);
    } catch (error) {
      return Promise.reject(error);
    }
    if (this.#isClosed) return Promise.reject(this.#closedError());
    const ready = this.#ready;
    if (ready !== undefined) {
      this.#ready = undefined;
      return Promise.resolve(ready);
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { resolve, reject };
      this.#waiting.push(waiter);
      this.#hold();
      if (wait !== undefined) this.#limit(waiter, wait);
      this.#pump();
    });
  }

  #limit(waiter: Waiter, wait: Wait): void {
    const { resolve, reject } = waiter;
    const timeout = () => socketError("ETIMEDOUT", this.#context());
    const giveUp = (reason: unknown) => {
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
      this.#hold();
      rejectTraced({ resolve, reject }, reason);
    };
    const disarm = arm(wait, timeout, giveUp, this.#timers);
    waiter.resolve = (conn) => (disarm(), resolve(conn));
    waiter.reject = (error) => (disarm(), reject(error));
  }

  #pump(): void {
    if (this.#isAccepting || this.#waiting.length === 0) return;
    this.#isAccepting = true;
    this.#transport.accept().then(
      (transport) => this.#deliver(transport),
      (error) => this.#fail(error),
    );
  }

  #deliver(transport: StreamTransport): void {
    this.#isAccepting = false;
    if (this.#isClosed) {
      transport.close();
      return;
    }
    const conn = this.#open(transport);
    const waiter = this.#waiting.shift();
    if (waiter === undefined) this.#ready = conn;
    else waiter.resolve(conn);
    this.#hold();
    this.#pump();
  }

  #open(transport: StreamTransport): TcpConn {
    const { noDelay = true, keepAlive = false } = this.#options;
    try {
      if (noDelay) transport.setNoDelay(true);
      if (keepAlive) transport.setKeepAlive(true);
    } catch {
      // The peer has gone already; the first read says so.
    }
    return new TcpConn(transport, this.#options);
  }

  #fail(error: unknown): void {
    this.#isAccepting = false;
    if (this.#isClosed) return;
    this.#waiting.shift()?.reject(toSocketError(error, this.#context()));
    this.#hold();
    this.#pump();
  }

  /**
   * Stops listening: C's `close`. Pending accepts reject with a `ClosedError`,
   * iteration ends quietly, connections that were accepted live on, and the port
   * is free. A second call does nothing.
   *
   * @example An accept that ends
   * ```ts
   * import { listenTcp } from "@berkeley/sockets/tcp";
   * import { ClosedError } from "@berkeley/sockets/errors";
   * import { assertRejects } from "@std/assert";
   *
   * const listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * const accepting = listener.accept();
   * listener.close();
   * await assertRejects(() => accepting, ClosedError);
   * ```
   */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const waiter of this.#waiting.splice(0)) {
      waiter.reject(this.#closedError());
    }
    this.#ready?.close();
    this.#ready = undefined;
    this.#closing = this.#transport.close();
  }

  /**
   * Sets an option of the listener: C's `setsockopt`, on every backend. Connections
   * that come later take over most.
   *
   * @throws {NotSupportedError} When the program lacks `--allow-ffi`, or another
   * listener shares the port and the backend is not `"posix"`.
   *
   * @example Where the program may use libc
   * ```ts
   * import { listenTcp } from "@berkeley/sockets/tcp";
   * import { NotSupportedError } from "@berkeley/sockets/errors";
   * import { assert, assertInstanceOf } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * try {
   *   await listener.setOption("SO_RCVBUF", 65_536);
   *   assert(await listener.getOption("SO_RCVBUF") >= 65_536);
   * } catch (error) { // without --allow-ffi
   *   assertInstanceOf(error, NotSupportedError);
   * }
   * ```
   */
  setOption<K extends SocketOptionName>(
    name: K,
    value: SocketOptions[K],
  ): Promise<void> {
    return setOptions(() => this.#optionOwner("setsockopt"), {
      [name]: value,
    });
  }

  /**
   * Reads an option of the listener: C's `getsockopt`, on every backend.
   *
   * @throws {NotSupportedError} When the program lacks `--allow-ffi`.
   *
   * @example Whether it listens
   * ```ts
   * import { listenTcp } from "@berkeley/sockets/tcp";
   * import { NotSupportedError } from "@berkeley/sockets/errors";
   * import { assertEquals, assertInstanceOf } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * try {
   *   assertEquals(await listener.getOption("SO_ACCEPTCONN"), true);
   * } catch (error) { // without --allow-ffi
   *   assertInstanceOf(error, NotSupportedError);
   * }
   * ```
   */
  getOption<K extends SocketOptionName>(name: K): Promise<SocketOptions[K]> {
    return readOption(() => this.#optionOwner("getsockopt"), name);
  }

  #optionOwner(syscall: string) {
    if (this.#isClosed) {
      throw this.#closedError("set or read an option", syscall);
    }
    const { descriptor, addr: localAddr } = this.#transport;
    return { type: SOCK_STREAM, descriptor, localAddr };
  }

  /**
   * Lets a pending accept keep the program alive, as it does from the start.
   *
   * @example An accept that counts again
   * ```ts
   * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * listener.unref();
   * const accepting = listener.accept();
   * listener.ref();
   *
   * using client = await connectTcp(listener.addr);
   * using server = await accepting;
   * assertEquals(server.remoteAddr.port, client.localAddr.port);
   * ```
   */
  ref(): void {
    this.#timers.ref();
    this.#isRef = true;
    this.#hold();
  }

  /**
   * Lets the program end while an accept is pending, also one with a timeout.
   *
   * @example A listener that does not keep the program alive
   * ```ts
   * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * listener.unref();
   * const accepting = listener.accept(); // alone, it would let the program end
   *
   * using client = await connectTcp(listener.addr);
   * await client.send(new TextEncoder().encode("hello\n"));
   * listener.ref();
   * using server = await accepting;
   * assertEquals(await server.readLine(), "hello");
   * ```
   */
  unref(): void {
    this.#timers.unref();
    this.#isRef = false;
    this.#hold();
  }

  /**
   * The connections, as they come, until the listener is closed. Errors of
   * single accepts end the iteration; `serveTcp` survives them.
   */
  async *[Symbol.asyncIterator](): AsyncIterableIterator<TcpConn> {
    while (!this.#isClosed) {
      let conn: TcpConn;
      try {
        conn = await this.accept();
      } catch (error) {
        if (this.#isClosed) return;
        throw error;
      }
      yield conn;
    }
  }

  /** Closes the listener. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Closes the listener, and waits until its port is free. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return this.#closing;
  }
}
