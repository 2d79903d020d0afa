import type { WaitOptions } from "../internal/wait/mod.ts";
import type { ServiceQuery } from "./name_info.ts";
import type { SrvRecord } from "./records.ts";

/**
 * Who finds the addresses of a host for a socket: a `Resolver` is one, and so is
 * any object of your own with such a method.
 *
 * @example One that sends everybody home
 * ```ts
 * import { type AddressFinder, Resolver } from "@berkeley/sockets/resolve";
 * import { assertEquals } from "@std/assert";
 *
 * const home: AddressFinder = {
 *   getAddrInfo: (_node, service, hints) =>
 *     new Resolver().getAddrInfo("127.0.0.1", service, hints),
 * };
 *
 * const [first] = await home.getAddrInfo("example.com", "http", {});
 * assertEquals(String(first!.address), "127.0.0.1:80");
 * ```
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
  /**
   * Finds where a domain offers a service, as {@linkcode lookupService} does. Only
   * connecting to a `service` needs it.
   */
  lookupService?(
    query: ServiceQuery,
    options?: WaitOptions,
  ): Promise<readonly SrvRecord[]>;
}
