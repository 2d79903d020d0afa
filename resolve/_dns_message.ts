/**
 * The part of RFC 1035 that a stub resolver speaks: writing a question and
 * reading the answer to it. Pure.
 */
import { IpAddress } from "../address/mod.ts";
import type { RecordData, RecordType } from "./records.ts";

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
/** The name does not exist. */
export const NXDOMAIN = 3;

const HEADER = 12;
/** A chain of CNAMEs is followed no further than this. */
const MAX_CNAMES = 16;
/** RFC 2181 section 8: a TTL with the top bit set is zero. */
const MAX_TTL = 2 ** 31 - 1;

/** What a server said. */
export interface DnsAnswer<T extends RecordType = RecordType> {
  /** The response code. */
  readonly rcode: number;
  /** TC: the answer did not fit and is to be had by TCP. */
  readonly truncated: boolean;
  /** The name at the end of the CNAME chain, without final dot. */
  readonly canonical: string;
  /** The records of the type that was asked for. */
  readonly records: readonly RecordData[T][];
  /** How long this may be kept, in seconds; undefined where the server does not say. */
  readonly ttl: number | undefined;
}

/** Writes a recursive query. The name must have passed the name check. */
export function encodeQuery(
  id: number,
  name: string,
  type: RecordType,
): Uint8Array<ArrayBuffer> {
  const labels = name.endsWith(".") ? name.slice(0, -1) : name;
  const bytes = new Uint8Array(
    HEADER + (labels === "" ? 1 : labels.length + 2) + 4,
  );
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
    return new Reader(message).answer(id, name, type);
  } catch (error) {
    if (error instanceof MalformedMessage) return undefined;
    throw error;
  }
}

/** The id of a message, or -1. */
export function messageId(message: Uint8Array): number {
  return message.length < HEADER ? -1 : message[0]! << 8 | message[1]!;
}

class MalformedMessage extends Error {}

