import { parseIpAddress } from "../address/mod.ts";
import { unmapped } from "../internal/hosts/mod.ts";
import { isSameHost } from "./_address_text.ts";

/** The peer of a connected socket. */
export class Peer {
  /** Its address as the runtime writes it, as senders are compared by text. */
  readonly hostname: string;
  /** Its port. */
  readonly port: number;
  /** Its address as users see it. */
  readonly remoteAddr: Deno.NetAddr;
  /** How else the runtime writes its address. */
  #alias: string | undefined;

  constructor(hostname: string, port: number) {
    this.hostname = parseIpAddress(hostname).toString();
    this.port = port;
    this.remoteAddr = {
      transport: "udp",
      hostname: unmapped(this.hostname),
      port,
    };
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
