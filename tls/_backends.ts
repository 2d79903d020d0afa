import { hasUnstableNet, isDeno, loadOnce } from "../internal/runtime/mod.ts";
import type { TcpBackend } from "../tcp/mod.ts";
import { listenDeno, wrapClientDeno } from "./_deno_transport.ts";
import type {
  CertificateKeyPair,
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
  /** Refuses a key that does not belong to its certificate, before it is used. */
  checkPair?(pair: CertificateKeyPair): void;
}

/** What a backend can do. */
export interface Backend {
  /** Whether this runtime has it. */
  readonly isHere: boolean;
  /** Which TCP connections it encrypts. */
  readonly overTcp: readonly TcpBackend[];
  /** Whether it encrypts connections of every kind, those of TCP included. */
  readonly anyConn: boolean;
  /** Whether a client can send a certificate. */
  readonly clientCertificate: boolean;
  /** Whether a server can ask clients for certificates. */
  readonly clientAuth: boolean;
  /** Whether a server can change or choose its certificate while it listens. */
  readonly certificateFor: boolean;
  /** Whether several listeners can share a port. */
  readonly reusePort: boolean;
  /** Whether listeners take IPV6_V6ONLY. */
  readonly ipv6Only: boolean;
  /** Whether accepted connections take `noDelay` and `keepAlive`. */
  readonly acceptedOptions: boolean;
  /** Whether it reports the peer's certificate. */
  readonly peerCertificate: boolean;
  /** Whether it reports the version of TLS, and to servers the requested name. */
  readonly sessionDetails: boolean;
  /** Loads it. `node:tls` takes longer to load than all of this package. */
  load(): Promise<Calls>;
}

const DENO: Calls = { wrapClient: wrapClientDeno, listen: listenDeno };

/** What each backend can do. */
export const BACKENDS: Readonly<Record<TlsBackend, Backend>> = {
  deno: {
    isHere: isDeno,
    overTcp: ["deno"],
    anyConn: false,
    clientCertificate: false,
    clientAuth: false,
    certificateFor: false,
    get reusePort() {
      // Without --unstable-net the runtime ends the process over it.
      return hasUnstableNet();
    },
    ipv6Only: false,
    acceptedOptions: false,
    peerCertificate: false,
    sessionDetails: false,
    load: () => Promise.resolve(DENO),
  },
  node: {
    isHere: true,
    overTcp: ["deno", "node", "posix"],
    anyConn: true,
    clientCertificate: true,
    clientAuth: true,
    certificateFor: true,
    reusePort: true,
    ipv6Only: true,
    acceptedOptions: true,
    peerCertificate: true,
    sessionDetails: true,
    load: loadOnce(async () => {
      const [
        { wrapClientNode: wrapClient, wrapServerNode: wrapServer },
        { checkPair },
      ] = await Promise.all([
        import("./_node_transport.ts"),
        import("./_check_pair.ts"),
      ]);
      return { wrapClient, wrapServer, checkPair };
    }),
  },
};

/** The names of all backends. */
export const BACKEND_NAMES = Object.keys(BACKENDS) as readonly TlsBackend[];
