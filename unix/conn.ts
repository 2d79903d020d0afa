import type { UnixAddr } from "../address/mod.ts";
import type { PeerCredentials } from "../internal/libc/mod.ts";
import { readPeerCredentials } from "../internal/libc/mod.ts";
import { StreamConn } from "../stream/mod.ts";
import type { UnixCarrier, UnixTransport } from "./_transport.ts";

/**
 * A connection of a unix socket, made by {@linkcode connectUnix} or accepted by a
 * {@linkcode UnixListener}. It passes wherever a `Deno.UnixConn` does.
 *
 * {@linkcode StreamConn} has the methods that read, send, and close. There is no
 * RST here: the peer reads the end of the stream, also when what was queued could not
 * leave. A peer whose bytes were not read gets `ECONNRESET`.
 *
 * @example A question and its answer
 * ```ts
 * import { connectUnix, listenUnix } from "@berkeley/sockets/unix";
 * import { assertEquals } from "@std/assert";
 *
 * if (Deno.build.os === "linux") {
 *   const path = `\0example-${crypto.randomUUID()}`;
 *   using listener = await listenUnix({ path });
 *   using client = await connectUnix({ path });
 *   using server = await listener.accept();
 *
 *   await client.send("how much?\n");
 *   assertEquals(await server.readLine(), "how much?");
 *   await server.send(new Uint8Array([1, 2]));
 *   assertEquals(await client.readExact(2), new Uint8Array([1, 2]));
 *   assertEquals(client.remoteAddr.path, path);
 * }
 * ```
 */
export class UnixConn extends StreamConn<UnixAddr> {
  readonly #transport: UnixTransport;

  /**
   * Not for users: `connectUnix` and `UnixListener.accept` make connections.
   *
   * @ignore
   */
  constructor(
    transport: UnixTransport,
    options?: { highWaterMark?: number | undefined },
  ) {
    super(transport, options);
    this.#transport = transport;
  }

  /** Which API carries the connection; `"simulated"` in a simulated network. */
  override get backend(): UnixCarrier {
    return this.#transport.backend;
  }

  /**
   * Returns the process at the other end: C's SO_PEERCRED. A server gets the process
   * that connected, as it was then; a client the process that called `listen`. A
   * process of another user namespace has the user 65534.
   *
   * Over `"deno"` and `"node"` the descriptor is found by its address, which all
   * connections of one path share. So it is certain only if the peers of all of them
   * are the same process and user, and else refused: a server that asks who its
   * clients are listens with `backend: "posix"`.
   *
   * @throws {NotSupportedError} If the system is not Linux, the program lacks
   * `--allow-ffi`, or other peers have the same address.
   * @throws {ClosedError} If the connection is closed.
   *
   * @example Where the program may use libc
   * ```ts
   * import { connectUnix, listenUnix } from "@berkeley/sockets/unix";
   * import { NotSupportedError } from "@berkeley/sockets/errors";
   * import { assertEquals, assertInstanceOf } from "@std/assert";
   *
   * if (Deno.build.os === "linux") {
   *   const path = `\0example-${crypto.randomUUID()}`;
   *   using listener = await listenUnix({ path });
   *   using client = await connectUnix({ path });
   *   using server = await listener.accept();
   *   try {
   *     const { pid } = await server.peerCredentials();
   *     assertEquals(pid, Deno.pid);
   *   } catch (error) { // without --allow-ffi
   *     assertInstanceOf(error, NotSupportedError);
   *   }
   * }
   * ```
   */
  peerCredentials(): Promise<PeerCredentials> {
    return readPeerCredentials({
      socket: this.#transport,
      requireOpen: (syscall) => {
        if (this.isClosed) throw this.errors.make("EBADF", syscall);
      },
    });
  }
}
