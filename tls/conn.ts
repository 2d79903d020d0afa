import type { Addr, NetAddr } from "../address/mod.ts";
import { StreamConn } from "../stream/mod.ts";
import type { Handshake, TlsBackend, TlsTransport } from "./_transport.ts";
import { PeerCertificate } from "./peer_certificate.ts";

/** What both ends have agreed on. */
export interface TlsHandshakeInfo {
  /** The application protocol that ALPN has chosen, or null. */
  alpnProtocol: string | null;
  /**
   * The version, such as `"TLSv1.3"`. Undefined over `"deno"`, which does not report it.
   */
  protocol: string | undefined;
  /**
   * On the client, the name or address that the server's certificate was verified for.
   * On the server, the name that the client asked for (SNI); undefined if it sent none,
   * and over `"deno"`, which does not report it.
   */
  serverName: string | undefined;
}

/**
 * A connection over TLS, made by {@linkcode connectTls} or accepted by a
 * {@linkcode TlsListener}. Its handshake is done. It passes wherever a
 * `Deno.TlsConn` does.
 *
 * {@linkcode StreamConn} has the methods that read, send, and close.
 * Its `closeWrite` sends close_notify. The end
 * of the stream is reported only after the peer's close_notify. If the stream below ends
 * without one, reads reject with a `TruncatedError` of code `ETLSTRUNCATED`, because an
 * attacker may have cut it; the bytes that came before can be read first.
 *
 * Under TLS 1.3 a client's handshake ends before the server has checked the client's
 * certificate. A refusal is then the error of the client's first read.
 *
 * @example Lines over TLS
 * ```ts
 * import { connectTls, listenTls } from "@berkeley/sockets/tls";
 * import { makeCertificate } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const { cert, key } = await makeCertificate(); // for localhost
 * const alpnProtocols = ["demo"];
 * using listener = await listenTls({
 *   hostname: "127.0.0.1",
 *   port: 0,
 *   ...{ cert, key, alpnProtocols },
 * });
 * const [client, server] = await Promise.all([
 *   connectTls({ ...listener.addr, caCerts: [cert], alpnProtocols }),
 *   listener.accept(),
 * ]);
 * assertEquals((await client.handshake()).alpnProtocol, "demo");
 * assertEquals(client.alpnProtocol, "demo");
 * assertEquals(client.serverName, "127.0.0.1");
 *
 * await client.send("hello\n");
 * assertEquals(await server.readLine(), "hello");
 * await client.closeWrite();
 * assertEquals(await server.readLine(), null);
 * client.close();
 * server.close();
 * ```
 */
export class TlsConn<A extends Addr = NetAddr> extends StreamConn<A> {
  readonly #transport: TlsTransport<A>;
  readonly #handshake: Handshake;
  #peerCertificate: PeerCertificate | undefined;

  /**
   * Not for users: `connectTls`, `startTls` and `TlsListener.accept` make connections.
   *
   * @ignore
   */
  constructor(
    transport: TlsTransport<A>,
    handshake: Handshake,
    options?: { highWaterMark?: number | undefined },
  ) {
    super(transport, options);
    this.#transport = transport;
    this.#handshake = handshake;
  }

  /** Which API encrypts. */
  override get backend(): TlsBackend {
    return this.#transport.backend;
  }

  /** The application protocol that ALPN has chosen, or null. */
  get alpnProtocol(): string | null {
    return this.#handshake.alpnProtocol;
  }

  /** The version of TLS; see {@linkcode TlsHandshakeInfo.protocol}. */
  get protocol(): string | undefined {
    return this.#handshake.protocol;
  }

  /** The server's name; see {@linkcode TlsHandshakeInfo.serverName}. */
  get serverName(): string | undefined {
    return this.#handshake.serverName;
  }

  /**
   * The certificate of the peer: of the server, or of a client that sent one. Undefined
   * if a client sent none, and over `"deno"`, which does not report it.
   * See the example of {@linkcode PeerCertificate}.
   */
  get peerCertificate(): PeerCertificate | undefined {
    const { peerCertificate: raw } = this.#handshake;
    return raw && (this.#peerCertificate ??= new PeerCertificate(raw));
  }

  /**
   * Resolves with what both ends have agreed on. The handshake was done before the
   * connection was handed out, so this does not wait.
   * See the example of {@linkcode TlsConn}.
   *
   * @throws {ClosedError} If the connection is closed.
   */
  handshake(): Promise<TlsHandshakeInfo> {
    if (this.isClosed) {
      return Promise.reject(this.errors.make("EBADF", "handshake"));
    }
    const { alpnProtocol, protocol, serverName } = this;
    return Promise.resolve({ alpnProtocol, protocol, serverName });
  }
}
