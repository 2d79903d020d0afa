import { tryParseIpAddress } from "../address/mod.ts";
import { checkType, showValue } from "../internal/check/mod.ts";

/** One label of a host name; the underscore is no part of RFC 952, but of real names. */
const LABEL = /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;
/** The most characters of a host name (RFC 1035 section 2.3.4). */
const MOST = 253;

/**
 * Returns the name, or the IP address, that a certificate must have, as certificates
 * and SNI have it: without brackets, zone and final dot.
 *
 * @throws {TypeError} If it is neither a host name in ASCII nor an IP address.
 */
export function readServerName(option: string, name: unknown): string {
  if (name === undefined) {
    throw new TypeError(`Cannot start TLS: ${option} is missing`);
  }
  checkType(option, name, "string");
  const given = name as string;
  const bare = /^\[(.*)\]$/.exec(given)?.[1] ?? given;
  const ip = tryParseIpAddress(bare.replace(/%.*$/, ""));
  if (ip !== undefined) return ip.unmap().toString();
  const host = given.replace(/\.$/, "");
  if (
    host.length <= MOST && host.split(".").every((label) => LABEL.test(label))
  ) {
    return host;
  }
  throw new TypeError(
    `Cannot use ${option} ${
      showValue(name)
    }: it is neither a host name nor an IP address`,
  );
}
