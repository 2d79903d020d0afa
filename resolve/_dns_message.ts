/**
 * The part of RFC 1035 that a stub resolver speaks: writing a question and
 * reading the answer to it. Pure.
 */
import {
  MalformedMessage,
  MAX_TTL,
  type RawRecord,
  Reader,
} from "./_dns_reader.ts";
import type { SourceData } from "./_source.ts";
import type { RecordType } from "./records.ts";

/** Type numbers of the IANA DNS parameters. */
export const TYPE_NUMBERS: { readonly [T in RecordType]: number } = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  CAA: 257,
};

/** Response codes: RFC 1035 section 4.1.1. */
export const NOERROR = 0;
/** The server cannot read the query. */
export const FORMERR = 1;
/** The name does not exist. */
export const NXDOMAIN = 3;
/** The server does not do this kind of query. */
export const NOTIMP = 4;
/** The server does not know this version of EDNS: RFC 6891 section 9. */
export const BADVERS = 16;

/** The type of the record that says what its sender can do: RFC 6891. */
const OPT = 41;
/**
 * The largest answer over UDP that a query with EDNS(0) asks for: it fits into
 * the least packet that IPv6 carries whole (https://dnsflagday.net/2020/).
 */
const UDP_SIZE = 1232;

const HEADER = 12;
/** A chain of CNAMEs is followed no further than this. */
const MAX_CNAMES = 16;

/** What a server said. */
export interface DnsAnswer<T extends RecordType = RecordType> {
  /** The response code. */
  readonly rcode: number;
  /** The server neither knows nor asks others: it names whom to ask. */
  readonly isReferral?: boolean;
  /** TC: the answer did not fit and is to be had by TCP. */
  readonly truncated: boolean;
  /** The name at the end of the CNAME chain, without final dot. */
  readonly canonical: string;
  /** The names before it in the chain, the one that was asked for first. */
  readonly aliases: readonly string[];
  /** The records of the type that was asked for. */
  readonly records: readonly SourceData[T][];
  /** How long this may be kept, in seconds; undefined where the server does not say. */
  readonly ttl: number | undefined;
}

/**
 * Writes a recursive query, with EDNS(0) unless it is to be `plain`. The name
 * must have passed the name check.
 */
export function encodeQuery(
  id: number,
  name: string,
  type: RecordType,
  plain = false,
): Uint8Array<ArrayBuffer> {
  const labels = name.endsWith(".") ? name.slice(0, -1) : name;
  const end = HEADER + (labels === "" ? 1 : labels.length + 2) + 4;
  const bytes = new Uint8Array(plain ? end : end + 11);
  bytes[0] = id >> 8;
  bytes[1] = id;
  bytes[2] = 0x01; // RD
  bytes[5] = 1; // QDCOUNT
  let at = HEADER;
  if (labels !== "") {
    for (const label of labels.split(".")) {
      bytes[at++] = label.length;
      for (let i = 0; i < label.length; i++) bytes[at++] = label.charCodeAt(i);
    }
  }
  at++; // the root label
  const number = TYPE_NUMBERS[type];
  bytes[at++] = number >> 8;
  bytes[at++] = number;
  bytes[at + 1] = 1; // IN
  if (plain) return bytes;
  bytes[11] = 1; // ARCOUNT
  bytes[end + 2] = OPT; // of the root, whose label is 0
  bytes[end + 3] = UDP_SIZE >> 8;
  bytes[end + 4] = UDP_SIZE & 0xff;
  return bytes;
}

/**
 * Reads the response to a query; undefined for what is no response to it
 * (another id or question: a stray or forged packet) or breaks off.
 */
export function decodeAnswer<T extends RecordType>(
  message: Uint8Array,
  id: number,
  name: string,
  type: T,
): DnsAnswer<T> | undefined {
  try {
    return readAnswer(new Reader(message), id, name, type);
  } catch (error) {
    if (error instanceof MalformedMessage) return undefined;
    throw error;
  }
}

