import type { SocketAddress } from "../address/mod.ts";
import type { WaitOptions } from "../internal/wait/mod.ts";

/** What to create a socket with and where to connect or bind it: C's `struct addrinfo`. */
export interface AddrInfo {
  /** `AF_INET` or `AF_INET6`. */
  readonly family: number;
  /** `SOCK_STREAM`, `SOCK_DGRAM` or `SOCK_RAW`. */
  readonly socktype: number;
  /** `IPPROTO_TCP`, `IPPROTO_UDP`, or the protocol of a raw socket. */
  readonly protocol: number;
  /** The address, with the service's port. */
  readonly address: SocketAddress;
  /** The canonical name: in the first result alone, and only with `AI_CANONNAME`. */
  readonly canonname?: string;
}

/** What results are wanted, and for how long: C's hints of getaddrinfo. */
export interface AddrInfoHints extends WaitOptions {
  /**
   * `AF_INET`, `AF_INET6`, or `AF_UNSPEC` for both.
   *
   * @default {AF_UNSPEC}
   */
  readonly family?: number;
  /**
   * `SOCK_STREAM`, `SOCK_DGRAM` or `SOCK_RAW`, or 0 for one result of each.
   *
   * @default {0}
   */
  readonly socktype?: number;
  /**
   * `IPPROTO_TCP` for `SOCK_STREAM`, `IPPROTO_UDP` for `SOCK_DGRAM`, any for
   * `SOCK_RAW`, or 0 for the one that fits the type. Other pairs, such as those of
   * SCTP, fail with `EAI_SOCKTYPE`.
   *
   * @default {0}
   */
  readonly protocol?: number;
  /**
   * AI_* flags, or-ed together.
   *
   * @default {0}
   */
  readonly flags?: number;
}
