import type { SocketOptions } from "../internal/libc/mod.ts";
import type { WaitOptions } from "../internal/wait/mod.ts";
import type { AddressFinder } from "../resolve/mod.ts";
import type { DropPolicy, UdpBackend } from "./_transport.ts";

/** What both kinds of sockets may be opened with. */
export interface UdpOptions extends WaitOptions {
  /**
   * SO_REUSEADDR: whether other sockets may bind the same port, as listeners to
   * multicast do.
   *
   * @default {false}
   */
  reuseAddress?: boolean | undefined;
  /**
   * SO_BROADCAST: whether it may send to broadcast addresses. Without it they are
   * refused with EACCES; but on the `"deno"` backend, whose sockets may always,
   * only 255.255.255.255 is known as one.
   *
   * @default {false}
   */
  broadcast?: boolean | undefined;
  /**
   * IP_TTL: through how many routers datagrams may go, 1 to 255; as many as the
   * system has it, if left out. Over IPv6 only `"posix"` can limit them, and
   * `"deno"` cannot at all.
   */
  ttl?: number | undefined;
  /**
   * The largest datagram to receive, in bytes, up to 65535; a longer one loses its
   * end, and is marked as `truncated`. On the `"node"` backend the runtime
   * allocates this much for each datagram, so that less is faster; on Windows 64 KiB.
   *
   * @default {9216}
   */
  maxDatagramSize?: number | undefined;
  /**
   * How many datagrams the library keeps until they are received.
   *
   * @default {4096}
   */
  maxQueuedDatagrams?: number | undefined;
  /**
   * How many bytes the library keeps until they are received.
   *
   * @default {4194304}
   */
  maxQueuedBytes?: number | undefined;
  /**
   * Which datagram is dropped when there is no room: the one that comes, or the
   * one that has waited longest.
   *
   * @default {"newest"}
   */
  dropPolicy?: DropPolicy | undefined;
  /** The resolver to use. Defaults to the shared one. */
  resolver?: AddressFinder | undefined;
  /**
   * The API that carries the socket. Defaults to the fastest one available:
   * `"posix"` if the program was started with `--allow-ffi`, but not in a Worker;
   * `"deno"` if it was started with `--unstable-net` and no option needs another;
   * otherwise `"node"`.
   */
  backend?: UdpBackend | undefined;
  /**
   * Options of the socket by C's names, such as `{ SO_RCVBUF: 1 << 22 }`. On
   * `"posix"` they are set before it is bound, on the others right after. What
   * waits in the kernel may take 1 MiB on `"posix"`, as far as the system's limit
   * allows, and on the others what the system gives every socket.
   *
   * They need a program started with `--allow-ffi`.
   */
  socketOptions?: Partial<SocketOptions> | undefined;
}

/** Where to bind, and how. */
export interface BindUdpOptions extends UdpOptions {
  /**
   * A name or an IP address of this host. `"0.0.0.0"` stands for all IPv4
   * addresses, `"::"` for all of both families (on Windows not over `"deno"`).
   *
   * @default {"0.0.0.0"}
   */
  hostname?: string | undefined;
  /**
   * The port, 0 to 65535; 0 chooses a free one, see `UdpSocket.localAddr`.
   *
   * @default {0}
   */
  port?: number | undefined;
}
