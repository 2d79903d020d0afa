import { X509Certificate } from "node:crypto";
import tls, { type SecureContext, TLSSocket } from "node:tls";
import type { StreamConn } from "../stream/mod.ts";
import { type ClientHello, ClientHelloReader } from "./_client_hello.ts";
import { versionOf } from "./_der.ts";
import { sessionOf } from "./_node_session.ts";
import { NodeTlsStream } from "./_node_stream.ts";
import { takePlainConn } from "./_take_plain_conn.ts";
import type {
  CertificateKeyPair,
  ServerSettings,
  TlsTransport,
} from "./_transport.ts";
import { VerifiedClients } from "./_verified_clients.ts";

/** An alert of level fatal, unrecognized_name (RFC 6066, section 3). */
const UNRECOGNIZED_NAME = Uint8Array.of(21, 3, 3, 0, 2, 2, 112);

/** The contexts of certificates: making one takes longer than most of a handshake. */
const contexts = new WeakMap<CertificateKeyPair, SecureContext>();
/** Which clients were verified in full, for the settings that did it. */
const verified = new WeakMap<ServerSettings, VerifiedClients>();

/** Starts TLS over a connection, as its server. */
export function wrapServerNode(
  conn: StreamConn,
  settings: ServerSettings,
): Promise<TlsTransport> {
  try {
    const { certificate } = settings;
    if (certificate !== undefined) contextOf(certificate);
    const stream = new NodeTlsStream(takePlainConn(conn));
    const start = certificate !== undefined
      ? Promise.resolve(accept(stream, settings, certificate, [], undefined))
      : choose(stream, settings);
    start.catch((error) => stream.fail(error));
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
  if (settings.clientAuth === "none") {
    acceptAny(stream, settings, certificate, serverName);
  } else {
    acceptVerified(stream, settings, certificate, serverName);
  }
  stream.start(received);
}

/** Accepts a client that is not asked for a certificate. */
function acceptAny(
  stream: NodeTlsStream,
  settings: ServerSettings,
  certificate: CertificateKeyPair,
  serverName: string | undefined,
): void {
  const socket = new TLSSocket(stream.duplex, {
    isServer: true,
    secureContext: contextOf(certificate),
    ...alpnOf(settings),
  });
  stream.attach(socket);
  socket.once("secure", () => {
    stream.secured(
      sessionOf(socket, serverName ?? nameOf(socket), undefined),
    );
  });
}

/**
 * Accepts a client that is asked for a certificate. Only a server of `node:tls` tells
 * whether it could be verified, and it need not listen.
 */
function acceptVerified(
  stream: NodeTlsStream,
  settings: ServerSettings,
  certificate: CertificateKeyPair,
  serverName: string | undefined,
): void {
  const server = tls.createServer({
    cert: certificate.cert,
    key: certificate.key,
    ca: [...settings.caCerts ?? []],
    requestCert: true,
    rejectUnauthorized: settings.clientAuth === "require",
    ...alpnOf(settings),
  });
  server.once("tlsClientError", (error, socket) => {
    const { authorizationError } = socket ?? {};
    stream.fail(
      authorizationError ? refusal(String(authorizationError)) : error,
    );
  });
  server.once("secureConnection", (socket) => {
    stream.attach(socket);
    const raw = socket.getPeerX509Certificate()?.raw;
    const peer = raw && new Uint8Array(raw);
    const code = codeOfRefusal(socket, settings, peer);
    if (code !== undefined) return stream.fail(refusal(code));
    stream.secured(sessionOf(socket, serverName ?? nameOf(socket), peer));
  });
  server.emit("connection", stream.duplex);
}

/** Returns why the certificate of a client is not accepted, or undefined. */
function codeOfRefusal(
  socket: TLSSocket,
  settings: ServerSettings,
  peer: Uint8Array | undefined,
): string | undefined {
  if (peer === undefined) {
    const isRequired = settings.clientAuth === "require";
    return isRequired ? "ETLSCLIENTCERT" : undefined;
  }
  if (!socket.authorized) return String(socket.authorizationError);
  // node:tls of Deno 2.9.6 does not check the signature of such a client.
  if (versionOf(peer) !== 3) return "ECERTINVALID";
  let clients = verified.get(settings);
  if (clients === undefined) {
    verified.set(settings, clients = new VerifiedClients());
  }
  const { fingerprint256, validToDate } = new X509Certificate(peer);
  // Deno shares the keys of session tickets among all servers of the program, and
  // does not verify the certificate of a session that is resumed.
  if (!socket.isSessionReused()) clients.add(fingerprint256);
  else if (!clients.has(fingerprint256)) return "ECERTISSUER";
  return validToDate < new Date() ? "ECERTEXPIRED" : undefined;
}

function refusal(code: string): Error {
  const error = new Error("the certificate of the client was refused");
  return Object.assign(error, { code });
}

function alpnOf(
  { alpnProtocols }: ServerSettings,
): { ALPNProtocols?: string[] } {
  return alpnProtocols?.length ? { ALPNProtocols: [...alpnProtocols] } : {};
}

/** The name that the client asked for; types of Node do not have it. */
function nameOf(socket: TLSSocket): string | undefined {
  const { servername } = socket as { servername?: string | false | null };
  return servername || undefined;
}

function contextOf(certificate: CertificateKeyPair): SecureContext {
  let context = contexts.get(certificate);
  if (context === undefined) {
    const { cert, key } = certificate;
    context = tls.createSecureContext({ cert, key });
    contexts.set(certificate, context);
  }
  return context;
}