interface RawRecord {
  name: string;
  type: number;
  ttl: number;
  start: number;
  end: number;
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  answer<T extends RecordType>(
    id: number,
    name: string,
    type: T,
  ): DnsAnswer<T> | undefined {
    if (this.#u16() !== id) return undefined;
    const flags = this.#u16();
    const isResponse = (flags & 0x8000) !== 0 && (flags & 0x7800) === 0;
    const questions = this.#u16();
    const answers = this.#u16();
    const authorities = this.#u16();
    this.#u16();
    if (!isResponse) return undefined;
    const rcode = flags & 0x0f;
    const truncated = (flags & 0x0200) !== 0;
    const bare = name.endsWith(".") ? name.slice(0, -1) : name;
    const asked = bare === "" ? "." : bare.toLowerCase();
    const number = TYPE_NUMBERS[type];
    if (questions !== 1) {
      // A server that could not read the question need not repeat it.
      const excused = questions === 0 && rcode !== NOERROR &&
        rcode !== NXDOMAIN;
      if (!excused) return undefined;
    } else if (
      this.#name().toLowerCase() !== asked || this.#u16() !== number ||
      this.#u16() !== 1
    ) {
      return undefined;
    }
    if (truncated || (rcode !== NOERROR && rcode !== NXDOMAIN)) {
      return {
        rcode,
        truncated,
        canonical: asked,
        records: [],
        ttl: undefined,
      };
    }
    const raw: RawRecord[] = [];
    for (let i = 0; i < answers; i++) this.#record(raw);
    const { canonical, ttl: chainTtl } = followChain(
      asked,
      raw,
      number,
      (record) => {
        this.#at = record.start;
        return this.#name();
      },
    );
    const owner = canonical.toLowerCase();
    let ttl = chainTtl;
    const records: RecordData[T][] = [];
    for (const record of raw) {
      if (record.type !== number || record.name.toLowerCase() !== owner) {
        continue;
      }
      this.#at = record.start;
      records.push(this.#data(type, record.end) as RecordData[T]);
      ttl = Math.min(ttl, record.ttl);
    }
    if (records.length > 0) {
      return { rcode, truncated, canonical, records, ttl };
    }
    return {
      rcode,
      truncated,
      canonical,
      records,
      ttl: this.#negativeTtl(authorities),
    };
  }

  /** RFC 2308 section 5: the lesser of the SOA's own TTL and its last field. */
  #negativeTtl(authorities: number): number | undefined {
    const raw: RawRecord[] = [];
    for (let i = 0; i < authorities; i++) {
      this.#record(raw);
      const record = raw[i];
      if (record?.type !== TYPE_NUMBERS.SOA || record.end - record.start < 20) {
        continue;
      }
      this.#at = record.end - 4;
      return Math.min(record.ttl, this.#u32());
    }
    return undefined;
  }

  #record(into: RawRecord[]): void {
    const name = this.#name();
    const type = this.#u16();
    const isInternet = this.#u16() === 1;
    const ttl = this.#u32();
    const length = this.#u16();
    const start = this.#at;
    const end = start + length;
    if (end > this.#bytes.length) throw new MalformedMessage();
    this.#at = end;
    into.push({
      name,
      type: isInternet ? type : -1,
      ttl: ttl > MAX_TTL ? 0 : ttl,
      start,
      end,
    });
  }

  #data(type: RecordType, end: number): RecordData[RecordType] {
    const data = this.#fields(type, end);
    if (this.#at > end) throw new MalformedMessage();
    return data;
  }

  #fields(type: RecordType, end: number): RecordData[RecordType] {
    switch (type) {
      case "A":
        return this.#address(4, end);
      case "AAAA":
        return this.#address(16, end);
      case "NS":
      case "CNAME":
      case "PTR":
        return this.#name();
      case "MX":
        return { preference: this.#u16(), exchange: this.#name() };
      case "SRV":
        return {
          priority: this.#u16(),
          weight: this.#u16(),
          port: this.#u16(),
          target: this.#name(),
        };
      case "SOA":
        return {
          mname: this.#name(),
          rname: this.#name(),
          serial: this.#u32(),
          refresh: this.#u32(),
          retry: this.#u32(),
          expire: this.#u32(),
          minimum: this.#u32(),
        };
      case "TXT": {
        const strings: string[] = [];
        while (this.#at < end) strings.push(this.#string(this.#u8()));
        return strings;
      }
      case "CAA": {
        const critical = (this.#u8() & 0x80) !== 0;
        const tag = this.#string(this.#u8());
        if (this.#at > end) throw new MalformedMessage();
        return { critical, tag, value: this.#string(end - this.#at) };
      }
      case "NAPTR":
        return {
          order: this.#u16(),
          preference: this.#u16(),
          flags: this.#string(this.#u8()),
          services: this.#string(this.#u8()),
          regexp: this.#string(this.#u8()),
          replacement: this.#name(),
        };
    }
  }

  #address(size: number, end: number): string {
    if (end - this.#at !== size) throw new MalformedMessage();
    return IpAddress.fromBytes(this.#bytes.slice(this.#at, this.#at += size))
      .toString();
  }

  #u8(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new MalformedMessage();
    return byte;
  }

  #u16(): number {
    return this.#u8() << 8 | this.#u8();
  }

  #u32(): number {
    return this.#u16() * 0x10000 + this.#u16();
  }

  #string(length: number): string {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new MalformedMessage();
    return decoder.decode(this.#bytes.subarray(this.#at, this.#at = end));
  }

  /** A name without its final dot; the root is ".". Pointers only ever lead back, so it ends. */
  #name(): string {
    let name = "";
    let size = 0;
    let after = -1;
    let limit = this.#at;
    for (;;) {
      const length = this.#u8();
      if (length === 0) break;
      if (length >= 0xc0) {
        const target = (length & 0x3f) << 8 | this.#u8();
        if (after < 0) after = this.#at;
        if (target >= limit) throw new MalformedMessage();
        this.#at = limit = target;
        continue;
      }
      if (length > 63 || (size += length + 1) > 254) {
        throw new MalformedMessage();
      }
      if (name !== "") name += ".";
      for (let i = 0; i < length; i++) name += labelChar(this.#u8());
    }
    if (after >= 0) this.#at = after;
    return name === "" ? "." : name;
  }
}

const decoder = new TextDecoder();

/** RFC 1035 section 5.1: a dot inside a label, and what is not printable, is escaped. */
function labelChar(byte: number): string {
  if (byte === 0x2e || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
  if (byte > 0x20 && byte < 0x7f) return String.fromCharCode(byte);
  return `\\${String(byte).padStart(3, "0")}`;
}

/** Where the CNAMEs in an answer lead to, and the least of their TTLs. */
function followChain(
  asked: string,
  records: readonly RawRecord[],
  type: number,
  targetOf: (record: RawRecord) => string,
): { canonical: string; ttl: number } {
  let canonical = asked;
  let ttl = MAX_TTL;
  if (type === TYPE_NUMBERS.CNAME) return { canonical, ttl };
  for (let i = 0; i < MAX_CNAMES; i++) {
    const owner = canonical.toLowerCase();
    const link = records.find((record) =>
      record.type === TYPE_NUMBERS.CNAME && record.name.toLowerCase() === owner
    );
    if (link === undefined) break;
    canonical = targetOf(link);
    ttl = Math.min(ttl, link.ttl);
  }
  return { canonical, ttl };
}
