/**
 * Helpers for the tests of programs that use this package. Nothing else imports this
 * module, and `@berkeley/sockets` does not export it.
 *
 * - {@linkcode makeCertificate}: certificates for TLS, of an authority that exists in
 *   the test only.
 *
 * @example A certificate for localhost
 * ```ts
 * import { makeCertificate } from "@berkeley/sockets/testing";
 * import { assertMatch } from "@std/assert";
 *
 * const { cert, key } = await makeCertificate();
 * assertMatch(cert, /^-----BEGIN CERTIFICATE-----\n/);
 * assertMatch(key, /^-----BEGIN PRIVATE KEY-----\n/);
 * ```
 *
 * @module
 */
export type { CertificateOptions } from "./_certificate_options.ts";
export * from "./certificate.ts";
