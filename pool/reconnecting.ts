import { socketError } from "../errors/mod.ts";
import { checkType } from "../internal/check/mod.ts";
import {
  type Call,
  CallQueue,
  checkWait,
  type QueueOwner,
  Timers,
  type WaitOptions,
} from "../internal/wait/mod.ts";
import { Backoff } from "./_backoff.ts";
import { openConn } from "./_open_conn.ts";
import {
  readReconnectOptions,
  type ReconnectOptions,
  type ReconnectSettings,
  type ReconnectState,
} from "./_reconnect_options.ts";
import type { StreamConn } from "../stream/mod.ts";
import { onOver } from "../stream/_seam.ts";

/** Makes a connection: any of the functions that connect, with its own options. */
export type Connect<C extends StreamConn = StreamConn> = (
  options: WaitOptions,
) => Promise<C>;

/**
 * A connection that is made again whenever it ends, by {@linkcode reconnecting}.
 *
 * @example What it is doing
 * ```ts
 * import { reconnecting } from "@berkeley/sockets/pool";
 * import { connPair } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const pair = connPair();
 * const link = reconnecting(() => Promise.resolve(pair.client));
 * assertEquals(link.state.name, "connecting");
 * assertEquals(await link.conn(), pair.client);
 * assertEquals(link.state.name, "connected");
 * link.close();
 * assertEquals(pair.client.isClosed, true);
 * ```
 */
