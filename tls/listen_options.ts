import type { ListenTcpOptions, TcpBackend } from "../tcp/mod.ts";
import type {
  CertificateKeyPair,
  ClientAuth,
  TlsBackend,
} from "./_transport.ts";

/** What a TLS server shows, and what it asks of clients. */
export interface TlsServerOptions {
  /**
   * The certificate in PEM, followed by those of intermediate authorities. Needs `key`.
   * Required, unless `certificates` is given. If omitted then, clients that ask for
   * another name, or for none, are refused.
   */
  cert?: string | undefined;
  /**
   * The private key in PEM, not encrypted. Needs `cert`. If omitted, there must be none.
   */
  key?: string | undefined;
  /**
   * Certificates for the names that clients ask for (SNI). A key is a host name, or
   * `"*."` and a host name for all names with one label more. Other clients get `cert`.
   * If omitted, all do.
   */
  certificates?: Readonly<Record<string, CertificateKeyPair>> | undefined;
  /**
   * The application protocols, the preferred first (ALPN, RFC 7301). A client that
   * offers others only is refused; one that offers none is not. If omitted, no protocol
   * is chosen.
   */
  alpnProtocols?: readonly string[] | undefined;
  /**
   * Whether clients are asked for a certificate, and those without one refused. A
   * certificate that `caCerts` does not vouch for is refused in both cases.
   *
   * @default {"none"}
   */
  clientAuth?: ClientAuth | undefined;
  /**
   * Certificates in PEM of the authorities of clients, each string one or more.
   * Required for `clientAuth`, and otherwise omitted: the runtime's own authorities
   * vouch for no client.
   */
  caCerts?: readonly string[] | undefined;
}

/** Where to listen, and how. */
export interface ListenTlsOptions
  extends Omit<ListenTcpOptions, "backend">, TlsServerOptions {
  /**
   * The longest handshake in milliseconds, from C's accept on; 0 for no limit.
   *
   * @default {10000}
   */
  handshakeTimeout?: number | undefined;
  /**
   * The most connections that have not been accepted by the program: those in their
   * handshake, and those after it. Further clients wait in the kernel's queue.
   *
   * @default {1024}
   */
  maxHandshakes?: number | undefined;
  /**
   * Called with the error of each handshake that failed, which names the client's
   * address. If omitted, such errors are dropped; they never end `accept`.
   */
  onError?: ((error: unknown) => void) | undefined;
  /**
   * Which API encrypts. `"deno"` is about twice as fast for bulk data, but leaves a
   * handshake that ran out of time to the client to end, unless the program has
   * `--allow-ffi`: who opens connections and stays silent then keeps descriptors of the
   * server. The table of the module has all differences.
   *
   * @default {"node"}
   */
  backend?: TlsBackend | undefined;
  /**
   * Which API carries the TCP connections below. Defaults to the one that `listenTcp`
   * chooses for the options.
   */
  tcpBackend?: TcpBackend | undefined;
}
