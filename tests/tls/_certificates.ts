/**
 * Certificates for the tests of TLS, good and bad ones, also as files for programs.
 *
 * @module
 */
import process from "node:process";
import {
  makeCertificate,
  type TestCertificate,
} from "@berkeley/sockets/testing";

const YEAR = 365 * 24 * 3600 * 1000;
const AGO = new Date(Date.now() - YEAR);
const AHEAD = new Date(Date.now() + YEAR);

const authority = await makeCertificate({
  isAuthority: true,
  commonName: "Test authority",
});
const stranger = await makeCertificate({
  isAuthority: true,
  commonName: "Unknown authority",
});
const issuer = authority;

/** The names of the certificates. */
export type CertificateName =
  | "authority"
  | "stranger"
  | "server"
  | "expired"
  | "future"
  | "otherName"
  | "strangerServer"
  | "localServer"
  | "localClient"
  | "client"
  | "expiredClient"
  | "strangerClient";

/** Certificates with their keys. */
export const CERTIFICATES: Readonly<Record<CertificateName, TestCertificate>> =
  {
    /** Issues most of the others. */
    authority,
    /** Issues those that begin with its name. */
    stranger,
    /** Of localhost, 127.0.0.1 and ::1. */
    server: await makeCertificate({ issuer }),
    expired: await makeCertificate({ issuer, validTo: AGO }),
    future: await makeCertificate({ issuer, validFrom: AHEAD }),
    /** Of a.test only. */
    otherName: await makeCertificate({ issuer, names: ["a.test"] }),
    strangerServer: await makeCertificate({ issuer: stranger }),
    /** Of localhost, but for servers only. */
    localServer: await makeCertificate({ issuer, usage: "server" }),
    /** Of localhost, but for clients only. */
    localClient: await makeCertificate({ issuer, usage: "client" }),
    client: await makeCertificate({
      issuer,
      commonName: "client one",
      usage: "client",
    }),
    expiredClient: await makeCertificate({
      issuer,
      commonName: "expired client",
      usage: "client",
      validTo: AGO,
    }),
    strangerClient: await makeCertificate({
      issuer: stranger,
      commonName: "unknown client",
      usage: "client",
    }),
  };

const FOLDER = await Deno.makeTempDir();
process.on("exit", () => {
  Deno.removeSync(FOLDER, { recursive: true });
});
for (const [name, { cert, key }] of Object.entries(CERTIFICATES)) {
  await Deno.writeTextFile(`${FOLDER}/${name}.pem`, cert);
  await Deno.writeTextFile(`${FOLDER}/${name}.key`, key);
}

/** The path of a certificate in PEM. */
export function certFile(name: CertificateName): string {
  return `${FOLDER}/${name}.pem`;
}

/** The path of a private key in PEM. */
export function keyFile(name: CertificateName): string {
  return `${FOLDER}/${name}.key`;
}
