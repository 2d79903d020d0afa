import { type NetAddr, SOCK_STREAM } from "../address/mod.ts";
import {
  readOption,
  setOptions,
  type SocketOptionName,
  type SocketOptions,
} from "../internal/libc/mod.ts";
import { StreamListener } from "../stream/mod.ts";
import { openConn } from "./_open_conn.ts";
import type {
  TcpCarrier,
  TcpListenerTransport,
  TcpTransport,
} from "./_transport.ts";
import type { TcpConn } from "./conn.ts";

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

/**
 * A listening TCP socket, made by {@linkcode listenTcp}.
 *
 * {@linkcode StreamListener} has the methods that accept and close.
 *
 * @example A connection that was accepted
 * ```ts
 * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
 * import { assertEquals } from "@std/assert";
 *
 * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
 * using client = await connectTcp(listener.addr);
 * using server = await listener.accept({ timeout: 5000 });
 * assertEquals(server.remoteAddr.port, client.localAddr.port);
 * ```
 */
export class TcpListener extends StreamListener<NetAddr, TcpConn> {
  readonly #transport: TcpListenerTransport;

  /**
   * Not for users: `listenTcp` makes listeners.
   *
   * @ignore
   */
  constructor(
    transport: TcpListenerTransport,
    options: AcceptedConnOptions = {},
  ) {
    super(transport, (accepted) => openConn(accepted as TcpTransport, options));
    this.#transport = transport;
  }

  /** Which API carries it; `"simulated"` in a simulated network. */
  override get backend(): TcpCarrier {
    return this.#transport.backend;
  }

  /**
   * Sets an option of the listener: C's `setsockopt`, on every backend. Connections
   * that come later take over most.
   *
   * @throws {NotSupportedError} When the program lacks `--allow-ffi`, or another
   * listener shares the port and the backend is not `"posix"`.
   *
   * @example Options, where the program may use libc
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
    return setOptions(this.#options, { [name]: value });
  }

  /**
   * Reads an option of the listener: C's `getsockopt`, on every backend.
   * See the example of {@linkcode TcpListener.prototype.setOption}.
   *
   * @throws {NotSupportedError} When the program lacks `--allow-ffi`.
   */
  getOption<K extends SocketOptionName>(name: K): Promise<SocketOptions[K]> {
    return readOption(this.#options, name);
  }

  get #options() {
    return {
      type: SOCK_STREAM,
      socket: this.#transport,
      requireOpen: (syscall: string) => {
        if (!this.isClosed) return;
        throw this.closedError("set or read an option", syscall);
      },
    };
  }
}
