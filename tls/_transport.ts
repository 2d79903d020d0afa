/**
 * The seam below TLS connections and listeners: what an API that encrypts must
 * provide. `_backends.ts` says what each one can do.
 *
 * Transports report failures as the API has them; the table in `errors/` knows them.
 */
import type { Addr, NetAddr } from "../address/mod.ts";
import type { StreamConn } from "../stream/mod.ts";
import type { StreamTransport } from "../stream/_seam.ts";

/** Which API encrypts: `Deno.startTls` and `Deno.listenTls`, or `node:tls`. */
export type TlsBackend = "deno" | "node";

/** What is known of a session once its handshake has ended. */
export interface Handshake {
  /** The protocol that ALPN has chosen, or null. */
  readonly alpnProtocol: string | null;
  /** The version of TLS, such as `"TLSv1.3"`, if the API tells it. */
  readonly protocol?: string | undefined;
  /**
   * The name that the client asked for (SNI). On the client the name that it
   * verified; on the server undefined if the API does not tell it.
   */
  readonly serverName?: string | undefined;
  /** The peer's certificate in DER, if it sent one and the API tells it. */
  readonly peerCertificate?: Uint8Array<ArrayBuffer> | undefined;
}

/** One TLS connection as an API has it. */
export interface TlsTransport<A extends Addr = Addr>
  extends StreamTransport<A> {
  readonly backend: TlsBackend;
  /**
   * Resolves when the handshake has ended; rejects with the error of the API if it
   * fails. A second call returns the result of the first. `close` rejects it.
   */
  handshake(): Promise<Handshake>;
  /**
   * Reads decrypted bytes; null only after close_notify. If the stream below ends
   * without one, rejects with an error that means ETLSTRUNCATED.
   */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Sends close_notify, and ends the writing half below. */
  closeWrite(): Promise<void>;
}

/** A certificate and its key, both in PEM. */
export interface CertificateKeyPair {
  /** The certificate, followed by those of its intermediate issuers, in PEM. */
  readonly cert: string;
  /** The private key in PEM. */
  readonly key: string;
}

/** What a client starts TLS with. All of it is checked. */
export interface ClientSettings {
  /** The name, or the IP address, that the server's certificate must have; also SNI. */
  readonly serverName: string;
  /** Certificates in PEM that are trusted beside the default ones. */
  readonly caCerts?: readonly string[] | undefined;
  /** The certificate of the client. */
  readonly certificate?: CertificateKeyPair | undefined;
  /** The protocols for ALPN, the preferred first. */
  readonly alpnProtocols?: readonly string[] | undefined;
  /** Accepts a certificate of another name. */
  readonly unsafelyDisableHostnameVerification?: boolean | undefined;
}

/** What a server does about certificates of clients. */
export type ClientAuth = "none" | "request" | "require";

/** What a server starts TLS with. All of it is checked. */
export interface ServerSettings {
  /**
   * Returns the certificate for a client that asked for this name, or for none.
   * Undefined refuses the handshake with the alert unrecognized_name. It is called
   * for each handshake, so what it returns may change.
   */
  certificateFor(
    serverName: string | undefined,
  ):
    | CertificateKeyPair
    | undefined
    | Promise<CertificateKeyPair | undefined>;
  /** The only certificate, if it depends on no name and never changes. */
  readonly certificate?: CertificateKeyPair | undefined;
  /** The protocols for ALPN, the preferred first. */
  readonly alpnProtocols?: readonly string[] | undefined;
  /** Whether clients are asked for a certificate. */
  readonly clientAuth: ClientAuth;
  /** Certificates in PEM that issue those of clients. */
  readonly caCerts?: readonly string[] | undefined;
}

/**
 * Starts TLS over a connection, as its client. The transport owns the connection
 * from then on, and closes it. The handshake begins at once.
 *
 * It throws before it has taken anything of the connection, or not at all: the
 * failure of a handshake is that of `handshake()`.
 */
export type WrapClient = (
  conn: StreamConn,
  settings: ClientSettings,
) => Promise<TlsTransport>;

/** Starts TLS over a connection, as its server; else as {@linkcode WrapClient}. */
export type WrapServer = (
  conn: StreamConn,
  settings: ServerSettings,
) => Promise<TlsTransport>;

/** Where an API that listens by itself does so. */
export interface ListenTarget {
  /** An IP address, or a name for the runtime to look up. */
  readonly hostname: string;
  /** The port; 0 for a free one. */
  readonly port: number;
  /** How many connections the kernel keeps for accept. */
  readonly backlog?: number | undefined;
  /** SO_REUSEPORT. */
  readonly reusePort?: boolean | undefined;
}

/** A connection that was accepted, before TLS has begun. */
export interface Accepted {
  /** The address of the client. */
  readonly remoteAddr: NetAddr;
  /** Begins the handshake. */
  start(): Promise<TlsTransport<NetAddr>>;
  /** Closes the connection, if TLS has not begun. */
  close(): void;
}

/** A listener whose connections have yet to shake hands. */
export interface TlsAcceptor {
  /** Where it listens. */
  readonly addr: NetAddr;
  /** The next connection, without waiting for its handshake. */
  accept(): Promise<Accepted>;
  /** Ends the listener and what is pending on it; resolves when the address is free. */
  close(): Promise<void>;
  /** Lets a pending accept keep the program alive. */
  ref(): void;
  /** Lets the program end while an accept is pending. */
  unref(): void;
}

/** Listens by an API that accepts and encrypts in one. */
export type ListenRaw = (
  target: ListenTarget,
  settings: ServerSettings,
) => Promise<TlsAcceptor>;
