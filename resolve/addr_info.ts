import type { SocketAddress } from "../address/mod.ts";
import type { WaitOptions } from "../internal/wait/mod.ts";

/** What to create a socket with and where to connect or bind it: C's `struct addrinfo`. */
export interface AddrInfo {
  /** `AF_INET` or `AF_INET6`. */
  readonly family: number;
  /** `SOCK_STREAM`, `SOCK_DGRAM` or another type. */
  readonly socktype: number;
  /** `IPPROTO_TCP`, `IPPROTO_UDP` or another protocol. */
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
   * `SOCK_STREAM`, `SOCK_DGRAM`, …, or 0 for one result of each common type.
   *
   * @default {0}
   */
  readonly socktype?: number;
  /**
   * `IPPROTO_TCP`, `IPPROTO_UDP`, …, or 0 for any that fits the type.
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
