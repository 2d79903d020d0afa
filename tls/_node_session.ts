import { constants } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { isDeno } from "../internal/runtime/mod.ts";
import type { Handshake } from "./_transport.ts";

/**
 * Options of each context: no renegotiation, which OpenSSL takes part in under TLS 1.2.
 * Neither rustls nor BoringSSL does.
 */
export const SECURE_OPTIONS: { readonly secureOptions?: number } = isDeno
  ? {}
  : { secureOptions: constants.SSL_OP_NO_RENEGOTIATION };

/** What is known of a session after its handshake. */
export function sessionOf(
  socket: TLSSocket,
  serverName: string | undefined,
  peerCertificate: Uint8Array<ArrayBuffer> | undefined,
): Handshake {
  return {
    alpnProtocol: socket.alpnProtocol || null,
    protocol: socket.getProtocol() ?? undefined,
    serverName,
    peerCertificate,
  };
}
