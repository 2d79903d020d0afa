import { formatIpAddress, parseIpAddress } from "../address/mod.ts";
import { checkType, showValue } from "../internal/check/mod.ts";
import type { CertificateOptions } from "./_certificate_options.ts";
import { realNow } from "./_sim/time/clock.ts";

/** The longest common name (RFC 5280, ub-common-name). */
const MAX_COMMON_NAME = 64;
const DAY = 24 * 3600 * 1000;

/** What a certificate says of its holder, checked. */
export interface Subject {
  readonly names: readonly string[];
  readonly addresses: readonly Uint8Array[];
  readonly commonName: string;
  readonly validFrom: Date;
  readonly validTo: Date;
  readonly isAuthority: boolean;
  readonly usages: readonly ("server" | "client")[];
}

/** The options for the subject of the certificate; the others are the issuer's. */
export type SubjectOptions = Omit<CertificateOptions, "issuer">;

/** Checks options, each of which is read once, and fills in the defaults. */
export function subjectOf(options: SubjectOptions, serial: string): Subject {
  const { isAuthority = false, commonName, usage, validFrom, validTo } =
    options;
  checkType("isAuthority", isAuthority, "boolean");
  const names = listOf("names", options.names).map(checkName);
  const ips = listOf("ipAddresses", options.ipAddresses).map((text) =>
    parseIpAddress(text)
  );
  if (names.length + ips.length === 0 && !isAuthority) {
    names.push("localhost");
    ips.push(parseIpAddress("127.0.0.1"), parseIpAddress("::1"));
  }
  return {
    names,
    addresses: ips.map((ip) => ip.toBytes()),
    commonName: commonName === undefined
      ? isAuthority
        ? `Test authority ${serial}`
        : (names[0] ?? formatIpAddress(ips[0]!)).slice(0, MAX_COMMON_NAME)
      : checkCommonName(commonName),
    ...periodOf(validFrom, validTo),
    isAuthority,
    usages: usagesOf(usage),
  };
}

/** Copies a list of texts. */
function listOf(
  name: string,
  list: readonly string[] | undefined,
): string[] {
  if (list === undefined) return [];
  const items: unknown[] = Array.isArray(list) ? [...list] : [undefined];
  if (items.every((item) => typeof item === "string")) return items;
  throw new TypeError(
    `Cannot use ${name} ${showValue(list)}: it must be an array of strings`,
  );
}

/** A DNS name of a certificate may begin with `*.`, and is ASCII. */
function checkName(name: string): string {
  if (/^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i.test(name)) return name;
  throw new SyntaxError(
    `Cannot use name ${showValue(name)}: it must be a DNS name in ASCII`,
  );
}

function checkCommonName(name: string): string {
  checkType("commonName", name, "string");
  if (name.length > 0 && name.length <= MAX_COMMON_NAME) return name;
  throw new RangeError(
    `Cannot use commonName ${
      showValue(name)
    }: it must have 1 to ${MAX_COMMON_NAME} characters`,
  );
}

function usagesOf(usage: CertificateOptions["usage"]): Subject["usages"] {
  if (usage === undefined) return ["server", "client"];
  if (usage === "server" || usage === "client") return [usage];
  throw new TypeError(
    `Cannot use usage ${showValue(usage)}: it must be "server" or "client"`,
  );
}

function periodOf(
  from: Date | undefined,
  to: Date | undefined,
): Pick<Subject, "validFrom" | "validTo"> {
  // In a simulation the clock of the program differs from that of what encrypts.
  const clocks = [Date.now(), realNow()];
  const end = timeOf("validTo", to);
  const first = Math.min(...clocks, end ?? Infinity);
  const start = timeOf("validFrom", from) ?? first - DAY;
  const validFrom = new Date(start);
  const validTo = new Date(end ?? Math.max(...clocks, start) + DAY);
  if (validFrom <= validTo) return { validFrom, validTo };
  throw new RangeError(
    "Cannot make a certificate: validTo is before validFrom",
  );
}

/** The milliseconds of a date of the years that DER can express. */
function timeOf(name: string, date: Date | undefined): number | undefined {
  if (date === undefined) return undefined;
  if (!(date instanceof Date)) {
    throw new TypeError(
      `Cannot use ${name} ${showValue(date)}: it must be a Date`,
    );
  }
  const year = date.getUTCFullYear();
  if (year >= 0 && year <= 9999) return date.getTime();
  throw new RangeError(
    `Cannot use ${name} ${String(date)}: its year must be from 0 to 9999`,
  );
}
