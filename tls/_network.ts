import {
  connectTcp,
  type ConnectTcpOptions,
  listenTcp,
  type ListenTcpOptions,
  type TcpConn,
  type TcpListener,
} from "../tcp/mod.ts";
import type { TlsBackend } from "./_transport.ts";

/** The TCP below TLS: of this host, or of one in a simulated network. */
export interface TlsNetwork {
  /** Connects. */
  connectTcp(options: ConnectTcpOptions): Promise<TcpConn>;
  /** Listens. */
  listenTcp(options: ListenTcpOptions): Promise<TcpListener>;
  /** The API that encrypts, whatever `backend` the caller chose; defaults to that one. */
  readonly backend?: TlsBackend;
}

/** The TCP of this host. */
export const HERE: TlsNetwork = { connectTcp, listenTcp };
