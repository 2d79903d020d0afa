import { socketError } from "../errors/mod.ts";
import type { StreamConn } from "../stream/mod.ts";

/**
 * A connection of a pool, for one user: by {@linkcode ConnPool.prototype.acquire | acquire}.
 *
 * @example A lease for a block
 * ```ts
 * import { pool } from "@berkeley/sockets/pool";
 * import { connPair } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * await using conns = pool(() => Promise.resolve(connPair().client));
 * {
 *   using lease = await conns.acquire();
 *   await lease.conn.send("hello\n");
 *   assertEquals(conns.stats.leased, 1);
 * }
 * assertEquals(conns.stats.idle, 1);
 * ```
 */
export class ConnLease<C extends StreamConn = StreamConn>
  implements Disposable {
  readonly #conn: C;
  #onEnd: ((isGood: boolean) => void) | undefined;

  /**
   * Not for users: pools make them.
   *
   * @ignore
   */
  constructor(conn: C, onEnd: (isGood: boolean) => void) {
    this.#conn = conn;
    this.#onEnd = onEnd;
  }

  /**
   * The connection, until the end of the lease.
   *
   * @throws {ClosedError} If the lease has ended.
   */
  get conn(): C {
    if (this.#onEnd !== undefined) return this.#conn;
    throw socketError("EBADF", {
      action: "use the connection",
      reason: "its lease has ended",
    });
  }

  /**
   * Gives the connection back. It is closed if it has ended, or if a read of it is
   * pending. A second call does nothing.
   *
   * @example The next user gets the same connection
   * ```ts
   * import { pool } from "@berkeley/sockets/pool";
   * import { connPair } from "@berkeley/sockets/testing";
   * import { assertEquals } from "@std/assert";
   *
   * await using conns = pool(() => Promise.resolve(connPair().client));
   * const lease = await conns.acquire();
   * const { conn } = lease;
   * lease.release();
   * using next = await conns.acquire();
   * assertEquals(next.conn, conn);
   * ```
   */
  release(): void {
    this.#end(true);
  }

  /**
   * Closes the connection: after an error in the middle of a message, for instance, when
   * nobody knows what the next bytes mean. A second call does nothing.
   *
   * @example A broken connection
   * ```ts
   * import { pool } from "@berkeley/sockets/pool";
   * import { connPair } from "@berkeley/sockets/testing";
   * import { assertEquals } from "@std/assert";
   *
   * await using conns = pool(() => Promise.resolve(connPair().client));
   * using lease = await conns.acquire();
   * lease.discard();
   * assertEquals(conns.stats.open, 0);
   * ```
   */
  discard(): void {
    this.#end(false);
  }

  #end(isGood: boolean): void {
    const onEnd = this.#onEnd;
    this.#onEnd = undefined;
    onEnd?.(isGood);
  }

  /** Gives the connection back. */
  [Symbol.dispose](): void {
    this.release();
  }
}
