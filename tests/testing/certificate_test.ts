/** Certificates of `makeCertificate`, as OpenSSL, rustls and WebCrypto see them. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  type CertificateOptions,
  makeCertificate,
} from "@berkeley/sockets/testing";
import { X509Certificate } from "node:crypto";
import { runInVirtualTime } from "../../testing/_sim/time/mod.ts";
import { HAS_OPENSSL, openssl } from "./_openssl.ts";

const ignore = !HAS_OPENSSL;
const YEAR = 365 * 24 * 3600 * 1000;

Deno.test({
  name: "makeCertificate() makes chains that OpenSSL accepts, in strict mode",
  ignore,
  async fn() {
    const root = await makeCertificate({ isAuthority: true });
    const middle = await makeCertificate({ isAuthority: true, issuer: root });
    const leaf = await makeCertificate({
      names: ["db.test", "*.web.test"],
      ipAddresses: ["192.0.2.7", "2001:db8::7"],
      issuer: middle,
    });
    const files = {
      "root.pem": root.cert,
      "middle.pem": middle.cert,
      "leaf.pem": leaf.cert,
    };
    const checks = [
      ["-verify_hostname", "db.test"],
      ["-verify_hostname", "a.web.test"],
      ["-verify_ip", "192.0.2.7"],
      ["-verify_ip", "2001:db8::7"],
      ["-purpose", "sslserver"],
      ["-purpose", "sslclient"],
    ];
    for (const check of checks) {
      const chain = ["-CAfile", "root.pem", "-untrusted", "middle.pem"];
      const words = ["verify", "-x509_strict", ...chain, ...check, "leaf.pem"];
      const { code, output } = await openssl(files, ...words);
      assertEquals([code, output.trim()], [0, "leaf.pem: OK"]);
    }
  },
});

Deno.test({
  name: "makeCertificate() writes what the options say",
  ignore,
  async fn() {
    const issuer = await makeCertificate({
      isAuthority: true,
      commonName: "Ärger & Söhne",
    });
    const leaf = await makeCertificate({
      commonName: "the one",
      names: ["a.test"],
      ipAddresses: ["::1"],
      usage: "client",
      validFrom: new Date("1949-12-31T23:59:59.900Z"),
      validTo: new Date("2050-01-01T00:00:00Z"),
      issuer,
    });
    const { output } = await openssl(
      { "leaf.pem": leaf.cert },
      ..."x509 -text -noout -nameopt utf8,sep_comma_plus -in leaf.pem".split(
        " ",
      ),
    );
    const text = output.replaceAll(/\s+/g, " ");
    for (
      const part of [
        "Version: 3 (0x2)",
        "Signature Algorithm: ecdsa-with-SHA256",
        "Issuer: CN=Ärger & Söhne",
        "Not Before: Dec 31 23:59:59 1949 GMT Not After : Jan 1 00:00:00 2050 GMT",
        "Subject: CN=the one",
        "Basic Constraints: critical CA:FALSE",
        "Key Usage: critical Digital Signature",
        "Extended Key Usage: TLS Web Client Authentication X509v3 Subject",
        "Subject Alternative Name: DNS:a.test, IP Address:0:0:0:0:0:0:0:1",
        "NIST CURVE: P-256",
      ]
    ) {
      assertStringIncludes(text, part);
    }
    const authority = await openssl(
      { "ca.pem": issuer.cert },
      ..."x509 -text -noout -in ca.pem".split(" "),
    );
    assertMatch(authority.output, /critical\s+CA:TRUE/);
    assertMatch(authority.output, /critical\s+Certificate Sign, CRL Sign/);
    assert(!authority.output.includes("Extended Key Usage"));
  },
});

const REFUSED: {
  why: string;
  leaf: CertificateOptions;
  issuer?: CertificateOptions;
  check?: string[];
}[] = [
  {
    why: "certificate has expired",
    leaf: { validTo: new Date(Date.now() - YEAR) },
  },
  {
    why: "certificate is not yet valid",
    leaf: { validFrom: new Date(Date.now() + YEAR) },
  },
  { why: "invalid CA certificate", leaf: {}, issuer: { isAuthority: false } },
  {
    why: "hostname mismatch",
    leaf: { names: ["a.test"] },
    check: ["-verify_hostname", "b.test"],
  },
  {
    why: "IP address mismatch",
    leaf: { ipAddresses: ["127.0.0.1"] },
    check: ["-verify_ip", "127.0.0.2"],
  },
  {
    why: "unsuitable certificate purpose",
    leaf: { usage: "client" },
    check: ["-purpose", "sslserver"],
  },
  {
    why: "unsuitable certificate purpose",
    leaf: { usage: "server" },
    check: ["-purpose", "sslclient"],
  },
];

for (
  const { why, leaf, issuer = { isAuthority: true }, check = [] } of REFUSED
) {
  const what = [...Object.keys({ ...leaf, ...issuer }), ...check].join(" ");
  Deno.test({
    name: `OpenSSL refuses what makeCertificate() made with ${what}: ${why}`,
    ignore,
    async fn() {
      const root = await makeCertificate({ commonName: "the root", ...issuer });
      const { cert } = await makeCertificate({ ...leaf, issuer: root });
      const { code, output } = await openssl(
        { "root.pem": root.cert, "leaf.pem": cert },
        ...["verify", "-CAfile", "root.pem", ...check, "leaf.pem"],
      );
      assertStringIncludes(output, why);
      assertNotEquals(code, 0);
    },
  });
}

Deno.test({
  name: "makeCertificate() signs validly whatever numbers the signature has",
  ignore,
  async fn() {
    const issuer = await makeCertificate({ isAuthority: true });
    const made = await Promise.all(
      Array.from({ length: 200 }, () => makeCertificate({ issuer })),
    );
    const files = Object.fromEntries(
      made.map(({ cert }, i) => [`${i}.pem`, cert]),
    );
    const { code, output } = await openssl(
      { ...files, "root.pem": issuer.cert },
      ...["verify", "-CAfile", "root.pem", ...Object.keys(files)],
    );
    assertEquals(code, 0, output);
    assertEquals(output.match(/OK$/gm)?.length, made.length);
  },
});

Deno.test("makeCertificate() makes by default what rustls accepts for localhost and its addresses", async () => {
  const { cert, key } = await makeCertificate();
  for (const hostname of ["localhost", "127.0.0.1"]) {
    using listener = Deno.listenTls({
      hostname: "127.0.0.1",
      port: 0,
      cert,
      key,
    });
    const { port } = listener.addr;
    const connecting = Deno.connectTls({ hostname, port, caCerts: [cert] });
    using server = await listener.accept();
    const [client] = await Promise.all([connecting, server.handshake()]);
    client.close();
  }
});

Deno.test({
  name: "makeCertificate() needs no permission",
  permissions: "none",
  async fn() {
    const issuer = await makeCertificate({ isAuthority: true });
    const { cert, key, raw } = await makeCertificate({ issuer });
    assertMatch(
      key,
      /^-----BEGIN PRIVATE KEY-----\n([\w+/=]{1,64}\n)+-----END/,
    );
    const [, base64 = ""] = /-\n([^-]+)\n-/.exec(cert)!;
    assertEquals(
      atob(base64.replaceAll("\n", "")),
      String.fromCharCode(...raw),
    );
  },
});

const BAD: { options: unknown; kind: ErrorConstructor; message: string }[] = [
  { options: { names: "a.test" }, kind: TypeError, message: 'names "a.test"' },
  { options: { names: [1] }, kind: TypeError, message: "names [object" },
  { options: { names: ["ä.test"] }, kind: SyntaxError, message: '"ä.test"' },
  { options: { names: [""] }, kind: SyntaxError, message: '""' },
  { options: { ipAddresses: ["1.2.3"] }, kind: SyntaxError, message: "1.2.3" },
  { options: { commonName: "" }, kind: RangeError, message: 'commonName ""' },
  { options: { commonName: 1 }, kind: TypeError, message: "commonName" },
  {
    options: { commonName: "x".repeat(65) },
    kind: RangeError,
    message: "64 characters",
  },
  { options: { isAuthority: 1 }, kind: TypeError, message: "isAuthority" },
  { options: { usage: "both" }, kind: TypeError, message: '"both"' },
  { options: { validTo: "2050" }, kind: TypeError, message: "validTo" },
  { options: { validTo: new Date(NaN) }, kind: RangeError, message: "year" },
  {
    options: { validFrom: new Date(1), validTo: new Date(0) },
    kind: RangeError,
    message: "validTo is before validFrom",
  },
  { options: { issuer: {} }, kind: TypeError, message: "the issuer's cert" },
  {
    options: { issuer: { cert: "", key: "" } },
    kind: SyntaxError,
    message: "the issuer's cert",
  },
];

for (const { options, kind, message } of BAD) {
  Deno.test(`makeCertificate() rejects a bad option: ${message}`, async () => {
    await assertRejects(
      () => makeCertificate(options as CertificateOptions),
      kind,
      message,
    );
  });
}

Deno.test("makeCertificate() rejects an issuer that is malformed, or has another key", async () => {
  const { cert, key } = await makeCertificate({ isAuthority: true });
  const lines = cert.trim().split("\n");
  for (let kept = 0; kept < lines.length - 2; kept++) { // of the lines of base64
    const malformed = [...lines.slice(0, kept + 1), lines.at(-1)];
    await assertRejects(
      () => makeCertificate({ issuer: { cert: malformed.join("\n"), key } }),
      SyntaxError,
      "issuer's cert",
    );
  }
  const other = await crypto.subtle.generateKey(
    { name: "ECDSA", namedCurve: "P-384" },
    true,
    ["sign"],
  );
  const bytes = await crypto.subtle.exportKey("pkcs8", other.privateKey);
  const base64 = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  const pem =
    `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----`;
  for (const wrong of [cert, pem]) {
    await assertRejects(
      () => makeCertificate({ issuer: { cert, key: wrong } }),
      SyntaxError,
      "issuer's key",
    );
  }
});

Deno.test("makeCertificate() reads each option once", async () => {
  const { cert, key } = await makeCertificate({ isAuthority: true });
  const reads: PropertyKey[] = [];
  const counted = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(_, name) {
        reads.push(name);
        return Reflect.get(target, name);
      },
    });
  await makeCertificate(counted({ issuer: counted({ cert, key }) }));
  assertEquals(reads.length, new Set(reads).size, reads.map(String).join());
});

for (const start of ["2001-01-01T00:00:00Z", "2044-01-01T00:00:00Z"]) {
  Deno.test(`makeCertificate() in a simulation of ${start.slice(0, 4)} is valid now, too`, async () => {
    const virtual = Date.parse(start);
    const { cert } = await runInVirtualTime(
      { seed: 1, start: virtual },
      () => makeCertificate(),
    );
    const { validFromDate, validToDate } = new X509Certificate(cert);
    for (const time of [Date.now(), virtual]) {
      assert(validFromDate.getTime() < time && time < validToDate.getTime());
    }
  });
}
