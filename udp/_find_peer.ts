import {
  formatHostPort,
  parseIpAddress,
  SocketAddress,
} from "../address/mod.ts";
import {
  checkPeer,
  findAddress,
  type HostLookup,
} from "../internal/hosts/mod.ts";
import type { WaitOptions } from "../internal/wait/mod.ts";

/** Finds the address of a peer; this host's if it is the unspecified one, as in C. */
export async function findPeer(
  lookup: HostLookup,
  wait: WaitOptions | undefined,
): Promise<SocketAddress> {
  const { hostname, port } = lookup;
  checkPeer(hostname, port, "connect");
  const action = `connect to ${formatHostPort(hostname, port)}`;
  const found = await findAddress(lookup, wait, { action, syscall: "connect" });
  if (!found.ip.isUnspecified()) return found;
  const loopback = found.family === 4 ? "127.0.0.1" : "::1";
  return new SocketAddress(parseIpAddress(loopback), port);
}
