/** The record types that {@linkcode resolve} asks for. */
export type RecordType =
  | "A"
  | "AAAA"
  | "CAA"
  | "CNAME"
  | "MX"
  | "NAPTR"
  | "NS"
  | "PTR"
  | "SOA"
  | "SRV"
  | "TXT";

/** A certification authority authorization: RFC 8659. */
export interface CaaRecord {
  /** Whether an issuer must refuse when it does not know the tag. */
  readonly critical: boolean;
  /** The property, such as `"issue"`. */
  readonly tag: string;
  /** The property's value. */
  readonly value: string;
}

/** A mail exchange: RFC 5321. */
export interface MxRecord {
  /** Lower is tried first. */
  readonly preference: number;
  /** The mail server's name; `"."` where the domain takes no mail (RFC 7505). */
  readonly exchange: string;
}

/** A naming authority pointer: RFC 3403. */
export interface NaptrRecord {
  /** Lower is processed first. */
  readonly order: number;
  /** Lower is preferred among records of equal order. */
  readonly preference: number;
  /** What the next step is, such as `"S"`. */
  readonly flags: string;
  /** The services on offer. */
  readonly services: string;
  /** A substitution expression, or empty. */
  readonly regexp: string;
  /** The next name to look up; `"."` where `regexp` yields it. */
  readonly replacement: string;
}

/** The start of a zone of authority: RFC 1035. */
export interface SoaRecord {
  /** The zone's primary name server. */
  readonly mname: string;
  /** The mailbox of who is responsible, with `@` written as a dot. */
  readonly rname: string;
  /** The version of the zone. */
  readonly serial: number;
  /** How often secondaries look for changes, in seconds. */
  readonly refresh: number;
  /** How soon they try again after a failure, in seconds. */
  readonly retry: number;
  /** When they stop answering without a refresh, in seconds. */
  readonly expire: number;
  /** How long absent records may be cached, in seconds. */
  readonly minimum: number;
}

/** The location of a service: RFC 2782. */
export interface SrvRecord {
  /** Lower is tried first. */
  readonly priority: number;
  /** The share of the load among records of equal priority. */
  readonly weight: number;
  /** The port of the service. */
  readonly port: number;
  /** The host's name; `"."` where the service is decidedly not on offer. */
  readonly target: string;
}

/** What a record of each type holds. Names come without a final dot, the root as `"."`. */
export interface RecordData {
  /** An IPv4 address. */
  A: string;
  /** An IPv6 address. */
  AAAA: string;
  /** A certification authority authorization. */
  CAA: CaaRecord;
  /** The canonical name. */
  CNAME: string;
  /** A mail exchange. */
  MX: MxRecord;
  /** A naming authority pointer. */
  NAPTR: NaptrRecord;
  /** A name server's name. */
  NS: string;
  /** The name that an address points to. */
  PTR: string;
  /** The start of a zone of authority. */
  SOA: SoaRecord;
  /** The location of a service. */
  SRV: SrvRecord;
  /** The strings of one text record. */
  TXT: readonly string[];
}
