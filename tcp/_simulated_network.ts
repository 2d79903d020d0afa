import type { AddressFinder } from "../resolve/mod.ts";
import type { Backend } from "./_backends.ts";
import type { TcpNetwork } from "./_network.ts";
import * as proxied from "./_proxied.ts";
import type { TcpCalls } from "./_transport.ts";

/**
 * Makes the TCP of a simulated host, which carries every connection whatever `backend`
 * the caller chose. It has all features but options of C.
 */
export function simulatedTcp(
  calls: TcpCalls,
  resolver: AddressFinder,
  ways?: proxied.OtherWays,
): TcpNetwork {
  const loaded = Promise.resolve<TcpCalls>({
    connect: (target, signal) => calls.connect(target, signal),
    listen: (target) => calls.listen(target),
  });
  const backend: Backend = {
    name: "simulated",
    localAddress: true,
    idleTime: true,
    reusePort: true,
    ipv6Only: true,
    load: () => loaded,
  };
  const loadedProxied = Promise.resolve(proxied);
  return {
    resolver,
    toConnect: () => backend,
    toListen: () => backend,
    loadProxied: () => loadedProxied,
    ...(ways && { ways }),
  };
}
