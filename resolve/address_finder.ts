import type { WaitOptions } from "../wait/mod.ts";

/**
 * Who finds the addresses of a host for a socket: a `Resolver` is one, and so is
 * any object of your own with such a method.
 */
export interface AddressFinder {
  /**
   * Resolves a host and a port to socket addresses, the best first; `hints` are
   * those of `getAddrInfo`. Rejects with an `AddrInfoError` where there are none.
   */
  getAddrInfo(
    node: string | null,
    service: string | number | null,
    hints?:
      & { family?: number; socktype?: number; flags?: number }
      & WaitOptions,
  ): Promise<
    readonly { readonly address: { hostname: string; port: number } }[]
  >;
}
