import { checkNumber, checkType } from "../internal/check/mod.ts";
import { SocketError, socketError } from "../errors/mod.ts";
import {
  checkWait,
  Timers,
  waitFor,
  type WaitOptions,
} from "../internal/wait/mod.ts";
import { IdleTimer } from "./_idle_timer.ts";
import { readListenOptions } from "./_listen_options.ts";
import type { TcpConn } from "./conn.ts";
import { listenTcp } from "./listen.ts";
import type { ListenTcpOptions } from "./listen_options.ts";
import type { TcpListener } from "./listener.ts";

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

/** How to serve. */
export interface ServeTcpOptions extends ListenTcpOptions {
  /**
   * The most connections at a time. When there are so many, the server stops
   * accepting until one ends; further clients wait in the kernel's queue, over
   * `"node"` in the program.
   *
   * @default {10000}
   */
  maxConnections?: number | undefined;
  /**
   * After how many milliseconds without a byte in either direction a connection
   * is closed; 0 for never.
   *
   * @default {0}
   */
  idleTimeout?: number | undefined;
  /**
   * Called when a handler throws, with its connection, and when an accept fails,
   * without one.
   *
   * @default {console.error}
   */
  onError?: ((error: unknown, conn?: TcpConn) => void) | undefined;
  /** Called once, when the server listens. */
  onListen?: ((addr: Deno.NetAddr) => void) | undefined;
}

/** What a server has done so far. */
export interface ServeTcpStats {
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

/** What a handler is told beside its connection. */
export interface ServeTcpInfo {
  /** Aborts when the server is shutting down and wants the handler to end. */
  signal: AbortSignal;
}

/**
 * Serves one connection. When it returns, the connection is closed, after all
 * that it has sent has left.
 */
export type TcpHandler = (
  conn: TcpConn,
  info: ServeTcpInfo,
) => void | Promise<void>;

/**
 * A running server, made by {@linkcode serveTcp}.
 *
 * @example What it has done
 * ```ts
 * import { connectTcp, serveTcp } from "@berkeley/sockets/tcp";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = await serveTcp(
 *   { hostname: "127.0.0.1", port: 0 },
 *   (conn) => conn.send(new TextEncoder().encode("hi\n")),
 * );
 * using conn = await connectTcp(server.addr);
 * assertEquals(await conn.readLine(), "hi");
 * assertEquals(server.stats.accepted, 1);
 * ```
 */
export class TcpServer implements AsyncDisposable {
  readonly #listener: TcpListener;
  readonly #handler: TcpHandler;
  readonly #options: ServeTcpOptions;
  readonly #active = new Map<TcpConn, IdleTimer>();
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
   * Not for users: `serveTcp` makes servers.
   *
   * @ignore
   */
  constructor(
    listener: TcpListener,
    options: ServeTcpOptions,
    handler: TcpHandler,
  ) {
    this.#listener = listener;
    this.#options = options;
    this.#handler = handler;
    this.finished = this.#run();
  }

  /** Where it listens. */
  get addr(): Deno.NetAddr {
    return this.#listener.addr;
  }

  /** What it has done so far. */
  get stats(): ServeTcpStats {
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
        if (!isPassing(error)) this.#listener.close();
        else await this.#wait(pause);
        pause = Math.min(pause * 2, MAX_PAUSE);
      }
    }
    while (this.#active.size > 0) await this.#wait();
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

  async #serve(conn: TcpConn): Promise<void> {
    this.#totals.accepted++;
    const idle = new IdleTimer(conn, this.#options.idleTimeout ?? 0);
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

  #report(error: unknown, conn?: TcpConn): void {
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
   *   (conn) => conn.send(new TextEncoder().encode("hi\n")),
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
   *   (conn) => conn.send(new TextEncoder().encode("hi\n")),
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

  /** Shuts down at once: handlers are told, and their connections closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown({ timeout: 0 });
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof SocketError && PASSING.has(error.code);
}

function defaultOnError(error: unknown): void {
  console.error(error);
}

/**
 * Serves TCP: calls `handler` for each connection, as `Deno.serve` does for each
 * request. A handler that throws ends its own connection only, and accepts that
 * fail for want of descriptors are tried again, after a pause.
 *
 * When `options.signal` aborts, the server shuts down at once.
 *
 * @throws As {@linkcode listenTcp} does; `RangeError` when
 * `maxConnections` or `idleTimeout` is out of range; `TypeError` when an
 * option or `handler` is not of its type.
 *
 * @example An echo server
 * ```ts
 * import { connectTcp, serveTcp } from "@berkeley/sockets/tcp";
 * import { assertEquals } from "@std/assert";
 *
 * const server = await serveTcp(
 *   { hostname: "127.0.0.1", port: 0 },
 *   (conn) => conn.readable.pipeTo(conn.writable),
 * );
 *
 * using conn = await connectTcp(server.addr);
 * await conn.send(new TextEncoder().encode("hello\n"));
 * assertEquals(await conn.readLine(), "hello");
 * await conn.closeWrite();
 * await server.shutdown();
 * ```
 */
export async function serveTcp(
  options: ServeTcpOptions,
  handler: TcpHandler,
): Promise<TcpServer> {
  const { maxConnections, idleTimeout, onError, onListen } = options;
  const read = readListenOptions(options);
  const { signal } = read;
  if (maxConnections !== undefined) {
    checkNumber("maxConnections", maxConnections, 1);
  }
  if (idleTimeout !== undefined) checkNumber("idleTimeout", idleTimeout, 0);
  checkType("onError", onError, "function");
  checkType("onListen", onListen, "function");
  if (typeof handler !== "function") {
    throw new TypeError("Cannot serve: handler must be a function");
  }
  const listener = await listenTcp(read);
  const server = new TcpServer(
    listener,
    { ...read, maxConnections, idleTimeout, onError },
    handler,
  );
  if (signal !== undefined) {
    const stop = () => server[Symbol.asyncDispose]();
    signal.addEventListener("abort", stop, { once: true });
    server.finished.then(() => signal.removeEventListener("abort", stop));
    if (signal.aborted) stop(); // while it was getting to listen
  }
  try {
    onListen?.(server.addr);
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  return server;
}
