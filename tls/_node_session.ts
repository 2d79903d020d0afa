import type { TLSSocket } from "node:tls";
import type { Handshake } from "./_transport.ts";

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
