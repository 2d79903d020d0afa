import type {
  ListenRaw,
  TlsBackend,
  WrapClient,
  WrapServer,
} from "./_transport.ts";

/** The functions of a backend, once it is loaded. */
export interface Calls {
  /** Starts TLS as the client of a connection. */
  wrapClient: WrapClient;
  /** Starts TLS as the server of a connection, where the API can. */
  wrapServer?: WrapServer;
  /** Listens by itself; without it, `listenTcp` listens and `wrapServer` encrypts. */
  listen?: ListenRaw;
}

/** What a backend can do. */
export interface Backend {
  /** Whether it encrypts any connection, not only one that `Deno` made. */
  readonly anyConn: boolean;
  /** Whether a client can send a certificate. */
  readonly clientCertificate: boolean;
  /** Whether a server can ask clients for certificates. */
  readonly clientAuth: boolean;
  /** Whether a server can change or choose its certificate while it listens. */
  readonly certificateFor: boolean;
  /** Whether it tells the peer's certificate. */
  readonly peerCertificate: boolean;
  /** Whether it tells the version of TLS, and servers the name that was asked for. */
  readonly sessionDetails: boolean;
  /** Whether accepted connections take `noDelay: false` and `keepAlive`. */
  readonly acceptedOptions: boolean;
}

/** What each backend can do. */
export const BACKENDS: Readonly<Record<TlsBackend, Backend>> = {
  deno: {
    anyConn: false,
    clientCertificate: false,
    clientAuth: false,
    certificateFor: false,
    peerCertificate: false,
    sessionDetails: false,
    acceptedOptions: false,
  },
  node: {
    anyConn: true,
    clientCertificate: true,
    clientAuth: true,
    certificateFor: true,
    peerCertificate: true,
    sessionDetails: true,
    acceptedOptions: true,
  },
};

/** The names of all backends. */
export const BACKEND_NAMES = Object.keys(BACKENDS) as readonly TlsBackend[];
