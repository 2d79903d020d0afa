/**
 * Connections that `node:tls` encrypts, below the public API of `tls/`.
 *
 * @module
 */
import { StreamConn } from "@berkeley/sockets/stream";
import {
  makeCertificate,
  type TestCertificate,
} from "@berkeley/sockets/testing";
import { wrapClientNode, wrapServerNode } from "../../tls/_node_transport.ts";
import type {
  ClientSettings,
  Handshake,
  ServerSettings,
  TlsTransport,
} from "../../tls/_transport.ts";

/** The authority that clients trust. */
export const authority: TestCertificate = await makeCertificate({
  isAuthority: true,
});
/** A certificate of localhost by that authority. */
export const certificate: TestCertificate = await makeCertificate({
  issuer: authority,
});

/** Settings of a server with that certificate. */
export function serverSettings(
  settings: Partial<ServerSettings> = {},
): ServerSettings {
  return {
    certificateFor: () => certificate,
    certificate,
    clientAuth: "none",
    caCerts: [authority.cert],
    ...settings,
  };
}

/** Settings of a client that trusts that authority. */
export function clientSettings(
  settings: Partial<ClientSettings> = {},
): ClientSettings {
  return { serverName: "localhost", caCerts: [authority.cert], ...settings };
}

/** Both sides of a handshake, and how it went on each. */
export interface Shaken extends AsyncDisposable {
  readonly client: TlsTransport;
  readonly server: TlsTransport;
  /** The session, or the code and the message of the failure. */
  readonly outcome: {
    client: Handshake | string;
    server: Handshake | string;
  };
}

/** The code of an error; OpenSSL 3.4 has renamed some. */
export function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code)
    .replace("SSL/TLS_ALERT", "SSLV3_ALERT");
}

/** Shakes hands over two connected ends. */
export async function shake(
  ends: { client: StreamConn; server: StreamConn },
  clientOptions: ClientSettings = clientSettings(),
  serverOptions: ServerSettings = serverSettings(),
): Promise<Shaken> {
  const server = await wrapServerNode(ends.server, serverOptions);
  const client = await wrapClientNode(ends.client, clientOptions);
  /** As `tls/` does, it closes what has failed, so that the peer learns of it. */
  const shakeOne = async (transport: TlsTransport) => {
    try {
      return await transport.handshake();
    } catch (error) {
      await transport.close();
      return codeOf(error);
    }
  };
  const [clientOutcome, serverOutcome] = await Promise.all([
    shakeOne(client),
    shakeOne(server),
  ]);
  return {
    client,
    server,
    outcome: { client: clientOutcome, server: serverOutcome },
    async [Symbol.asyncDispose]() {
      await client.close();
      await server.close();
    },
  };
}

/** Shakes hands, and makes connections of both sides. */
export async function shakePair(
  ends: { client: StreamConn; server: StreamConn },
  clientOptions?: ClientSettings,
  serverOptions?: ServerSettings,
): Promise<{ client: StreamConn; server: StreamConn } & AsyncDisposable> {
  const shaken = await shake(ends, clientOptions, serverOptions);
  const client = new StreamConn(shaken.client);
  const server = new StreamConn(shaken.server);
  return {
    client,
    server,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}
