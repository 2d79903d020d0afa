import type { UnixAddr } from "../address/mod.ts";
import { StreamListener } from "../stream/mod.ts";
import type {
  UnixCarrier,
  UnixListenerTransport,
  UnixTransport,
} from "./_transport.ts";
import { UnixConn } from "./conn.ts";

/**
 * A listening unix socket, made by {@linkcode listenUnix}.
 *
 * {@linkcode StreamListener} has the methods that accept and close. Closing it removes
 * the file of its path, and never another file that has the path by then.
 *
 * @example A connection that was accepted
 * ```ts
 * import { connectUnix, listenUnix } from "@berkeley/sockets/unix";
 * import { assertEquals } from "@std/assert";
 *
 * if (Deno.build.os === "linux") {
 *   const path = `\0example-${crypto.randomUUID()}`;
 *   using listener = await listenUnix({ path });
 *   using _client = await connectUnix({ path });
 *   using server = await listener.accept({ timeout: 5000 });
 *   assertEquals(server.localAddr, listener.addr);
 * }
 * ```
 */
export class UnixListener extends StreamListener<UnixAddr, UnixConn> {
  readonly #transport: UnixListenerTransport;

  /**
   * Not for users: `listenUnix` makes listeners.
   *
   * @ignore
   */
  constructor(
    transport: UnixListenerTransport,
    options: { highWaterMark?: number | undefined } = {},
  ) {
    const { highWaterMark } = options;
    super(
      transport,
      (accepted) => new UnixConn(accepted as UnixTransport, { highWaterMark }),
    );
    this.#transport = transport;
  }

  /** Which API carries it; `"simulated"` in a simulated network. */
  override get backend(): UnixCarrier {
    return this.#transport.backend;
  }
}
