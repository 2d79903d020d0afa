import { socketError } from "../errors/mod.ts";
import { checkType } from "../internal/check/mod.ts";
import {
  type Call,
  CallQueue,
  checkWait,
  defer,
  Timers,
  waitFor,
  type WaitOptions,
} from "../internal/wait/mod.ts";
import { IdleConns, PooledConn } from "./_idle_conns.ts";
import { openConn } from "./_open_conn.ts";
import {
  type PoolOptions,
  type PoolSettings,
  type PoolStats,
  readPoolOptions,
} from "./_pool_options.ts";
import type { StreamConn } from "../stream/mod.ts";
import { ConnLease } from "./lease.ts";
import type { Connect } from "./reconnecting.ts";

/**
 * Connections for use by many, one at a time each, by {@linkcode pool}.
 *
 * @example What it holds
 * ```ts
 * import { pool } from "@berkeley/sockets/pool";
 * import { connPair } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * await using conns = pool(() => Promise.resolve(connPair().client), { max: 2 });
 * using one = await conns.acquire();
 * using two = await conns.acquire();
 * assertEquals(one.conn === two.conn, false);
 * assertEquals([conns.stats.open, conns.stats.leased], [2, 2]);
 * ```
 */
export class ConnPool<C extends StreamConn = StreamConn>
  implements AsyncDisposable {
  readonly #connect: Connect<C>;
  readonly #settings: PoolSettings<C>;
  /** The timeouts of calls that wait, and of what is done for them. */
  readonly #timers = new Timers();
  readonly #calls = new CallQueue<Call<ConnLease<C>>>({
    timers: this.#timers,
    onWaiting: () => {
      this.#timers.ref();
      this.#supply();
    },
    onIdle: () => {
      this.#timers.unref();
      this.#failure = undefined;
      this.#fresh.clear();
    },
  });
  readonly #entries = new Set<PooledConn<C>>();
  readonly #idle: IdleConns<C>;
  readonly #leased = new Map<PooledConn<C>, ConnLease<C>>();
  readonly #counts = { opened: 0, failed: 0, discarded: 0 };
  readonly #closing = new AbortController();
  /** Settles when it is closed, and nothing is left. */
  readonly #ended = defer<void>();
  /** The connections that are closed, but whose last bytes have not left. */
  readonly #leaving = new Set<PooledConn<C>>();
  #connecting = 0;
  #checking = 0;
  /** The connections that are new or were checked, for the calls that wait now. */
  readonly #fresh = new Set<PooledConn<C>>();
  /** Why an attempt has failed, for the call that waits longest. */
  #failure: { readonly error: unknown } | undefined;

  /**
   * Not for users: `pool` makes them.
   *
   * @ignore
   */
  constructor(connect: Connect<C>, settings: PoolSettings<C>) {
    this.#connect = connect;
    this.#settings = settings;
    this.#timers.unref();
    this.#idle = new IdleConns(settings.idle, (entry, isBroken) => {
      if (isBroken) this.#counts.discarded++;
      this.#drop(entry);
    });
  }

  /** What it holds, and what it has done so far. */
  get stats(): PoolStats {
    return {
      ...{ open: this.#entries.size, idle: this.#idle.size },
      ...{ leased: this.#leased.size, connecting: this.#connecting },
      ...{ waiting: this.#calls.size, ...this.#counts },
    };
  }

  /** Whether {@linkcode ConnPool.prototype.close | close} was called. */
  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /**
   * Resolves with a connection that only the caller uses, until the lease ends. If none is
   * free and there are `max` already, the caller waits its turn: first come, first
   * served. An attempt to connect that fails rejects the call that waits longest.
   *
   * A call that is cancelled does not end an attempt to connect, which is for the next
   * one.
   *
   * @throws {ClosedError} If the pool is closed.
   * @throws {TimedOutError} If there is none in time.
   * @throws {SocketError} `ENOBUFS` if `maxWaiting` calls wait already.
   * @throws As `connect`, `onConnect` do.
   *
   * @example Waiting for a turn
   * ```ts
   * import { pool } from "@berkeley/sockets/pool";
   * import { connPair } from "@berkeley/sockets/testing";
   * import { TimedOutError } from "@berkeley/sockets/errors";
   * import { assertRejects } from "@std/assert";
   *
   * await using conns = pool(() => Promise.resolve(connPair().client), { max: 1 });
   * using _only = await conns.acquire();
   * await assertRejects(() => conns.acquire({ timeout: 10 }), TimedOutError);
   * ```
   */
  acquire(options?: WaitOptions): Promise<ConnLease<C>> {
    try {
      const wait = checkWait(options);
      if (this.isClosed) throw closedError();
      const { size } = this.#calls;
      if (size >= this.#settings.maxWaiting) {
        const reason = `${size} calls wait for one already`;
        throw socketError("ENOBUFS", { action: "get a connection", reason });
      }
      const leasing = this.#calls.call({
        attempt: () => this.#take(),
        timeoutError: () =>
          socketError("ETIMEDOUT", { action: "get a connection" }),
      }, wait);
      this.#supply();
      return leasing as Promise<ConnLease<C>>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Calls a function with a connection, and gives it back when the function has ended.
   * If the function throws, the connection is closed, since it may have stopped in the
   * middle of a message.
   *
   * @throws As `acquire` and the function do.
   *
   * @example A question and its answer
   * ```ts
   * import { pool } from "@berkeley/sockets/pool";
   * import { connectTcp, serveTcp } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * await using server = await serveTcp(
   *   { hostname: "127.0.0.1", port: 0 },
   *   (conn) => conn.readable.pipeTo(conn.writable),
   * );
   * await using conns = pool((wait) => connectTcp({ ...server.addr, ...wait }));
   * const answer = await conns.use(async (conn) => {
   *   await conn.send("hello\n");
   *   return await conn.readLine({ timeout: 5000 });
   * });
   * assertEquals(answer, "hello");
   * ```
   */
  async use<T>(
    work: (conn: C) => T | Promise<T>,
    options?: WaitOptions,
  ): Promise<T> {
    checkType("work", work ?? null, "function");
    const lease = await this.acquire(options);
    try {
      const result = await work(lease.conn);
      lease.release();
      return result;
    } catch (error) {
      lease.discard();
      throw error;
    }
  }

  /** Leases the connection that was used last, unless it has to be checked. */
  #take(): ConnLease<C> | undefined {
    if (this.#failure !== undefined) {
      const { error } = this.#failure;
      this.#failure = undefined;
      throw error;
    }
    for (let entry; (entry = this.#idle.last) !== undefined;) {
      const { hasExpired } = entry;
      if (!hasExpired && this.#isUnchecked(entry)) return undefined;
      this.#idle.pop();
      const { isBroken } = entry;
      if (!isBroken && (!hasExpired || this.#fresh.has(entry))) {
        return this.#lease(entry);
      }
      if (isBroken) this.#counts.discarded++;
      this.#drop(entry);
    }
    return undefined;
  }

  #isUnchecked(entry: PooledConn<C>): boolean {
    const { check, checkAfter } = this.#settings;
    return check !== undefined && !this.#fresh.has(entry) &&
      performance.now() - entry.usedAt >= checkAfter;
  }

  #lease(entry: PooledConn<C>): ConnLease<C> {
    this.#fresh.delete(entry);
    const lease = new ConnLease(entry.conn, (isGood) => {
      if (!this.#leased.delete(entry)) return; // closed by close()
      entry.usedAt = performance.now();
      if (isGood && !entry.isBroken) return this.#offer(entry);
      this.#counts.discarded++;
      this.#drop(entry);
    });
    this.#leased.set(entry, lease);
    return lease;
  }

  /** Makes or checks as many connections as calls wait, if there may be so many. */
  #supply(): void {
    while (this.#connecting + this.#checking < this.#calls.size) {
      const { last } = this.#idle;
      if (last !== undefined) {
        if (!this.#isUnchecked(last)) return; // the call takes it in its turn
        void this.#check(this.#idle.pop()!);
      } else if (!this.#mayConnect()) {
        return;
      } else {
        void this.#open();
      }
    }
  }

  #mayConnect(): boolean {
    return !this.isClosed && this.#failure === undefined &&
      this.#entries.size + this.#connecting < this.#settings.max;
  }

  /** Makes a connection for the call that has waited longest when it is ready. */
  async #open(): Promise<void> {
    this.#connecting++;
    const { timeout, onConnect, lifetime } = this.#settings;
    const { signal } = this.#closing;
    const timers = this.#timers;
    try {
      const plan = { timeout, signal, onConnect, timers };
      const conn = await openConn(this.#connect, plan);
      this.#connecting--;
      this.#counts.opened++;
      const entry = new PooledConn(conn, lifetime);
      this.#entries.add(entry);
      this.#offer(entry, true);
    } catch (error) {
      this.#connecting--;
      if (!this.isClosed) this.#counts.failed++;
      if (this.#calls.size > 0) this.#failure = { error };
      this.#calls.run();
      this.#settle();
    }
  }

  async #check(entry: PooledConn<C>): Promise<void> {
    this.#checking++;
    const giveUp = new AbortController();
    const { timeout, check } = this.#settings;
    const { signal } = giveUp;
    const work = (async () => await check!(entry.conn, { signal }))();
    let isGood = false;
    try {
      isGood = await waitFor(
        work,
        { timeout, signal: this.#closing.signal },
        () => socketError("ETIMEDOUT", { action: "check a connection" }),
        (reason) => giveUp.abort(reason),
        this.#timers,
      );
    } catch {
      // whatever it was, the connection is of no use
    }
    this.#checking--;
    entry.usedAt = performance.now();
    if (isGood && !entry.isBroken) return this.#offer(entry, true);
    this.#counts.discarded++;
    const isWanted = this.#connecting + this.#checking < this.#calls.size;
    this.#drop(entry, !isWanted);
    // The others may be just as dead: a new one is not.
    if (isWanted && this.#mayConnect()) void this.#open();
    this.#settle();
  }

  /** Passes a connection to a call that waits, or keeps it. */
  #offer(entry: PooledConn<C>, isFresh = false): void {
    if (this.isClosed || entry.hasExpired && !isFresh) return this.#drop(entry);
    this.#idle.push(entry);
    // The calls may wait for a turn of the event loop, and take it then.
    if (isFresh) this.#fresh.add(entry);
    this.#calls.run();
    if (this.#calls.size === 0) this.#fresh.clear();
    this.#idle.park(entry);
    this.#settle();
  }

  /** Closes a connection, which makes room for another. */
  #drop(entry: PooledConn<C>, isSettled = true): void {
    this.#entries.delete(entry);
    this.#fresh.delete(entry);
    this.#leaving.add(entry);
    const onClosed = () => {
      this.#leaving.delete(entry);
      this.#settle();
    };
    entry.conn[Symbol.asyncDispose]().then(onClosed, onClosed);
    if (isSettled) this.#settle();
  }

  /** Goes on after a change. */
  #settle(): void {
    this.#supply();
    if (this.#calls.isEmpty) this.#timers.unref();
    const left = this.#entries.size + this.#connecting + this.#leaving.size;
    if (this.isClosed && left === 0) this.#ended.resolve();
  }

  /**
   * Closes the pool: closes the connections that nobody uses, rejects the calls that
   * wait, and waits for the leases to end. After `timeout` milliseconds, closes the
   * connections that are still in use; without a timeout it waits as long as it takes.
   *
   * Aborting `signal` ends only the wait.
   *
   * @throws {RangeError} If `timeout` is negative.
   *
   * @example After the last user
   * ```ts
   * import { pool } from "@berkeley/sockets/pool";
   * import { connPair } from "@berkeley/sockets/testing";
   * import { assertEquals } from "@std/assert";
   *
   * const conns = pool(() => Promise.resolve(connPair().client));
   * const { conn } = await conns.acquire(); // never given back
   * await conns.close({ timeout: 10 });
   * assertEquals(conn.isClosed, true);
   * ```
   */
  async close(options?: WaitOptions): Promise<void> {
    const wait = checkWait(options);
    if (!this.isClosed) {
      this.#closing.abort(closedError());
      for (const entry of this.#idle.clear()) this.#drop(entry);
      this.#calls.close(closedError());
      this.#settle();
    }
    const late = socketError("ETIMEDOUT", { action: "wait for the leases" });
    try {
      await waitFor(this.#ended.promise, wait, () => late);
    } catch (error) {
      if (error !== late) throw error;
      for (const entry of [...this.#leased.keys()]) {
        this.#leased.delete(entry);
        this.#drop(entry);
      }
      await this.#ended.promise;
    }
  }

  /** Closes it at once, with the connections that are in use. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close({ timeout: 0 });
  }
}

function closedError(): Error {
  return socketError("EBADF", {
    action: "get a connection",
    reason: "the pool is closed",
  });
}

/**
 * Keeps connections for use by many, each by one user at a time. It makes them when they
 * are needed, `max` at most, and hands out the one that was used last.
 *
 * A connection that ends while nobody uses it is closed and forgotten, as is one that has
 * ended when it is given back. Connections that nobody uses, and the times of the pool, do
 * not keep the program alive. Bytes that come unasked are left for the next user.
 *
 * @throws {RangeError} If an option is out of range.
 * @throws {TypeError} If an option or `connect` is not of its type.
 *
 * @example Ten questions over two connections
 * ```ts
 * import { pool } from "@berkeley/sockets/pool";
 * import { simulate } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * await simulate(async (network) => {
 *   const server = await network.host("server").serveTcp({ port: 7 }, async (conn) => {
 *     for await (const line of conn.lines()) await conn.send(`${line}!\n`);
 *   });
 *   const { connectTcp } = network.host("client");
 *   await using conns = pool(
 *     (wait) => connectTcp({ hostname: "server", port: 7, ...wait }),
 *     { max: 2 },
 *   );
 *   const answers = Array.from({ length: 10 }, (_, i) =>
 *     conns.use(async (conn) => {
 *       await conn.send(`${i}\n`);
 *       return await conn.readLine();
 *     }));
 *   assertEquals((await Promise.all(answers)).at(-1), "9!");
 *   assertEquals(server.stats.accepted, 2);
 * });
 * ```
 */
export function pool<C extends StreamConn>(
  connect: Connect<C>,
  options: PoolOptions<C> = {},
): ConnPool<C> {
  checkType("connect", connect ?? null, "function");
  return new ConnPool(connect, readPoolOptions(options));
}
