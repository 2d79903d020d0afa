import type { IpAddress } from "../address/mod.ts";

/** The names of an address and its port: what C's getnameinfo yields. */
export interface NameInfo {
  /** The host's name, or its address in text. */
  readonly hostname: string;
  /** The service's name, or the port in digits. */
  readonly service: string;
}

/** A host's names and addresses: C's `struct hostent`. */
export interface HostEntry {
  /** The official name. */
  readonly name: string;
  /** Its other names. */
  readonly aliases: readonly string[];
  /** Its addresses, in order of preference. */
  readonly addresses: readonly IpAddress[];
}

/** A service of a domain, as named in its SRV records: RFC 2782. */
export interface ServiceQuery {
  /** The service's name, such as `"imaps"`. */
  readonly service: string;
  /**
   * The transport protocol's name.
   *
   * @default {"tcp"}
   */
  readonly protocol?: string;
  /** The domain, such as `"example.com"`. */
  readonly domain: string;
}
