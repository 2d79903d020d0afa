/**
 * Reading the pieces that DNS messages are made of: RFC 1035 section 4.
 */
import { IpAddress } from "../address/mod.ts";
import type { SourceData } from "./_source.ts";
import type { RecordType } from "./records.ts";

/** RFC 2181 section 8: a TTL with the top bit set is zero. */
export const MAX_TTL: number = 2 ** 31 - 1;

/** The message breaks off or contradicts itself. */
export class MalformedMessage extends Error {}

/** A resource record; its data lies from `start` to `end`. */
export interface RawRecord {
  readonly name: string;
  /** Its type, or -1 outside the Internet class. */
  readonly type: number;
  readonly ttl: number;
  /** Its type in any class: that of an OPT record is a size. */
  readonly number: number;
  /** The upper bits of the TTL field, where an OPT record has those of the response code. */
  readonly upper: number;
  readonly start: number;
  readonly end: number;
}

/** Reads a message piece by piece; each method throws `MalformedMessage` where it cannot. */
export class Reader {
  readonly #bytes: Uint8Array;
  /** Where the next piece begins. */
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Reads a resource record, but for its data. */
  record(into: RawRecord[]): void {
    const name = this.name();
    const type = this.u16();
    const isInternet = this.u16() === 1;
    const ttl = this.u32();
    const length = this.u16();
    const start = this.at;
    const end = start + length;
    if (end > this.#bytes.length) throw new MalformedMessage();
    this.at = end;
    into.push({
      name,
      type: isInternet ? type : -1,
      ttl: ttl > MAX_TTL ? 0 : ttl,
      number: type,
      upper: ttl >>> 24,
      start,
      end,
    });
  }

  /** Reads the data of a record, which ends at `end`. */
  data(type: RecordType, end: number): SourceData[RecordType] {
    const data = this.#fields(type, end);
    if (this.at > end) throw new MalformedMessage();
    return data;
  }

  #fields(type: RecordType, end: number): SourceData[RecordType] {
    switch (type) {
      case "A":
        return this.#address(4, end);
      case "AAAA":
        return this.#address(16, end);
      case "NS":
      case "CNAME":
      case "PTR":
        return this.name();
      case "MX":
        return { preference: this.u16(), exchange: this.name() };
      case "SRV":
        return {
          priority: this.u16(),
          weight: this.u16(),
          port: this.u16(),
          target: this.name(),
        };
      case "SOA":
        return {
          mname: this.name(),
          rname: this.name(),
          serial: this.u32(),
          refresh: this.u32(),
          retry: this.u32(),
          expire: this.u32(),
          minimum: this.u32(),
        };
      case "TXT": {
        const strings: string[] = [];
        while (this.at < end) strings.push(this.#string(this.#u8()));
        return strings;
      }
      case "CAA": {
        const critical = (this.#u8() & 0x80) !== 0;
        const tag = this.#string(this.#u8());
        if (this.at > end) throw new MalformedMessage();
        return { critical, tag, value: this.#string(end - this.at) };
      }
      case "NAPTR":
        return {
          order: this.u16(),
          preference: this.u16(),
          flags: this.#string(this.#u8()),
          services: this.#string(this.#u8()),
          regexp: this.#string(this.#u8()),
          replacement: this.name(),
        };
    }
  }

  #address(size: number, end: number): IpAddress {
    if (end - this.at !== size) throw new MalformedMessage();
    return IpAddress.fromBytes(this.#bytes.subarray(this.at, this.at += size));
  }

  #u8(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw new MalformedMessage();
    return byte;
  }

  /** Reads 16 bits. */
  u16(): number {
    return this.#u8() << 8 | this.#u8();
  }

  /** Reads 32 bits. */
  u32(): number {
    return this.u16() * 0x10000 + this.u16();
  }

  #string(length: number): string {
    const end = this.at + length;
    if (end > this.#bytes.length) throw new MalformedMessage();
    return decoder.decode(this.#bytes.subarray(this.at, this.at = end));
  }

  /** A name without its final dot; the root is ".". Pointers only ever lead back, so it ends. */
  name(): string {
    let name = "";
    let size = 0;
    let after = -1;
    let limit = this.at;
    for (;;) {
      const length = this.#u8();
      if (length === 0) break;
      if (length >= 0xc0) {
        const target = (length & 0x3f) << 8 | this.#u8();
        if (after < 0) after = this.at;
        if (target >= limit) throw new MalformedMessage();
        this.at = limit = target;
        continue;
      }
      if (length > 63 || (size += length + 1) > 254) {
        throw new MalformedMessage();
      }
      if (name !== "") name += ".";
      for (let i = 0; i < length; i++) name += labelChar(this.#u8());
    }
    if (after >= 0) this.at = after;
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
