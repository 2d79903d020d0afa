import { retrace } from "../../../internal/wait/mod.ts";
import type { Resolver } from "../../../resolve/mod.ts";
import type { Sockets } from "../../../sockets.ts";
import * as tcp from "../../../tcp/_seam.ts";
import * as tls from "../../../tls/_seam.ts";
import * as udp from "../../../udp/_seam.ts";
import * as unix from "../../../unix/_seam.ts";

/** What the functions of a host use, from one boot of the host to the next. */
export interface HostNetwork {
  readonly tcp: tcp.TcpNetwork;
  readonly tls: tls.TlsNetwork;
  readonly udp: udp.UdpNetwork;
  readonly unix: unix.UnixNetwork;
  readonly resolver: Resolver;
}

/** Makes what the functions of a host use, of its stacks and its resolver. */
export function hostNetwork(
  calls: tcp.TcpCalls,
  bind: udp.UdpBind,
  unixCalls: unix.UnixCalls,
  resolver: Resolver,
): HostNetwork {
  const ownUnix = unix.simulatedUnix(unixCalls);
  const ownTcp: tcp.TcpNetwork = tcp.simulatedTcp(calls, resolver, {
    connectUnix: (options) => unix.connectOver(ownUnix, options),
    startTls: (conn, options) =>
      tls.startOver({ backend: "node" }, conn, options),
  });
  return {
    tcp: ownTcp,
    tls: {
      connectTcp: (options) => tcp.connectOver(ownTcp, options),
      listenTcp: (options) => tcp.listenOver(ownTcp, options),
      backend: "node",
    },
    udp: udp.simulatedUdp(bind, resolver),
    unix: ownUnix,
    resolver,
  };
}

/**
 * Makes the functions of a host. `run` calls back with the network of the host as it is
 * booted now, in the host's scope; it throws if the host is down.
 */
export function hostSockets(
  run: <T>(call: (network: HostNetwork) => T) => T,
): Sockets {
  /** Calls on the host; the stack of an error shows the caller. */
  const on = async <T>(
    call: (network: HostNetwork) => Promise<T>,
  ): Promise<T> => {
    try {
      return await run(call);
    } catch (error) {
      throw retrace(error);
    }
  };
  return {
    connectTcp: (options) =>
      on(({ tcp: own }) => tcp.connectOver(own, options)),
    listenTcp: (options) => on(({ tcp: own }) => tcp.listenOver(own, options)),
    serveTcp: (options, handler) =>
      on(({ tcp: own }) => tcp.serveOver(own, options, handler)),
    connectTls: (options) =>
      on(({ tls: own }) => tls.connectOver(own, options)),
    listenTls: (options) => on(({ tls: own }) => tls.listenOver(own, options)),
    serveTls: (options, handler) =>
      on(({ tls: own }) => tls.serveOver(own, options, handler)),
    startTls: (conn, options) =>
      on(({ tls: own }) => tls.startOver(own, conn, options)),
    connectUnix: (options) =>
      on(({ unix: own }) => unix.connectOver(own, options)),
    listenUnix: (options) =>
      on(({ unix: own }) => unix.listenOver(own, options)),
    serveUnix: (options, handler) =>
      on(({ unix: own }) => unix.serveOver(own, options, handler)),
    bindUdp: (options) => on(({ udp: own }) => udp.bindOver(own, options)),
    connectUdp: (options) =>
      on(({ udp: own }) => udp.connectOver(own, options)),
    getAddrInfo: (...args) =>
      on(({ resolver }) => resolver.getAddrInfo(...args)),
    getNameInfo: (...args) =>
      on(({ resolver }) => resolver.getNameInfo(...args)),
    getHostByName: (...args) =>
      on(({ resolver }) => resolver.getHostByName(...args)),
    getHostByAddr: (...args) =>
      on(({ resolver }) => resolver.getHostByAddr(...args)),
    resolve: (...args) => on(({ resolver }) => resolver.resolve(...args)),
    lookupService: (...args) =>
      on(({ resolver }) => resolver.lookupService(...args)),
  };
}
