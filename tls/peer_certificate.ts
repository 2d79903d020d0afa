import type { createHash } from "node:crypto";
import { IpAddress } from "../address/mod.ts";
import {
  type Element,
  identityOf,
  malformed,
  subjectAltNamesOf,
} from "./_der.ts";
import { readDistinguishedName } from "./_distinguished_name.ts";

/** The tag of a time with two digits for the year (RFC 5280, section 4.1.2.5). */
const UTC_TIME = 0x17;

/**
 * The attributes of a name in a certificate, by their short names: `CN`, `O`, `OU`,
 * `C`, `ST`, `L`, `emailAddress` and such, or else by their identifiers, such as
 * `2.5.4.97`. The values of an attribute that occurs again are joined by `", "`.
 */
export type DistinguishedName = Readonly<Record<string, string>>;

/**
 * The certificate of the peer (X.509, RFC 5280), as
 * {@linkcode TlsConn.prototype.peerCertificate} returns it.
 *
 * @example Who the server is
 * ```ts
 * import { connectTls, listenTls } from "@berkeley/sockets/tls";
 * import { makeCertificate } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const { cert, key } = await makeCertificate({
 *   names: ["localhost", "*.example.com"],
 *   commonName: "The server",
 * });
 * await using listener = await listenTls({
 *   hostname: "127.0.0.1",
 *   port: 0,
 *   cert,
 *   key,
 * });
 * const accepting = listener.accept();
 * await using client = await connectTls({
 *   ...listener.addr,
 *   serverName: "localhost",
 *   caCerts: [cert],
 *   backend: "node", // "deno" does not tell the certificate
 * });
 * await using server = await accepting;
 *
 * const certificate = client.peerCertificate!;
 * assertEquals(certificate.subject.CN, "The server");
 * assertEquals(certificate.subjectAltNames, [
 *   { type: "dns", value: "localhost" },
 *   { type: "dns", value: "*.example.com" },
 * ]);
 * assertEquals(certificate.validTo > new Date(), true);
 * assertEquals(certificate.fingerprint256.length, 95);
 * ```
 */
export class PeerCertificate {
  /** The bytes of the certificate (DER). */
  readonly raw: Uint8Array<ArrayBuffer>;
  /** The name of the certificate's subject. */
  readonly subject: DistinguishedName;
  /** The name of the authority that has signed it. */
  readonly issuer: DistinguishedName;
  /** The DNS names and the IP addresses that it is for (subjectAltName). */
  readonly subjectAltNames: readonly SubjectAltName[];
  /** From when on it is valid. */
  readonly validFrom: Date;
  /** Until when it is valid. */
  readonly validTo: Date;
  /** The number that its issuer gave it, in hexadecimal digits. */
  readonly serialNumber: string;
  #fingerprint: string | undefined;

  /**
   * Not for users: `TlsConn.peerCertificate` makes it.
   *
   * @ignore
   */
  constructor(raw: Uint8Array<ArrayBuffer>) {
    this.raw = raw;
    const { serialNumber, issuer, validity: [from, to], subject } = identityOf(
      raw,
    );
    this.subject = readDistinguishedName(subject);
    this.issuer = readDistinguishedName(issuer);
    this.subjectAltNames = namesOf(raw);
    this.validFrom = timeOf(from);
    this.validTo = timeOf(to);
    this.serialNumber = hex(serialNumber).join("").replace(/^00(?=..)/, "");
  }

  /** SHA-256 of the bytes, as `openssl x509 -fingerprint -sha256` shows it: `AB:CD:…`. */
  get fingerprint256(): string {
    return this.#fingerprint ??= hex(sha256(this.raw)).join(":");
  }
}

/** A DNS name or an IP address of a certificate. */
export interface SubjectAltName {
  /** What it is. */
  readonly type: "dns" | "ip";
  /** The name, such as `*.example.com`, or the address. */
  readonly value: string;
}

function namesOf(raw: Uint8Array): readonly SubjectAltName[] {
  const { dnsNames, ipAddresses } = subjectAltNamesOf(raw);
  return [
    ...dnsNames.map((value) => ({ type: "dns" as const, value })),
    ...ipAddresses.filter(({ length }) => length === 4 || length === 16)
      .map((bytes) => ({
        type: "ip" as const,
        value: IpAddress.fromBytes(bytes).toString(),
      })),
  ];
}

/** A time as `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`. */
function timeOf({ tag, content }: Element): Date {
  const text = String.fromCharCode(...content);
  const century = tag === UTC_TIME ? Number(text[0]) < 5 ? "20" : "19" : "";
  const digits = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(
    century + text,
  );
  if (digits === null) throw malformed();
  const [year, month, day, hour, minute, second] = digits.slice(1).map(Number);
  const time = new Date(0);
  time.setUTCFullYear(year!, month! - 1, day!);
  time.setUTCHours(hour!, minute!, second!);
  return time;
}

function hex(bytes: Uint8Array): string[] {
  return Array.from(
    bytes,
    (byte) => byte.toString(16).padStart(2, "0").toUpperCase(),
  );
}

/** What loads a module of the runtime at once: importing `node:process` takes longer. */
interface BuiltIns {
  readonly process: {
    getBuiltinModule(name: "node:crypto"): { createHash: typeof createHash };
  };
}

/** Loads `node:crypto` only now: few programs ask for a fingerprint. */
function sha256(bytes: Uint8Array): Uint8Array {
  const { process } = globalThis as unknown as BuiltIns;
  const crypto = process.getBuiltinModule("node:crypto");
  return crypto.createHash("sha256").update(bytes).digest();
}
