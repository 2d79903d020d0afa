import type { SocketOptions } from "../internal/libc/mod.ts";
import type { AddressFinder } from "../resolve/mod.ts";
import type { WaitOptions } from "../internal/wait/mod.ts";
import type { TcpBackend } from "./_transport.ts";
import type { AcceptedConnOptions } from "./listener.ts";

/** Where to listen, and how. */
export interface ListenTcpOptions extends AcceptedConnOptions, WaitOptions {
  /**
   * A name or an IP address of this host. `"0.0.0.0"` stands for all IPv4
   * addresses, `"::"` for all of both families: a dual-stack listener, which
   * reports IPv4 peers as IPv4. On systems that need two sockets for that, such as
   * Windows, the program needs net access to `0.0.0.0` as well, and `setOption` sets
   * options of the IPv6 socket.
   *
   * @default {"0.0.0.0"}
   */
  hostname?: string | undefined;
  /** The port, 0 to 65535; 0 chooses a free one, see `TcpListener.addr`. */
  port: number;
  /**
   * For a name that has addresses of both families: which to take. Defaults to the
   * first that is found.
   */
  family?: 4 | 6 | undefined;
  /**
   * How many connections the kernel keeps until they are accepted: the second
   * argument of C's `listen`. The kernel caps it (`net.core.somaxconn`).
   *
   * Over `"node"` the runtime accepts every connection at once. There, up to
   * `backlog` or 4096 connections, whichever is more, wait in the program; the next
   * one is reset.
   *
   * @default {511}
   */
  backlog?: number | undefined;
  /**
   * SO_REUSEPORT: several listeners share the port, and the kernel deals out the
   * connections. Over `"deno"` it needs a program started with `--unstable-net`.
   *
   * @default {false}
   */
  reusePort?: boolean | undefined;
  /**
   * IPV6_V6ONLY: whether a listener on `"::"` takes IPv6 peers only, which needs a
   * program started with `--allow-ffi`, except on Windows; on any other address it is
   * the case anyway.
   *
   * @default {false}
   */
  ipv6Only?: boolean | undefined;
  /** The resolver to use. Defaults to the shared one. */
  resolver?: AddressFinder | undefined;
  /**
   * Options of the listener by C's names, such as `{ TCP_FASTOPEN: 16 }`. On
   * `"posix"` they are set before it is bound, on the others right after.
   *
   * They need a program started with `--allow-ffi`.
   */
  socketOptions?: Partial<SocketOptions> | undefined;
  /**
   * Which API carries the listener and its connections. `"posix"` is libc, and
   * needs a program started with `--allow-ffi`.
   *
   * Defaults to `"deno"`; to `"node"` for `reusePort` in a program started without
   * `--unstable-net`; and on Linux, if the program may use libc, to `"posix"` for
   * `ipv6Only` and for `reusePort` with `socketOptions`.
   */
  backend?: TcpBackend | undefined;
}
