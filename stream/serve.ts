import type { Addr } from "../address/mod.ts";
import { SocketError, socketError } from "../errors/mod.ts";
import { showFields } from "../internal/runtime/mod.ts";
import {
  checkWait,
  Timers,
  waitFor,
  type WaitOptions,
} from "../internal/wait/mod.ts";
import { showAddr } from "./_conn_errors.ts";
import { IdleTimer } from "./_idle_timer.ts";
import { readServeOptions, type ServeOptions } from "./_serve_options.ts";
import type { StreamConn } from "./conn.ts";
import type { StreamListener } from "./listener.ts";

/** The most connections at a time, unless the user says. */
const DEFAULT_MAX_CONNECTIONS = 10_000;
/** How long `shutdown` waits for handlers whose connection it has closed. */
const LAST_GRACE = 1000;
/** The first and the longest pause after an accept that failed, in milliseconds. */
const MIN_PAUSE = 5;
const MAX_PAUSE = 1000;

/**
 * Errors of accept that pass: a connection that went, no descriptor or memory
 * left, a firewall's refusal, and the errors of the network that Linux hands
 * over with a new connection and that accept(2) says to take like EAGAIN.
 */
const PASSING = new Set([
  "EAGAIN",
  "ECONNABORTED",
  "ECONNRESET",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "EINTR",
  "EMFILE",
  "ENETDOWN",
  "ENETUNREACH",
  "ENFILE",
  "ENOBUFS",
  "ENOMEM",
  "ENONET",
  "ENOPROTOOPT",
  "EOPNOTSUPP",
  "EPERM",
  "EPROTO",
  "ETIMEDOUT",
]);

/** What a server has done so far. */
export interface ServeStats {
  /** How many connections have been accepted. */
  accepted: number;
  /** How many connections are open now. */
  active: number;
  /** How many handlers have thrown. */
  failed: number;
  /** How many connections were closed for being idle. */
  idled: number;
  /** How many accepts have failed. */
  acceptErrors: number;
  /** How many bytes have been received. */
  bytesRead: number;
  /** How many bytes have been sent. */
  bytesWritten: number;
}

/** What a handler gets beside its connection. */
export interface ServeInfo {
  /** Aborts when the server is shutting down and wants the handler to end. */
  signal: AbortSignal;
}

/**
 * Serves one connection. When it returns, the connection is closed, after all
 * that it has sent has left.
 */
export type StreamHandler<C extends StreamConn = StreamConn> = (
  conn: C,
  info: ServeInfo,
) => void | Promise<void>;

/**
 * A running server, made by {@linkcode serve}.
 *
 * @example What it has done
 * ```ts
 * import { connectTcp, serveTcp } from "@berkeley/sockets/tcp";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = await serveTcp(
 *   { hostname: "127.0.0.1", port: 0 },
 *   (conn) => conn.send("hi\n"),
 * );
 * using conn = await connectTcp(server.addr);
 * assertEquals(await conn.readLine(), "hi");
 * assertEquals(server.stats.accepted, 1);
 * ```
 */
export class StreamServer<
  A extends Addr = Addr,
  C extends StreamConn<A> = StreamConn<A>,
