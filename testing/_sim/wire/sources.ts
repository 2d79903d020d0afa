import {
  type IpPrefix,
  parseIpAddress,
  selectSource,
} from "../../../address/mod.ts";
import { BROADCAST, isLoopback, isMulticast } from "./host_address.ts";

/** So many destinations are remembered. */
const MAX_KNOWN = 4096;

/** From which of its addresses a host sends: RFC 6724. */
export class Sources {
  readonly #prefixes: readonly IpPrefix[];
  readonly #known = new Map<string, string | undefined>();

  /** The addresses of the host, without loopback. */
  constructor(prefixes: readonly IpPrefix[]) {
    this.#prefixes = prefixes;
  }

  /** The source for a destination; undefined if the host has no address of that family. */
  for(destination: string): string | undefined {
    const known = this.#known.get(destination);
    if (known !== undefined) return known;
    const source = this.#choose(destination);
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(destination, source);
    return source;
  }

  #choose(destination: string): string | undefined {
    if (isLoopback(destination)) {
      return destination === "::1" ? "::1" : "127.0.0.1";
    }
    const ip = parseIpAddress(destination);
    const sameFamily = this.#prefixes.filter(({ family }) =>
      family === ip.family
    );
    const [first] = sameFamily;
    if (isMulticast(destination) || destination === BROADCAST) {
      return first?.ip.toString();
    }
    const best = selectSource(ip.withZone(undefined), sameFamily) ?? first;
    return best?.ip.toString();
  }
}