export class Reconnector<C extends StreamConn = StreamConn>
  implements Disposable, AsyncDisposable {
  readonly #connect: Connect<C>;
  readonly #settings: ReconnectSettings<C>;
  readonly #backoff: Backoff;
  /** The waits between attempts, and those of callers: only these keep the program alive. */
  readonly #timers = new Timers();
  readonly #owner: QueueOwner = {
    timers: this.#timers,
    onWaiting: () => this.#timers.ref(),
    onIdle: () => this.#timers.unref(),
  };
  readonly #calls = new CallQueue<Call<C>>(this.#owner);
  readonly #closing = new AbortController();
  #state: ReconnectState<C> = { name: "connecting", attempt: 1 };
  /** The connection, unless it is over. */
  #current: C | undefined;
  #connectedAt = 0;
  #lastError: unknown;
  #opening: Promise<void> = Promise.resolve();
  #stopTimer: (() => void) | undefined;

  /**
   * Not for users: `reconnecting` makes them.
   *
   * @ignore
   */
  constructor(connect: Connect<C>, settings: ReconnectSettings<C>) {
    this.#connect = connect;
    this.#settings = settings;
    this.#backoff = new Backoff(settings.initial, settings.max);
    this.#timers.unref();
    this.#opening = this.#open();
  }

  /** What it is doing. */
  get state(): ReconnectState<C> {
    return this.#state;
  }

  /**
   * Resolves with the connection, or with the next one as soon as there is one. All
   * callers share it; it must not be used after its end.
   *
   * @throws {ClosedError} If it was closed.
   * @throws {TimedOutError} If there is no connection in time; `cause` is the error of
   * the last attempt.
   * @throws The error of the last attempt, if it has stopped for that.
   *
   * @example A connection in time
   * ```ts
   * import { reconnecting } from "@berkeley/sockets/pool";
   * import { connectTcp, serveTcp } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * await using server = await serveTcp(
   *   { hostname: "127.0.0.1", port: 0 },
   *   (conn) => conn.send("hi\n"),
   * );
   * await using link = reconnecting((wait) => connectTcp({ ...server.addr, ...wait }));
   * const conn = await link.conn({ timeout: 5000 });
   * assertEquals(await conn.readLine(), "hi");
   * ```
   */
  conn(options?: WaitOptions): Promise<C> {
    try {
      const wait = checkWait(options);
      return this.#calls.call({
        attempt: () => this.#available(),
        timeoutError: () => this.#timeoutError(),
      }, wait) as Promise<C>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #available(): C | undefined {
    if (this.#state.name === "closed") throw this.#closedError();
    return this.#current;
  }

  #closedError(): unknown {
    const state = this.#state;
    if (state.name === "closed" && state.error !== undefined) {
      return state.error;
    }
    return socketError("EBADF", { action: "get a connection" });
  }

  #timeoutError(): Error {
    const action = "get a connection";
    const cause = this.#lastError;
    if (cause === undefined) return socketError("ETIMEDOUT", { action });
    const { code, message } = Object(cause) as {
      code?: string;
      message?: string;
    };
    const reason = `the last attempt failed: ${code ?? message ?? cause}`;
    return socketError("ETIMEDOUT", { action, reason, cause });
  }

  /**
   * Closes a connection that has become useless, such as one that broke the protocol or
   * does not answer, and connects again. Does nothing if the connection is not the
   * current one, so that several callers can report the same.
   *
   * @example A server that does not answer
   * ```ts
   * import { reconnecting } from "@berkeley/sockets/pool";
   * import { connPair } from "@berkeley/sockets/testing";
   * import { assertNotEquals } from "@std/assert";
   *
   * const connect = () => Promise.resolve(connPair().client);
   * await using link = reconnecting(connect, { backoff: { initial: 1 } });
   * const first = await link.conn();
   * try {
   *   await first.readLine({ timeout: 10 });
   * } catch (error) {
   *   link.discard(first, error);
   * }
   * assertNotEquals(await link.conn(), first);
   * ```
   */
  discard(conn: C, error?: unknown): void {
    const state = this.#state;
    if (state.name !== "connected" || state.conn !== conn) return;
    this.#current = undefined;
    conn.close();
    const lasted = performance.now() - this.#connectedAt;
    if (lasted < this.#settings.stable) return this.#fail(error);
    this.#retry(error, this.#backoff.reset());
  }

  async #open(): Promise<void> {
    let conn: C;
    try {
      conn = await openConn(this.#connect, {
        timeout: this.#settings.timeout,
        signal: this.#closing.signal,
        onConnect: this.#settings.onConnect,
        timers: this.#timers,
      });
    } catch (error) {
      if (this.#state.name === "closed") return;
      let isRetried = false;
      try {
        isRetried = this.#settings.shouldRetry(error);
      } catch (fault) {
        return this.#end(fault);
      }
      return isRetried ? this.#fail(error) : this.#end(error);
    }
    this.#current = conn;
    this.#connectedAt = performance.now();
    this.#lastError = undefined;
    onOver(conn, () => {
      if (this.#current === conn) this.#current = undefined;
      // Not within the read that has met the end.
      queueMicrotask(() => this.discard(conn));
    });
    this.#change({ name: "connected", conn });
    this.#calls.run();
    if (this.#calls.isEmpty) this.#timers.unref();
  }

  /** Connects again, unless that has failed too often. */
  #fail(error: unknown): void {
    const delay = this.#backoff.fail();
    if (this.#backoff.failures < this.#settings.maxFailures) {
      return this.#retry(error, delay);
    }
    this.#end(
      error ?? socketError("ECONNABORTED", {
        action: "stay connected",
        reason: "the last connection has ended too soon",
      }),
    );
  }

  /** Connects again after a delay. */
  #retry(error: unknown, delay: number): void {
    this.#lastError = error;
    this.#stopTimer = this.#timers.start(() => {
      const attempt = this.#backoff.failures + 1;
      this.#change({ name: "connecting", attempt });
      this.#opening = this.#open();
    }, delay);
    this.#change({ name: "waiting", delay, error });
  }

  /** Sets the state, and calls back soon: the callback may close. */
  #change(state: ReconnectState<C>): void {
    this.#state = state;
    const { onState } = this.#settings;
    if (onState === undefined) return;
    queueMicrotask(() => onState(state)); // its error is uncaught, as a listener's is
  }

  #end(error: unknown): void {
    const conn = this.#current;
    this.#current = undefined;
    this.#stopTimer?.();
    this.#change({ name: "closed", error });
    this.#closing.abort(this.#closedError());
    conn?.close();
    this.#calls.close(this.#closedError());
    this.#timers.unref();
  }

  /**
   * Closes the connection, ends the attempt to make one, and rejects all calls that wait
   * for one. A second call does nothing.
   *
   * @example Calls that wait reject
   * ```ts
   * import { reconnecting } from "@berkeley/sockets/pool";
   * import type { StreamConn } from "@berkeley/sockets/stream";
   * import { ClosedError } from "@berkeley/sockets/errors";
   * import { assertRejects } from "@std/assert";
   *
   * const connect = () => new Promise<StreamConn>(() => {}); // takes forever
   * const link = reconnecting(connect);
   * const waiting = link.conn();
   * link.close();
   * await assertRejects(() => waiting, ClosedError);
   * ```
   */
  close(): void {
    if (this.#state.name !== "closed") this.#end(undefined);
  }

  /** Closes it. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Closes it, and waits for what was sent to leave, as a connection does. */
  async [Symbol.asyncDispose](): Promise<void> {
    const conn = this.#current;
    this.close();
    await Promise.all([this.#opening, conn?.[Symbol.asyncDispose]()]);
  }
}

/**
 * Connects, and connects again whenever the connection ends, until it is closed.
 *
 * A connection ends when a read reports the end of the stream or a failure, when it is
 * closed, and by {@linkcode Reconnector.prototype.discard | discard}. As with any socket, a
 * peer that has gone is noticed by those who read only: a reader with a `timeout`, or
 * `keepAlive`, finds one that is silent.
 *
 * Between attempts it waits: at random from 0 up to a limit, which doubles with each
 * failure, see {@linkcode BackoffOptions}. `connect` gets the signal and the timeout of the
 * attempt. Only calls that wait for a connection keep the program alive, and what
 * `connect` itself has pending.
 *
 * @throws {RangeError} If an option is out of range.
 * @throws {TypeError} If an option or `connect` is not of its type.
 *
 * @example A client that survives its server
 * ```ts
 * import { reconnecting } from "@berkeley/sockets/pool";
 * import { simulate } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * await simulate(async (network) => {
 *   const server = network.host("server");
 *   server.start(async (host) => {
 *     await host.serveTcp({ port: 7 }, async (conn) => {
 *       assertEquals(await conn.readLine(), "user ann");
 *       await conn.send("welcome\n");
 *       await conn.readLine();
 *     });
 *   });
 *   const { connectTcp } = network.host("client");
 *   await using link = reconnecting(
 *     (wait) => connectTcp({ hostname: "server", port: 7, ...wait }),
 *     { onConnect: (conn) => conn.send("user ann\n") },
 *   );
 *
 *   const first = await link.conn();
 *   assertEquals(await first.readLine(), "welcome");
 *   server.shutdown(); // resets the connection
 *   await first.readLine().catch(() => null);
 *   server.restart();
 *   const second = await link.conn({ timeout: 60_000 });
 *   assertEquals(await second.readLine(), "welcome");
 * });
 * ```
 */
export function reconnecting<C extends StreamConn>(
  connect: Connect<C>,
  options: ReconnectOptions<C> = {},
): Reconnector<C> {
  checkType("connect", connect ?? null, "function");
  return new Reconnector(connect, readReconnectOptions(options));
}