> implements AsyncDisposable {
  readonly #listener: StreamListener<A, C>;
  readonly #handler: StreamHandler<C>;
  readonly #options: ServeOptions<C>;
  readonly #active = new Map<C, IdleTimer>();
  readonly #ending = new AbortController();
  /** The pauses between accepts that fail. */
  readonly #pauses = new Timers();
  readonly #totals = {
    accepted: 0,
    failed: 0,
    idled: 0,
    acceptErrors: 0,
    bytesRead: 0,
    bytesWritten: 0,
  };
  /** Ends the wait of the accept loop: a connection has ended, or all shall. */
  #wake: () => void = () => {};
  /** Resolves when the server has stopped, and its last connection has ended. */
  readonly finished: Promise<void>;

  /**
   * Not for users: `serve` makes servers, of options that were read.
   *
   * @ignore
   */
  constructor(
    listener: StreamListener<A, C>,
    handler: StreamHandler<C>,
    options: ServeOptions<C>,
  ) {
    this.#listener = listener;
    this.#options = options;
    this.#handler = handler;
    this.finished = this.#run();
    const { signal } = options;
    if (signal === undefined) return;
    const stop = () => this[Symbol.asyncDispose]();
    signal.addEventListener("abort", stop, { once: true });
    this.finished.then(() => signal.removeEventListener("abort", stop));
    if (signal.aborted) stop();
  }

  /** Where it listens. */
  get addr(): A {
    return this.#listener.addr;
  }

  /** What it has done so far. */
  get stats(): ServeStats {
    const stats = { ...this.#totals, active: this.#active.size };
    for (const conn of this.#active.keys()) {
      stats.bytesRead += conn.bytesRead;
      stats.bytesWritten += conn.bytesWritten;
    }
    return stats;
  }

  async #run(): Promise<void> {
    const { maxConnections = DEFAULT_MAX_CONNECTIONS } = this.#options;
    let pause = MIN_PAUSE;
    while (!this.#listener.isClosed) {
      if (this.#active.size >= maxConnections) {
        await this.#wait();
        continue;
      }
      try {
        this.#serve(await this.#listener.accept());
        pause = MIN_PAUSE;
      } catch (error) {
        if (this.#listener.isClosed) break;
        this.#totals.acceptErrors++;
        this.#report(error);
        const isPassing = error instanceof SocketError &&
          PASSING.has(error.code);
        if (!isPassing) this.#listener.close();
        else await this.#wait(pause);
        pause = Math.min(pause * 2, MAX_PAUSE);
      }
    }
    while (this.#active.size > 0) await this.#wait();
    await this.#listener[Symbol.asyncDispose](); // until its address is free
  }

  /** Waits until a connection ends, the server is stopped, or time is up. */
  #wait(ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const stop = ms === undefined
        ? undefined
        : this.#pauses.start(resolve, ms);
      this.#wake = () => {
        stop?.();
        resolve();
      };
    });
  }

  async #serve(conn: C): Promise<void> {
    this.#totals.accepted++;
    const idle = new IdleTimer([conn], this.#options.idleTimeout ?? 0);
    this.#active.set(conn, idle);
    try {
      await this.#handler(conn, { signal: this.#ending.signal });
      // A flush that fails has already failed the sends that it carried.
      await conn.flush().catch(() => {});
    } catch (error) {
      // What a handler meets because it was idle or shut down is no fault of its.
      if (!idle.hasFired && !this.#ending.signal.aborted) {
        this.#totals.failed++;
        this.#report(error, conn);
      }
    } finally {
      if (idle.hasFired) this.#totals.idled++;
      idle.stop();
      await conn[Symbol.asyncDispose]();
      this.#active.delete(conn);
      this.#totals.bytesRead += conn.bytesRead;
      this.#totals.bytesWritten += conn.bytesWritten;
      this.#wake();
    }
  }

  #report(error: unknown, conn?: C): void {
    const { onError = defaultOnError } = this.#options;
    try {
      onError(error, conn);
    } catch (failure) {
      defaultOnError(failure);
    }
  }

  /**
   * Stops accepting, frees the port, and waits for the handlers to end. Those
   * that have not ended after `timeout` milliseconds have their signal aborted
   * and their connection closed. Without a timeout it waits as long as it takes.
   *
   * What such a connection has sent still has the 5 seconds that `close` gives it.
   * A handler that does not end even then is left behind after another second:
   * `finished` waits for it, `shutdown` does not. So a handler may itself call
   * `shutdown`, and wait for it if it gives a timeout.
   *
   * Aborting `signal` ends only the wait.
   *
   * @throws {RangeError} When `timeout` is negative.
   *
   * @example Ending at once, or after the handlers
   * ```ts
   * import { connectTcp, serveTcp } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * const server = await serveTcp(
   *   { hostname: "127.0.0.1", port: 0 },
   *   async (conn, { signal }) => {
   *     await conn.readLine({ signal }); // waits for a line that never comes
   *   },
   * );
   * using conn = await connectTcp(server.addr);
   * await server.shutdown({ timeout: 50 });
   * assertEquals(await conn.readLine(), null);
   * assertEquals(server.stats.active, 0);
   * ```
   */
  async shutdown(options?: WaitOptions): Promise<void> {
    checkWait(options);
    const freed = this.#listener[Symbol.asyncDispose]();
    this.#wake();
    await freed;
    const late = socketError("ETIMEDOUT", { action: "wait for the handlers" });
    try {
      await waitFor(this.finished, options, () => late);
    } catch (error) {
      if (error !== late) throw error;
      this.#ending.abort(late);
      const conns = [...this.#active.keys()];
      await Promise.all(conns.map((conn) => conn[Symbol.asyncDispose]()));
      await waitFor(this.finished, { timeout: LAST_GRACE }, () => late)
        .catch(() => {});
    }
  }

  /**
   * Lets the server keep the program alive, as it does from the start.
   *
   * @example A server that counts again
   * ```ts
   * import { connectTcp, serveTcp } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * await using server = await serveTcp(
   *   { hostname: "127.0.0.1", port: 0 },
   *   (conn) => conn.send("hi\n"),
   * );
   * server.unref();
   * server.ref();
   * using conn = await connectTcp(server.addr);
   * assertEquals(await conn.readLine(), "hi");
   * ```
   */
  ref(): void {
    this.#listener.ref();
    this.#pauses.ref();
  }

  /**
   * Lets the program end although the server listens. Connections keep it alive
   * as long as their handlers wait for them; `idleTimeout` never does.
   *
   * @example A server for the time that the program runs
   * ```ts
   * import { connectTcp, serveTcp } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * await using server = await serveTcp(
   *   { hostname: "127.0.0.1", port: 0 },
   *   (conn) => conn.send("hi\n"),
   * );
   * server.unref(); // from now on the program ends when its other work is done
   * using conn = await connectTcp(server.addr);
   * assertEquals(await conn.readLine(), "hi");
   * ```
   */
  unref(): void {
    this.#listener.unref();
    this.#pauses.unref();
  }

  /** Shuts down at once: aborts the handlers, and closes their connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown({ timeout: 0 });
  }

  static {
    showFields(this.prototype, (server) => ({
      addr: showAddr(server.addr),
      ...server.stats,
    }));
  }
}

function defaultOnError(error: unknown): void {
  console.error(error);
}

/**
 * Calls `handler` for each connection that the listener accepts, as `Deno.serve`
 * does for each request. The listener belongs to the server, which closes it.
 *
 * A handler that throws ends only its own connection. Accepts that fail for want of
 * descriptors are tried again, after a pause.
 *
 * @throws {RangeError} If `maxConnections` or `idleTimeout` is out of range.
 * @throws {TypeError} If an option or `handler` is not of its type.
 *
 * @example An echo server
 * ```ts
 * import { serve } from "@berkeley/sockets/stream";
 * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
 * import { assertEquals } from "@std/assert";
 *
 * const listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
 * await using server = serve(
 *   listener,
 *   (conn) => conn.readable.pipeTo(conn.writable),
 * );
 *
 * using conn = await connectTcp(server.addr);
 * await conn.send("hello\n");
 * assertEquals(await conn.readLine(), "hello");
 * ```
 */
export function serve<A extends Addr, C extends StreamConn<A>>(
  listener: StreamListener<A, C>,
  handler: StreamHandler<C>,
  options: ServeOptions<C> = {},
): StreamServer<A, C> {
  const read = readServeOptions(options, handler);
  return new StreamServer(listener, handler, read);
}
