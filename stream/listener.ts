import type { Addr } from "../address/mod.ts";
import { socketError, toSocketError } from "../errors/mod.ts";
import { showFields } from "../internal/runtime/mod.ts";
import {
  type Call,
  CallQueue,
  checkWait,
  Timers,
  type WaitOptions,
} from "../internal/wait/mod.ts";
import { showAddr } from "./_conn_errors.ts";
import type { ListenerTransport, StreamTransport } from "./_transport.ts";
import type { StreamConn } from "./conn.ts";

/**
 * A socket that listens for connections. A kind of socket adds what only it has:
 * `TcpListener` is a `StreamListener`.
 *
 * `accept` calls are served in their order. One that is cancelled takes no
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
 *     await conn.send(`number ${++count}\n`);
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
export class StreamListener<
  A extends Addr = Addr,
  C extends StreamConn<A> = StreamConn<A>,
> implements AsyncIterable<C>, Disposable {
  readonly #transport: ListenerTransport<A>;
  readonly #open: (transport: StreamTransport<A>) => C;
  readonly #timers = new Timers();
  readonly #accepts = new CallQueue<Call<C>>({
    timers: this.#timers,
    onWaiting: () => this.#start(),
    onIdle: () => this.#hold(),
  });
  /** The work of every accept: it takes the next connection. */
  readonly #call: Call<C> = {
    attempt: () => this.#take(),
    timeoutError: () => socketError("ETIMEDOUT", this.#context()),
  };
  /** Came for an accept that was cancelled: at most one. */
  #ready: C | undefined;
  /** Why the accept below has failed, for the accept that waits. */
  #failure: Error | undefined;
  #isAccepting = false;
  /** Whether a pending accept keeps the program alive. */
  #isRef = true;
  /** Whether the transport keeps it alive now. */
  #isHolding = true;
  #isClosed = false;
  #closing: Promise<void> = Promise.resolve();

  /**
   * Not for users: functions such as `listenTcp` make listeners.
   *
   * @ignore
   */
  constructor(
    transport: ListenerTransport<A>,
    open: (transport: StreamTransport<A>) => C,
  ) {
    this.#transport = transport;
    this.#open = open;
    this.#hold();
  }

  /**
   * Has the transport keep the program alive as long as a caller waits: below, an
   * accept that timed out is still pending.
   */
  readonly #hold = (): void => {
    const isHolding = this.#isRef && !this.#accepts.isEmpty;
    if (isHolding === this.#isHolding || this.#isClosed) return;
    this.#isHolding = isHolding;
    if (isHolding) this.#transport.ref();
    else this.#transport.unref();
  };

  /** Where it listens: C's `getsockname`. */
  get addr(): A {
    return this.#transport.addr;
  }

  /** Which API carries it. */
  get backend(): string {
    return this.#transport.backend;
  }

  /** Whether it has been closed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  #context(action = "accept", syscall = "accept") {
    const { addr: localAddr } = this;
    return {
      action: `${action} on ${showAddr(localAddr)}`,
      syscall,
      localAddr,
    };
  }

  /**
   * Not for users: the error of a call on a closed listener.
   *
   * @ignore
   */
  protected closedError(action?: string, syscall?: string): Error {
    return socketError("EBADF", {
      ...this.#context(action, syscall),
      reason: "the listener is closed",
    });
  }

  /**
   * Waits for the next connection: C's `accept`.
   *
   * @throws {ClosedError} When the listener is closed before or during the call.
   * @throws {SocketError} `EMFILE` if no descriptor is left. The connection stays in
   * the kernel's queue, and a later call gets it. Over `"node"` a later call listens
   * anew, which resets that connection. A shortage of less than 250 ms can escape
   * notice there: `node:net` of Deno 2.9 then accepts nothing any more.
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
  accept(options?: WaitOptions): Promise<C> {
    try {
      const wait = checkWait(options);
      if (this.#isClosed) throw this.closedError();
      return this.#accepts.call(this.#call, wait);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #take(): C | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
    const ready = this.#ready;
    this.#ready = undefined;
    return ready;
  }

  #start(): void {
    this.#hold(); // before it accepts: the runtime asks then
    if (this.#isAccepting) return;
    this.#isAccepting = true;
    this.#transport.accept().then(
      (transport) => this.#deliver(transport),
      (error) => this.#fail(error),
    );
  }

  #deliver(transport: StreamTransport<A>): void {
    this.#isAccepting = false;
    if (this.#isClosed) return void transport.close();
    this.#ready = this.#open(transport);
    this.#accepts.run();
    this.#hold();
  }

  #fail(error: unknown): void {
    this.#isAccepting = false;
    if (this.#isClosed || this.#accepts.isEmpty) return;
    this.#failure = toSocketError(error, this.#context());
    this.#accepts.run();
    this.#hold();
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
    if (!this.#accepts.isEmpty) this.#accepts.close(this.closedError());
    this.#ready?.close();
    this.#ready = undefined;
    this.#closing = this.#transport.close();
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
   * await client.send("hello\n");
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
   * single accepts end the iteration; `serve` survives them.
   */
  async *[Symbol.asyncIterator](): AsyncIterableIterator<C> {
    while (!this.#isClosed) {
      let conn: C;
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

  static {
    showFields(this.prototype, (listener) => ({
      state: listener.isClosed ? "closed" : "open",
      addr: showAddr(listener.addr),
      backend: listener.backend,
    }));
  }
}
