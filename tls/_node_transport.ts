import { X509Certificate } from "node:crypto";
import tls, { type SecureContext, type TLSSocket } from "node:tls";
import { isIpAddress } from "../address/mod.ts";
import type { StreamConn } from "../stream/mod.ts";
import { NodeTlsStream } from "./_node_stream.ts";
import { explain } from "./_explain.ts";
import { checkChain, checkName } from "./_server_identity.ts";
import { takePlainConn } from "./_take_plain_conn.ts";
import { SECURE_OPTIONS, sessionOf } from "./_node_session.ts";
import { splitPem } from "./_split_pem.ts";
import type { ClientSettings, TlsTransport } from "./_transport.ts";

/** The legacy object that `node:tls` makes of a certificate and its issuers. */
interface Certificate {
  readonly raw?: Uint8Array;
  readonly issuerCertificate?: Certificate;
}

/** The alert that tells a server why its certificate is refused; UNKNOWN_CA otherwise. */
const ALERTS: Readonly<Record<string, number>> = {
  ECERTNAME: 42, // bad_certificate
  ECERTINVALID: 42,
  ECERTPURPOSE: 43, // unsupported_certificate
  ECERTEXPIRED: 45, // certificate_expired
  ECERTNOTYETVALID: 45,
};
const UNKNOWN_CA = 48;

export { wrapServerNode } from "./_node_server.ts";

/** Starts TLS over a connection, as its client. */
export function wrapClientNode(
  conn: StreamConn,
  settings: ClientSettings,
): Promise<TlsTransport> {
  try {
    const secureContext = contextOf(settings);
    const caCerts = (settings.caCerts ?? []).flatMap(splitPem)
      .map((pem) => new X509Certificate(pem));
    const stream = new NodeTlsStream(takePlainConn(conn));
    connect(stream, settings, secureContext, caCerts);
    return Promise.resolve(stream);
  } catch (error) {
    return Promise.reject(error);
  }
}

function connect(
  stream: NodeTlsStream,
  settings: ClientSettings,
  secureContext: SecureContext,
  caCerts: readonly X509Certificate[],
): void {
  const { serverName, alpnProtocols } = settings;
  const socket: TLSSocket = tls.connect({
    socket: stream.duplex,
    secureContext,
    host: serverName,
    ...(isIpAddress(serverName) ? {} : { servername: serverName }),
    ...(alpnProtocols?.length ? { ALPNProtocols: [...alpnProtocols] } : {}),
    // The certificate is verified all the same, and the handler of secureConnect
    // refuses it. It is then known, so that the error can say what is wrong with it.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  });
  stream.attach(socket);
  // In this event this side has sent nothing but its ClientHello yet.
  socket.once("secureConnect", () => {
    let raw: Uint8Array<ArrayBuffer>;
    try {
      raw = check(socket, settings, caCerts);
    } catch (error) {
      return refuse(stream, socket, error as Error);
    }
    const session = sessionOf(socket, serverName, raw);
    stream.secured(session, session.protocol === "TLSv1.3");
  });
  stream.start();
}

/** Refuses the certificate of the server. */
function refuse(stream: NodeTlsStream, socket: TLSSocket, error: Error): void {
  const code = (error as { code?: unknown }).code ?? "ECERTINVALID"; // malformed
  // Finished would make the server take the session for good. The alert in its place
  // may be in plain text in TLS 1.3.
  const isPlain = socket.getProtocol() === "TLSv1.3";
  stream.duplex.mute(isPlain ? alertFor(String(code)) : undefined);
  stream.refuse(Object.assign(error, { code }));
}

/**
 * Returns the certificate of the server.
 *
 * @throws If it cannot be accepted, or if one of its chain cannot be decoded.
 */
function check(
  socket: TLSSocket,
  { serverName, unsafelyDisableHostnameVerification }: ClientSettings,
  caCerts: readonly X509Certificate[],
): Uint8Array<ArrayBuffer> {
  const chain = chainOf(socket.getPeerCertificate(true));
  const [leaf] = chain;
  if (socket.authorized !== true || leaf === undefined) {
    throw explain(leaf, String(socket.authorizationError), "server");
  }
  // A session that resumes one whose certificate was refused must not get in.
  if (socket.isSessionReused()) throw explain(leaf, "ECERTINVALID", "server");
  checkChain(chain, caCerts);
  if (unsafelyDisableHostnameVerification !== true) checkName(serverName, leaf);
  return new Uint8Array(leaf);
}

/** The alert for a code, of level fatal, in plain text (RFC 8446, section 6). */
function alertFor(code: string): Uint8Array {
  return Uint8Array.of(21, 3, 3, 0, 2, 2, ALERTS[code] ?? UNKNOWN_CA);
}

/** The certificates that the peer sent, its own first. */
function chainOf(peer: Certificate | undefined): Uint8Array[] {
  const seen = new Set<Certificate>();
  const chain: Uint8Array[] = [];
  for (
    let certificate = peer;
    certificate?.raw !== undefined && !seen.has(certificate);
    certificate = certificate.issuerCertificate
  ) {
    seen.add(certificate);
    chain.push(certificate.raw);
  }
  return chain;
}

/**
 * A context that trusts `caCerts` beside the default roots; `ca` would replace them.
 *
 * All clients that trust nothing else share a verifier in Deno 2.9, and with it the
 * sessions of others, whose certificates nobody may have accepted. A text without a
 * certificate makes a verifier of its own.
 */
function contextOf({ caCerts, certificate }: ClientSettings): SecureContext {
  const context = tls.createSecureContext({
    ...SECURE_OPTIONS,
    ...(certificate && { cert: certificate.cert, key: certificate.key }),
  });
  for (const cert of caCerts?.length ? caCerts : ["\n"]) {
    context.context.addCACert(cert);
  }
  return context;
}
