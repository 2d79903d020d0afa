import type { NetAddr } from "../address/mod.ts";
import { StreamListener } from "../stream/mod.ts";
import { type Backend, BACKENDS } from "./_backends.ts";
import { unsupported } from "./_choose_backend.ts";
import type { TlsListenerParts } from "./_listener_parts.ts";
import { requirePair } from "./_pem.ts";
import type {
  CertificateKeyPair,
  TlsBackend,
  TlsTransport,
} from "./_transport.ts";
import { TlsConn } from "./conn.ts";

/**
 * A listening TCP socket whose connections are over TLS, made by
 * {@linkcode listenTls}. `accept` resolves with connections whose handshake is done.
 *
 * {@linkcode StreamListener} has the methods that accept and close.
 *
 * @example A connection that was accepted
 * ```ts
 * import { connectTls, listenTls } from "@berkeley/sockets/tls";
 * import { makeCertificate } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const { cert, key } = await makeCertificate(); // for localhost
 * using listener = await listenTls({
 *   ...{ hostname: "127.0.0.1", port: 0, cert, key },
 * });
 * const [client, server] = await Promise.all([
 *   connectTls({ ...listener.addr, caCerts: [cert] }),
 *   listener.accept({ timeout: 5000 }),
 * ]);
 * assertEquals(server.remoteAddr.port, client.localAddr.port);
 * client.close();
 * server.close();
 * ```
 */
export class TlsListener extends StreamListener<NetAddr, TlsConn> {
  readonly #parts: TlsListenerParts;

  /**
   * Not for users: `listenTls` makes listeners.
   *
   * @ignore
   */
  constructor(parts: TlsListenerParts) {
    const { transport, highWaterMark } = parts;
    super(
      transport,
      (accepted) =>
        new TlsConn(
          accepted as TlsTransport<NetAddr>,
          transport.handshakeOf(accepted),
          { highWaterMark },
        ),
    );
    this.#parts = parts;
  }

  /** Which API encrypts. */
  override get backend(): TlsBackend {
    return this.#parts.transport.backend;
  }

  /**
   * Changes the certificate that clients get, or the one for clients that ask for `name`.
   * Handshakes that begin later use it; connections that exist go on.
   *
   * @throws {TypeError} If the certificate or the key is not in PEM, or the key does not
   * belong to the certificate.
   * @throws {NotSupportedError} Over `"deno"`.
   * @throws {ClosedError} If the listener is closed.
   *
   * @example A new certificate, without a restart
   * ```ts
   * import { connectTls, serveTls } from "@berkeley/sockets/tls";
   * import { makeCertificate } from "@berkeley/sockets/testing";
   * import { assertEquals } from "@std/assert";
   *
   * const [first, second] = [await makeCertificate(), await makeCertificate()];
   * await using server = await serveTls(
   *   { hostname: "127.0.0.1", port: 0, cert: first.cert, key: first.key },
   *   (conn) => conn.send("hi\n"),
   * );
   * server.setCertificate(second);
   *
   * using conn = await connectTls({ ...server.addr, caCerts: [second.cert] });
   * assertEquals(await conn.readLine(), "hi");
   * ```
   */
  setCertificate(
    certificate: CertificateKeyPair,
    name?: string,
  ): void {
    if (this.isClosed) {
      throw this.closedError("set the certificate", "handshake");
    }
    const { certificates, calls } = this.#parts;
    const can: Backend = BACKENDS[this.backend];
    if (!can.certificateFor) {
      throw unsupported("certificateFor", this.backend, "set the certificate");
    }
    const pair = requirePair(certificate);
    calls.checkPair?.(pair);
    certificates.set(pair, name);
  }
}
