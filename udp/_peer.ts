import { type NetAddr, parseIpAddress } from "../address/mod.ts";
import { unmapped } from "../internal/hosts/mod.ts";

/** The peer of a connected socket. */
export class Peer {
  /** Its address as the runtime writes it, as senders are compared by text. */
  readonly hostname: string;
  /** Its port. */
  readonly port: number;
  /** Its address as users see it. */
  readonly remoteAddr: NetAddr;
  /** How else the runtime writes its address. */
  #alias: string | undefined;

  constructor(hostname: string, port: number) {
    this.hostname = parseIpAddress(hostname).toString();
    this.port = port;
    const shown = unmapped(this.hostname);
    this.remoteAddr = { transport: "udp", hostname: shown, port };
  }

  /** Whether a sender is this peer. */
  is(hostname: string, port: number): boolean {
    if (port !== this.port) return false;
    if (hostname === this.hostname || hostname === this.#alias) return true;
    if (!isSameHost(hostname, this.hostname)) return false;
    this.#alias = hostname;
    return true;
  }
}

/**
 * Whether two addresses are the same host's. One of them may be mapped, or lack the
 * zone, as the runtime omits it, or have it as an index.
 */
function isSameHost(a: string, b: string): boolean {
  const [hostA, zoneA] = unmapped(a).split("%");
  const [hostB, zoneB] = unmapped(b).split("%");
  if (hostA !== hostB) return false;
  if (zoneA === undefined || zoneB === undefined || zoneA === zoneB) {
    return true;
  }
  return /^\d+$/.test(zoneA) !== /^\d+$/.test(zoneB);
}
