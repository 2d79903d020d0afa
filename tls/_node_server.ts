import { X509Certificate } from "node:crypto";
import tls, { type SecureContext, TLSSocket } from "node:tls";
import { isDeno } from "../internal/runtime/mod.ts";
import type { StreamConn } from "../stream/mod.ts";
import { type ClientHello, ClientHelloReader } from "./_client_hello.ts";
import { versionOf } from "./_der.ts";
import { explain, refusal, systemNow } from "./_explain.ts";
import { SECURE_OPTIONS, sessionOf } from "./_node_session.ts";
import { NodeTlsStream } from "./_node_stream.ts";
import { takePlainConn } from "./_take_plain_conn.ts";
import type {
  CertificateKeyPair,
  ServerSettings,
  TlsTransport,
} from "./_transport.ts";
import { clientsOf } from "./_verified_clients.ts";

/** An alert of level fatal, unrecognized_name (RFC 6066, section 3). */
const UNRECOGNIZED_NAME = Uint8Array.of(21, 3, 3, 0, 2, 2, 112);

/** Starts TLS over a connection, as its server. */
export function wrapServerNode(
  conn: StreamConn,
  settings: ServerSettings,
): Promise<TlsTransport> {
  try {
    const { certificate } = settings;
    if (certificate !== undefined) contextOf(settings, certificate);
    const stream = new NodeTlsStream(takePlainConn(conn));
    const start = certificate !== undefined
      ? Promise.resolve(accept(stream, settings, certificate, [], undefined))
      : choose(stream, settings);
    start.catch((error) => stream.refuse(error));
    return Promise.resolve(stream);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Asks for the certificate that the client wants, and starts. */
async function choose(
  stream: NodeTlsStream,
  settings: ServerSettings,
): Promise<void> {
  const { hello, received } = await readHello(stream);
  const { serverName } = hello;
  const certificate = await settings.certificateFor(serverName);
  if (certificate === undefined) {
    stream.duplex.mute(UNRECOGNIZED_NAME);
    throw Object.assign(
      new Error(`there is no certificate for ${serverName ?? "no name"}`),
      { code: "ECERTNAME" },
    );
  }
  accept(stream, settings, certificate, received, serverName);
}

async function readHello(
  stream: NodeTlsStream,
): Promise<{ hello: ClientHello; received: readonly Uint8Array[] }> {
  const reader = new ClientHelloReader();
  for (;;) {
    const bytes = await stream.readFirst();
    try {
      const hello = reader.push(bytes);
      if (hello !== undefined) return { hello, received: reader.received };
    } catch (error) {
      const code = "EPROTO";
      throw Object.assign(error as Error, { code });
    }
  }
}

function accept(
  stream: NodeTlsStream,
  settings: ServerSettings,
  certificate: CertificateKeyPair,
  received: readonly Uint8Array[],
  serverName: string | undefined,
): void {
  const { alpnProtocols, clientAuth } = settings;
  const socket: VerifyingSocket = new TLSSocket(stream.duplex, {
    isServer: true,
    secureContext: contextOf(settings, certificate),
    requestCert: clientAuth !== "none",
    rejectUnauthorized: clientAuth === "require",
    ...(alpnProtocols?.length ? { ALPNProtocols: [...alpnProtocols] } : {}),
  });
  stream.attach(socket);
  socket.once("secure", () => {
    try {
      const peer = check(socket, settings);
      const name = serverName ?? nameOf(socket);
      stream.secured(sessionOf(socket, name, peer), false);
    } catch (error) { // if malformed, without a code
      const { code = "ECERTINVALID" } = error as { code?: unknown };
      stream.refuse(Object.assign(error as Error, { code }));
    }
  });
  stream.start(received);
}

/**
 * A socket of Node, which tells why a certificate was refused. A `tls.Server` would
 * report it by `authorized`, but only once it has destroyed the socket, so that no caller
 * could see whether the certificate had expired.
 */
interface VerifyingSocket extends TLSSocket {
  readonly ssl?: { verifyError?(): string | Error | null };
}

/**
 * Returns the certificate of the client, if it sent one.
 *
 * @throws If the client is not accepted, or if its chain cannot be decoded.
 */
function check(
  socket: VerifyingSocket,
  { clientAuth, caCerts = [] }: ServerSettings,
): Uint8Array<ArrayBuffer> | undefined {
  if (clientAuth === "none") return undefined;
  const raw = socket.getPeerX509Certificate()?.raw;
  if (raw !== undefined) {
    const peer = new Uint8Array(raw);
    checkPeer(socket, caCerts, peer);
    return peer;
  }
  if (clientAuth === "request") return undefined;
  throw refusal("ETLSCLIENTCERT", "the client sent no certificate");
}

function checkPeer(
  socket: VerifyingSocket,
  caCerts: readonly string[],
  peer: Uint8Array,
): void {
  const code = codeOfRefusal(socket);
  if (code !== undefined) throw explain(peer, code, "client");
  // node:tls of Deno 2.9.6 does not check the signature of such a client.
  if (versionOf(peer) !== 3) throw explain(peer, "ECERTINVALID", "client");
  const { fingerprint256, validToDate } = new X509Certificate(peer);
  // Deno shares the keys of session tickets among all servers of the program, and
  // does not verify the certificate of a session that is resumed.
  const clients = clientsOf(caCerts);
  if (!socket.isSessionReused()) clients.add(fingerprint256);
  else if (
    !clients.has(fingerprint256) || validToDate.getTime() < systemNow()
  ) {
    throw explain(peer, "ECERTISSUER", "client");
  }
}

/** Returns the code for which `node:tls` refuses the certificate, or undefined. */
function codeOfRefusal({ ssl }: VerifyingSocket): string | undefined {
  if (ssl?.verifyError === undefined) return "ECERTINVALID";
  const refused = ssl.verifyError(); // in Node an error
  return refused
    ? String((refused as { code?: string }).code ?? refused)
    : undefined;
}

/** The name that the client asked for; types of Node do not have it. */
function nameOf(socket: TLSSocket): string | undefined {
  const { servername } = socket as { servername?: string | false | null };
  return servername || undefined;
}

/**
 * The option by which OpenSSL knows the sessions of a context. Without one it fails the
 * handshake of a client that resumes a session in which it was asked for a certificate.
 */
function sessionsOfItsOwn(): { sessionIdContext?: string } {
  if (isDeno) return {};
  return { sessionIdContext: crypto.randomUUID().replaceAll("-", "") };
}

type Contexts = WeakMap<CertificateKeyPair, SecureContext>;

/** The contexts of certificates: making one takes longer than most of a handshake. */
const caches = new WeakMap<ServerSettings, Contexts>();

function contextOf(
  settings: ServerSettings,
  certificate: CertificateKeyPair,
): SecureContext {
  let contexts = caches.get(settings);
  if (contexts === undefined) caches.set(settings, contexts = new WeakMap());
  let context = contexts.get(certificate);
  if (context === undefined) {
    const { cert, key } = certificate;
    const ca = settings.clientAuth === "none" ? undefined : settings.caCerts;
    context = tls.createSecureContext({
      ...SECURE_OPTIONS,
      ...sessionsOfItsOwn(),
      cert,
      key,
      ...(ca && { ca: [...ca] }),
    });
    contexts.set(certificate, context);
  }
  return context;
}
