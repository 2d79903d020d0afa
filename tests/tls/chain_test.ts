/** Chains of certificates, and keys of every kind. */
import { assertEquals, assertRejects } from "@std/assert";
import { CertificateError } from "@berkeley/sockets/errors";
import {
  makeCertificate,
  type TestCertificate,
} from "@berkeley/sockets/testing";
import { openssl } from "../testing/_openssl.ts";
import { HAS_OPENSSL } from "./_openssl.ts";
import {
  authority,
  carrierOn,
  CARRIERS,
  eachCarrier,
  failure,
} from "./_tls.ts";
import { FAMILIES } from "../_each_family.ts";

/** An authority that another one vouches for. */
const middle = await makeCertificate({ issuer: authority, isAuthority: true });

/** What a server shows for a certificate that the second of them issued. */
function shown(leaf: TestCertificate, ...issuers: TestCertificate[]) {
  const cert = [leaf, ...issuers].map(({ cert }) => cert).join("");
  return { cert, key: leaf.key };
}

eachCarrier(
  "connectTls() follows a chain to its authority",
  async (carrier) => {
    const leaf = await makeCertificate({ issuer: middle });
    await using ends = await carrier.pair({}, shown(leaf, middle));
    await ends.server.send("hello\n");
    assertEquals(await ends.client.readLine(), "hello");
  },
);

const BROKEN = {
  "lacks an intermediate certificate": {
    code: "ECERTISSUER",
    own: async () => shown(await makeCertificate({ issuer: middle })),
  },
  "has an issuer that is no authority": {
    code: "ECERTISSUER",
    own: async () => {
      const issuer = await makeCertificate({ issuer: authority });
      return shown(await makeCertificate({ issuer }), issuer);
    },
  },
  "begins with the certificate of an authority": {
    code: "ECERTPURPOSE",
    own: async () => {
      const names = ["localhost"];
      const ipAddresses = ["127.0.0.1", "::1"];
      const issuer = authority;
      return shown(
        await makeCertificate({
          isAuthority: true,
          names,
          ipAddresses,
          issuer,
        }),
      );
    },
  },
};

for (const [what, { code, own }] of Object.entries(BROKEN)) {
  eachCarrier(
    `connectTls() refuses a chain that ${what}`,
    async ({ connect, listen }) => {
      using listener = await listen(await own());
      const accepting = failure(listener.accept());
      const error = await assertRejects(
        () => connect(listener.addr),
        CertificateError,
      );
      assertEquals(error.code, code, error.message);
      listener.close();
      await accepting;
    },
  );
}

/** How OpenSSL makes a key, in PKCS #8 or an older form. */
const KEYS = {
  "RSA in PKCS #8": ["genpkey", "-algorithm", "RSA"],
  "RSA in PKCS #1": ["genrsa", "-traditional", "2048"],
  "P-256 in SEC 1": ["ecparam", "-name", "prime256v1", "-genkey"],
  "P-384 in PKCS #8": [
    ...["genpkey", "-algorithm", "EC"],
    ...["-pkeyopt", "ec_paramgen_curve:secp384r1"],
  ],
  "Ed25519 in PKCS #8": ["genpkey", "-algorithm", "ED25519"],
};

for (const [kind, args] of Object.entries(KEYS)) {
  Deno.test({
    name: `listenTls() and connectTls() take a certificate of openssl, ${kind}`,
    ignore: !HAS_OPENSSL,
    async fn() {
      const { output } = await openssl({}, ...args);
      const key = /-----BEGIN [^]*-----END.*\n/.exec(output)![0];
      const made = await openssl(
        { "own.key": key },
        ...["req", "-x509", "-key", "own.key", "-subj", "/CN=x"],
        ...["-addext", "subjectAltName=IP:127.0.0.1"],
        ...["-addext", "basicConstraints=critical,CA:FALSE"],
      );
      const cert = made.output;
      for (const backend of CARRIERS) {
        const { pair } = carrierOn(backend, FAMILIES[0]!);
        await using ends = await pair({ caCerts: [cert] }, { cert, key });
        await ends.server.send("hello\n");
        assertEquals(await ends.client.readLine(), "hello");
      }
    },
  });
}
