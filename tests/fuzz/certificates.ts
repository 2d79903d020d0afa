/**
 * Fuzzes what reads certificates, and what makes them.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { IpAddress } from "@berkeley/sockets/address";
import {
  type CertificateOptions,
  makeCertificate,
  type TestCertificate,
} from "@berkeley/sockets/testing";
import { PeerCertificate } from "@berkeley/sockets/tls";
import type { Random } from "../_random.ts";
import { mutateBytes, mutateText } from "./_mutate.ts";
import type { FuzzTarget } from "./_target.ts";

const LETTERS = 'abcABC012é漢🐢 =,+"\\/';

function textOf(random: Random, letters: string, most: number): string {
  const all = [...letters];
  const size = random.integer(1, most);
  return Array.from({ length: size }, () => random.pick(all)).join("");
}

function nameOf(random: Random): string {
  const star = random.next() < 0.2 ? "*." : "";
  return `${star}${textOf(random, "abc-0", 60)}.${textOf(random, "xyz", 9)}`;
}

function addressOf(random: Random): string {
  const bytes = new Uint8Array(random.pick([4, 16]));
  for (let i = 0; i < bytes.length; i++) bytes[i] = random.integer(0, 255);
  return IpAddress.fromBytes(bytes).toString();
}

/** A time to the second in the years that certificates can have. */
function timeOf(random: Random, least: number, most: number): Date {
  const year = random.integer(least, most);
  const date = new Date(0);
  date.setUTCFullYear(year, random.integer(0, 11), random.integer(1, 28));
  date.setUTCHours(random.integer(0, 23), random.integer(0, 59), 59);
  return date;
}

function optionsOf(random: Random): CertificateOptions {
  const list = (make: (random: Random) => string) =>
    Array.from({ length: random.integer(0, 4) }, () => make(random));
  return {
    commonName: textOf(random, LETTERS, 30),
    names: ["a.test", ...list(nameOf)],
    ipAddresses: list(addressOf),
    validFrom: timeOf(random, 1000, 2049),
    validTo: timeOf(random, 2050, 9999),
  };
}

/** The certificate of an issuer for all tries. */
let authority: Promise<TestCertificate> | undefined;

async function readsWhatWasMade(random: Random): Promise<PeerCertificate> {
  authority ??= makeCertificate({ isAuthority: true, commonName: "issuer" });
  const options = optionsOf(random);
  const { raw } = await makeCertificate({
    ...options,
    issuer: await authority,
  });
  const read = new PeerCertificate(raw);
  assertEquals(read.subject, { CN: options.commonName! });
  assertEquals(read.issuer, { CN: "issuer" });
  assertEquals(
    read.subjectAltNames.map(({ value }) => value),
    [...options.names!, ...options.ipAddresses!],
  );
  assertEquals(read.validFrom, options.validFrom);
  assertEquals(read.validTo, options.validTo);
  return read;
}

/** Fuzzes certificates. */
export const certificates: FuzzTarget = {
  name: "certificates",
  claim:
    "what makeCertificate() makes reads as it was meant, and a malformed certificate fails with the error for that",
  tries: 60,
  outcomes: ["a mutant read", "a mutant refused"],
  async once(random) {
    const { raw } = await readsWhatWasMade(random);
    const { cert, key } = await authority!;
    const issuer = { cert: mutateText(random, cert, "AZaz09+/-=\n", 3), key };
    await makeCertificate({ issuer }).catch((error) => {
      assert(error instanceof SyntaxError, error);
    });
    const mutant = mutateBytes(random, raw, 3);
    try {
      const { validFrom, subjectAltNames } = new PeerCertificate(mutant);
      assert(validFrom instanceof Date && Array.isArray(subjectAltNames));
      return "a mutant read";
    } catch {
      assertThrows(() => new PeerCertificate(mutant), RangeError);
      return "a mutant refused";
    }
  },
};
