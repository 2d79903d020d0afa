/** What passes for PEM, by what `connectTls` refuses before it connects. */
import { assert, assertEquals } from "@std/assert";
import { connectTls, type ConnectTlsOptions } from "@berkeley/sockets/tls";
import { failure, good } from "./_tls.ts";
import { IS_DENO } from "../_runtime.ts";

const LEGACY = `-----BEGIN RSA PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-128-CBC,00

MIIB
-----END RSA PRIVATE KEY-----
`;
const ENCRYPTED = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIIB
-----END ENCRYPTED PRIVATE KEY-----
`;

const { cert, key } = good;
const crlf = (text: string) => text.replaceAll("\n", "\r\n");

const GOOD: [what: string, options: Partial<ConnectTlsOptions>][] = [
  ["lines that end in CR LF", { cert: crlf(cert), key: crlf(key) }],
  ["text around it", { cert: `Subject: x\n${cert}\nmore`, key }],
  ["key and certificate in one file", { cert: key + cert, key: cert + key }],
  ["several certificates", { caCerts: [cert + cert, cert] }],
];

const BAD: [what: string, options: Partial<ConnectTlsOptions>, text: RegExp][] =
  [
    ["no text at all", { cert: "", key }, /cert: it holds no certificate/],
    ["no Base64", { cert: cert.replace(/\n\w+/, "\n!"), key }, /no certif/],
    ["no DER", { cert: cert.replace(/\nM/, "\nA"), key }, /no certificate/],
    ["no end", { cert: cert.replace("END", "ENT"), key }, /no certificate/],
    ["a key in place of a certificate", { caCerts: [key] }, /caCerts\[0\]/],
    ["an encrypted key", { cert, key: ENCRYPTED }, /it is encrypted/],
    ["an encrypted key of OpenSSL", { cert, key: LEGACY }, /it is encrypted/],
  ];

/** The error of a call that cannot get further than to the permission. */
function errorOf(options: Partial<ConnectTlsOptions>): Promise<unknown> {
  return failure(connectTls({ hostname: "127.0.0.1", port: 9, ...options }));
}

for (const [what, options] of GOOD) {
  Deno.test({
    name: `connectTls() takes PEM with ${what}`,
    permissions: {},
    async fn() {
      const error = await errorOf(options);
      const { code } = error as { code?: string };
      assertEquals(code, IS_DENO ? "ENOTCAPABLE" : "ECONNREFUSED");
    },
  });
}

for (const [what, options, text] of BAD) {
  Deno.test({
    name: `connectTls() refuses PEM with ${what}`,
    permissions: {},
    async fn() {
      const error = await errorOf(options);
      assert(error instanceof TypeError, Deno.inspect(error));
      assert(text.test(error.message), error.message);
    },
  });
}