/** Reads an answer; undefined where it is one to another question. */
function readAnswer<T extends RecordType>(
  reader: Reader,
  id: number,
  name: string,
  type: T,
): DnsAnswer<T> | undefined {
  if (reader.u16() !== id) return undefined;
  const flags = reader.u16();
  const isResponse = (flags & 0x8000) !== 0 && (flags & 0x7800) === 0;
  const questions = reader.u16();
  const answers = reader.u16();
  const authorities = reader.u16();
  const additional = reader.u16();
  if (!isResponse) return undefined;
  const rcode = flags & 0x0f;
  const truncated = (flags & 0x0200) !== 0;
  const bare = name.endsWith(".") ? name.slice(0, -1) : name;
  const asked = bare === "" ? "." : bare.toLowerCase();
  const isFinal = rcode === NOERROR || rcode === NXDOMAIN;
  const isMine = questions === 1
    ? reader.name().toLowerCase() === asked &&
      reader.u16() === TYPE_NUMBERS[type] && reader.u16() === 1
    // A server that could not read the question need not repeat it.
    : questions === 0 && !isFinal;
  if (!isMine) return undefined;
  const empty = { canonical: asked, aliases: [], records: [], ttl: undefined };
  if (truncated || !isFinal) return { ...empty, rcode, truncated };
  const raw: RawRecord[] = [];
  for (let i = 0; i < answers; i++) reader.record(raw);
  const end = reader.at;
  const { ttl, ...found } = follow(reader, raw, asked, type);
  if (found.records.length > 0) return { ...found, rcode, truncated, ttl };
  reader.at = end;
  const negative = negativeTtl(reader, authorities);
  const extension = readExtension(reader, additional);
  if (extension?.rcode !== undefined && extension.rcode > 0) {
    return { ...empty, rcode: extension.rcode << 4 | rcode, truncated };
  }
  // As libc has it: neither AA nor RA, and nothing said but perhaps an authority.
  const others = additional - (extension === undefined ? 0 : 1);
  const isReferral = rcode === NOERROR && (flags & 0x0480) === 0 &&
    answers === 0 && others === 0;
  return { ...found, rcode, truncated, ttl: negative, isReferral };
}

/**
 * What the OPT record among the last records says: the upper bits of the response
 * code. What cannot be read there does not spoil the answer before it.
 */
function readExtension(
  reader: Reader,
  additional: number,
): { rcode: number } | undefined {
  const raw: RawRecord[] = [];
  try {
    for (let i = 0; i < additional; i++) reader.record(raw);
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
  }
  const opt = raw.find(({ name, number }) => name === "." && number === OPT);
  return opt && { rcode: opt.upper };
}

/** The records at the end of the CNAME chain, and the least TTL along it. */
function follow<T extends RecordType>(
  reader: Reader,
  raw: readonly RawRecord[],
  asked: string,
  type: T,
): {
  canonical: string;
  aliases: string[];
  records: SourceData[T][];
  ttl: number;
} {
  const { canonical, aliases, ttl } = followChain(
    asked,
    raw,
    TYPE_NUMBERS[type],
    (record) => {
      reader.at = record.start;
      return reader.name();
    },
  );
  const owner = canonical.toLowerCase();
  const matching = raw.filter((record) =>
    record.type === TYPE_NUMBERS[type] && record.name.toLowerCase() === owner
  );
  const records = matching.map((record) => {
    reader.at = record.start;
    return reader.data(type, record.end) as SourceData[T];
  });
  return {
    canonical,
    aliases,
    records,
    ttl: Math.min(ttl, ...matching.map(({ ttl }) => ttl)),
  };
}

/** RFC 2308 section 5: the lesser of the SOA's own TTL and its last field. */
function negativeTtl(reader: Reader, authorities: number): number | undefined {
  const raw: RawRecord[] = [];
  for (let i = 0; i < authorities; i++) reader.record(raw);
  const soa = raw.find(({ type, start, end }) =>
    type === TYPE_NUMBERS.SOA && end - start >= 20
  );
  if (soa === undefined) return undefined;
  reader.at = soa.end - 4;
  return Math.min(soa.ttl, reader.u32());
}

/** Where the CNAMEs in an answer lead to, the names on the way, and the least of the TTLs. */
function followChain(
  asked: string,
  records: readonly RawRecord[],
  type: number,
  targetOf: (record: RawRecord) => string,
): { canonical: string; aliases: string[]; ttl: number } {
  const aliases: string[] = [];
  let canonical = asked;
  let ttl = MAX_TTL;
  if (type === TYPE_NUMBERS.CNAME) return { canonical, aliases, ttl };
  for (let i = 0; i < MAX_CNAMES; i++) {
    const owner = canonical.toLowerCase();
    const link = records.find((record) =>
      record.type === TYPE_NUMBERS.CNAME && record.name.toLowerCase() === owner
    );
    if (link === undefined) break;
    aliases.push(canonical);
    canonical = targetOf(link);
    ttl = Math.min(ttl, link.ttl);
  }
  return { canonical, aliases, ttl };
}
