/** What a certificate tells of the peer. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { makeCertificate } from "@berkeley/sockets/testing";
import { PeerCertificate } from "../../tls/peer_certificate.ts";
import { hasProgram } from "../_programs.ts";
import { IS_DENO } from "../_runtime.ts";

Deno.test("PeerCertificate tells names, validity and bytes", async () => {
  const authority = await makeCertificate({
    isAuthority: true,
    commonName: "The authority",
  });
  const validFrom = new Date("2025-01-02T03:04:05Z");
  const validTo = new Date("2060-01-02T03:04:05Z"); // a GeneralizedTime
  const { raw } = await makeCertificate({
    issuer: authority,
    commonName: "Zoë, Inc.",
    names: ["localhost", "*.example.com"],
    ipAddresses: ["192.0.2.1", "2001:db8::1"],
    validFrom,
    validTo,
  });
  const certificate = new PeerCertificate(raw);
  assertEquals(certificate.raw, raw);
  assertEquals(certificate.subject, { CN: "Zoë, Inc." });
  assertEquals(certificate.issuer, { CN: "The authority" });
  assertEquals(certificate.subjectAltNames, [
    { type: "dns", value: "localhost" },
    { type: "dns", value: "*.example.com" },
    { type: "ip", value: "192.0.2.1" },
    { type: "ip", value: "2001:db8::1" },
  ]);
  assertEquals(certificate.validFrom, validFrom);
  assertEquals(certificate.validTo, validTo);
});

async function openssl(args: string[], input: Uint8Array): Promise<string> {
  const child = new Deno.Command("openssl", {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(input as Uint8Array<ArrayBuffer>);
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test({
  name: "PeerCertificate agrees with openssl",
  ignore: !hasProgram("openssl"),
  async fn() {
    const made = await makeCertificate({ commonName: "a b" });
    const { raw } = made;
    const certificate = new PeerCertificate(raw);
    const text = await openssl(
      [
        "x509",
        "-inform",
        "DER",
        "-noout",
        "-fingerprint",
        "-sha256",
        "-serial",
      ],
      raw,
    );
    const [fingerprint, serial] = text.trim().split("\n")
      .map((line) => line.split("=")[1]);
    assertEquals(certificate.fingerprint256, fingerprint);
    assertEquals(certificate.serialNumber, serial);
  },
});

/** A name of these attributes, each as identifier, tag of the text, and bytes. */
const SUBJECT =
  "/C=DE/ST=Berlin/L=Berlin/O=Acme/OU=One/OU=Two/CN=x/emailAddress=a@b.example/UID=7/2.5.4.97=custom";

Deno.test({
  name: "PeerCertificate names attributes as RFC 4514 does",
  // A pipe of Node is a socket, which openssl cannot open as /dev/stdin.
  ignore: !IS_DENO || !hasProgram("openssl"),
  async fn() {
    const { key } = await makeCertificate();
    const pem = await openssl(
      ["req", "-x509", "-new", "-key", "/dev/stdin", "-subj", SUBJECT],
      new TextEncoder().encode(key),
    );
    const base64 = pem.replaceAll(/-----.*?-----|\s/g, "");
    const certificate = new PeerCertificate(
      Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)),
    );
    assertEquals(certificate.subject, {
      C: "DE",
      ST: "Berlin",
      L: "Berlin",
      O: "Acme",
      OU: "One, Two",
      CN: "x",
      emailAddress: "a@b.example",
      UID: "7",
      "2.5.4.97": "custom",
    });
    assertEquals(certificate.subject, certificate.issuer);
    assertEquals(certificate.subjectAltNames, []);
  },
});

Deno.test("PeerCertificate throws for every cut of a certificate", async () => {
  const { raw } = await makeCertificate();
  for (let end = 0; end < raw.length; end++) {
    assertThrows(() => new PeerCertificate(raw.slice(0, end)), RangeError);
  }
});
