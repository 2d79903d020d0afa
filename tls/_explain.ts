import { X509Certificate } from "node:crypto";
import { purposesOf } from "./_der.ts";

/** Whose certificate it is. */
export type Role = "server" | "client";

/**
 * The purposes that a certificate must have, if it has any: serverAuth
 * 1.3.6.1.5.5.7.3.1 or clientAuth 1.3.6.1.5.5.7.3.2, or anyExtendedKeyUsage 2.5.29.37.0.
 */
const PURPOSES: Readonly<Record<Role, readonly number[]>> = {
  server: [1, 0],
  client: [2, 0],
};

/**
 * The clock by which `node:tls` verifies, also where a test replaces `Date`: fake timers,
 * or the virtual time of `simulate()`.
 */
export const systemNow: () => number = Date.now;

/** Makes an error with a code. */
export function refusal(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/**
 * Returns why a certificate that `node:tls` refused with this code cannot be trusted.
 * Deno 2.9.6 calls one that has expired, is not valid yet, or is for another purpose
 * UNABLE_TO_VERIFY_LEAF_SIGNATURE, as if its issuer were unknown.
 */
export function explain(
  raw: Uint8Array | undefined,
  code: string,
  role: Role,
): Error {
  const refused = (own: string, why: string) =>
    refusal(own, `the certificate of the ${role} was refused: ${why}`);
  if (raw === undefined) return refused(code, code);
  const { validFromDate, validToDate, ca } = new X509Certificate(raw);
  const now = new Date(systemNow());
  if (validToDate < now) return refused("ECERTEXPIRED", "it has expired");
  if (validFromDate > now) {
    return refused("ECERTNOTYETVALID", "it is not valid yet");
  }
  const allowed = PURPOSES[role];
  if (purposesOf(raw)?.every((purpose) => !allowed.includes(purpose))) {
    return refused("ECERTPURPOSE", `it is not for a ${role}`);
  }
  if (ca) return refused("ECERTPURPOSE", "it is the one of an authority");
  // What Node has no name for, such as an issuer that is no authority.
  if (code === "UNSPECIFIED") {
    return refused("ECERTISSUER", "its chain has an issuer that is not valid");
  }
  return refused(code, code);
}
