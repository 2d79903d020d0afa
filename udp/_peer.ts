import { formatHostPort } from "../address/mod.ts";
import { toSocketError } from "../errors/mod.ts";
import type { UdpCore } from "./_core.ts";

/**
 * Connects the socket below to a peer, where the backend can: C's `connect`. The
 * socket is as it was when that fails.
 */
export function setPeer(
  { transport }: UdpCore,
  { hostname, port }: { hostname: string; port: number },
): void {
  try {
    transport.connect?.(hostname, port);
  } catch (error) {
    throw toSocketError(error, {
      action: `connect to ${formatHostPort(hostname, port)}`,
      syscall: "connect",
      localAddr: transport.localAddr,
      remoteAddr: { transport: "udp", hostname, port },
    });
  }
}
