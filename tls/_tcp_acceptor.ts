import type { NetAddr } from "../address/mod.ts";
import type { TcpListener } from "../tcp/mod.ts";
import type {
  ServerSettings,
  TlsAcceptor,
  TlsTransport,
  WrapServer,
} from "./_transport.ts";

/** Accepts connections of TCP, to start TLS on as the server. */
export function acceptOverTcp(
  listener: TcpListener,
  wrapServer: WrapServer,
  settings: ServerSettings,
): TlsAcceptor {
  return {
    addr: listener.addr,
    accept: async () => {
      const conn = await listener.accept();
      return {
        remoteAddr: conn.remoteAddr,
        start: () =>
          wrapServer(conn, settings) as Promise<TlsTransport<NetAddr>>,
        close: () => conn.close(),
      };
    },
    close: () => listener[Symbol.asyncDispose](),
    ref: () => listener.ref(),
    unref: () => listener.unref(),
  };
}
