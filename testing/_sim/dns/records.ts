import { type IpAddress, parseIpAddress } from "../../../address/mod.ts";
import { checkNumber, showValue } from "../../../internal/check/mod.ts";
import type { RecordType } from "../../../resolve/mod.ts";
import type { SourceData } from "../../../resolve/_seam.ts";
import type { DnsRecords } from "../../dns_records.ts";
import { checkRecord } from "./check_record.ts";

/** How long the records of a name can be kept by default, in milliseconds. */
export const DEFAULT_TTL = 60_000;

/** The records of one name, read once and checked. */
export interface NameRecords {
  readonly ttl: number;
  readonly byType: { readonly [T in RecordType]?: readonly SourceData[T][] };
}

/** The types whose records are what the user passes. */
const PLAIN = ["caa", "mx", "naptr", "ns", "ptr", "soa", "srv", "txt"] as const;

/**
 * Reads the records of a name once.
 *
 * @throws {TypeError} If a value has the wrong type, or a CNAME has company.
 * @throws {RangeError} If the TTL is negative.
 * @throws {SyntaxError} If an address is none.
 */
export function readRecords(name: string, records: DnsRecords): NameRecords {
  if (records !== Object(records)) {
    throw new TypeError(
      `Cannot set records ${showValue(records)}: they must be an object`,
    );
  }
  const { addresses = [], cname, ttl = DEFAULT_TTL } = records;
  checkNumber("ttl", ttl, 0);
  const byType: Record<string, readonly unknown[]> = {};
  const ips = (typeof addresses === "string" ? [addresses] : [...addresses])
    .map(parseIpAddress);
  add(byType, "A", ips.filter(({ family }) => family === 4));
  add(byType, "AAAA", ips.filter(({ family }) => family === 6));
  for (const key of PLAIN) {
    const given = records[key];
    if (given === undefined) continue;
    if (!Array.isArray(given)) {
      throw new TypeError(
        `Cannot use ${key} ${showValue(given)}: it must be an array`,
      );
    }
    const copies = given.map((record) => checkRecord(key, record));
    add(byType, key.toUpperCase(), copies);
  }
  if (cname !== undefined) {
    if (Object.keys(byType).length > 0) {
      throw new TypeError(
        `Cannot set a CNAME and other records of "${name}": a CNAME must be alone`,
      );
    }
    add(byType, "CNAME", [checkName(cname)]);
  }
  return { ttl, byType: byType as NameRecords["byType"] };
}

function add(
  byType: Record<string, readonly unknown[]>,
  type: string,
  records: readonly unknown[],
): void {
  if (records.length > 0) byType[type] = records;
}

/** The records of a host: its addresses. */
export function hostRecords(ips: readonly IpAddress[]): NameRecords {
  const byType: Record<string, readonly unknown[]> = {};
  add(byType, "A", ips.filter(({ family }) => family === 4));
  add(byType, "AAAA", ips.filter(({ family }) => family === 6));
  return { ttl: DEFAULT_TTL, byType: byType as NameRecords["byType"] };
}

/** The record from an address to a name. */
export function pointerTo(name: string): NameRecords {
  return { ttl: DEFAULT_TTL, byType: { PTR: [name] } };
}

/** A label of RFC 1035, or one with an underscore as services have. */
const LABEL = /^[a-z\d_]([a-z\d_-]{0,61}[a-z\d_])?$/i;

/**
 * Returns a name without its final dot, in lower case.
 *
 * @throws {TypeError} If it is not a string.
 * @throws {SyntaxError} If it is not a name.
 */
export function checkName(name: string): string {
  if (typeof name !== "string") {
    throw new TypeError(
      `Cannot use name ${showValue(name)}: it must be a string`,
    );
  }
  const bare = name.endsWith(".") ? name.slice(0, -1) : name;
  if (bare.length > 253 || !bare.split(".").every((part) => LABEL.test(part))) {
    throw new SyntaxError(
      `Cannot use name ${showValue(name)}: it is not a domain name`,
    );
  }
  return bare.toLowerCase();
}
