/** Each text of rustls that our table knows, by an error that the runtime really throws. */
import { makeCertificate } from "@berkeley/sockets/testing";
import { assert, assertEquals } from "@std/assert";
import {
  CertificateError,
  ProtocolError,
  type SocketErrorKind,
  toSocketError,
  TruncatedError,
} from "@berkeley/sockets/errors";
import { IS_DENO } from "../_runtime.ts";

const DAY = 86_400_000;
const authority = await makeCertificate({ isAuthority: true });
const stranger = await makeCertificate({ isAuthority: true });
const good = await makeCertificate({ issuer: authority });

/** What both ends of a handshake reject with, or undefined. */
interface Outcome {
  client: unknown;
  server: unknown;
}

interface Side {
  server?: Partial<Deno.TlsCertifiedKeyPem> & { alpnProtocols?: string[] };
  client?: Deno.StartTlsOptions;
}

async function failure(work: Promise<unknown>): Promise<unknown> {
  return await work.then(() => undefined, (error) => error);
}

async function shakeHands(side: Side): Promise<Outcome> {
  const { cert, key } = good;
  const address = { hostname: "127.0.0.1", port: 0 };
  using listener = Deno.listenTls({ ...address, cert, key, ...side.server });
  const accepting = listener.accept();
  const tcp = await Deno.connect({ port: listener.addr.port });
  using near = await Deno.startTls(tcp, {
    hostname: "localhost",
    caCerts: [authority.cert],
    ...side.client,
  });
  using far = await accepting;
  const client = failure(near.handshake());
  const server = failure(far.handshake());
  return { client: await client, server: await server };
}

/** What a client rejects with if the server answers its first bytes with these. */
async function answer(bytes: number[]): Promise<unknown> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const tcp = await Deno.connect({ port: listener.addr.port });
  using server = await listener.accept();
  using client = await Deno.startTls(tcp, { hostname: "localhost" });
  const handshake = failure(client.handshake());
  await server.read(new Uint8Array(4096));
  await server.write(new Uint8Array(bytes));
  return await handshake;
}

/** A record with a fatal alert (RFC 8446 section 6). */
function alert(number: number): number[] {
  return [21, 3, 3, 0, 2, 2, number];
}

interface Row {
  what: string;
  code: string;
  kind: SocketErrorKind;
  /** Part of the message. */
  text: RegExp;
  provoke: () => Promise<unknown>;
}

const clientSees = (side: Side) => async () => (await shakeHands(side)).client;
const serverSees = (side: Side) => async () => (await shakeHands(side)).server;

const expired = await makeCertificate({
  issuer: authority,
  validFrom: new Date(Date.now() - 2 * DAY),
  validTo: new Date(Date.now() - DAY),
});
const early = await makeCertificate({
  issuer: authority,
  validFrom: new Date(Date.now() + DAY),
  validTo: new Date(Date.now() + 2 * DAY),
});
const ofOther = await makeCertificate({
  issuer: authority,
  names: ["other.test"],
});
const forClient = await makeCertificate({
  issuer: authority,
  usage: "client",
});

const ROWS: Row[] = [
  {
    what: "a certificate that has expired",
    code: "ECERTEXPIRED",
    kind: CertificateError,
    text: /it has expired/,
    provoke: clientSees({ server: expired }),
  },
  {
    what: "a certificate that is not valid yet",
    code: "ECERTNOTYETVALID",
    kind: CertificateError,
    text: /not valid yet/,
    provoke: clientSees({ server: early }),
  },
  {
    what: "a certificate of an unknown issuer",
    code: "ECERTISSUER",
    kind: CertificateError,
    text: /issuer is not trusted/,
    provoke: clientSees({ client: { caCerts: [stranger.cert] } }),
  },
  {
    what: "a certificate of an issuer that only has the name of a trusted one",
    code: "ECERTISSUER",
    kind: CertificateError,
    text: /issuer is not trusted/,
    provoke: async () => {
      const options = { isAuthority: true, commonName: "same" } as const;
      const [issuer, namesake] = [
        await makeCertificate(options),
        await makeCertificate(options),
      ];
      const server = await makeCertificate({ issuer });
      const client = { caCerts: [namesake.cert] };
      return await clientSees({ server, client })();
    },
  },
  {
    what: "a certificate for another name",
    code: "ECERTNAME",
    kind: CertificateError,
    text: /"localhost".*other\.test/,
    provoke: clientSees({ server: ofOther }),
  },
  {
    what: "a certificate for another address",
    code: "ECERTNAME",
    kind: CertificateError,
    text: /"127\.0\.0\.2"/,
    provoke: clientSees({ client: { hostname: "127.0.0.2" } }),
  },
  {
    what: "a server with the certificate of a client",
    code: "ECERTPURPOSE",
    kind: CertificateError,
    text: /extended key usage/,
    provoke: clientSees({ server: forClient }),
  },
  {
    what: "a client that refuses the certificate",
    code: "ETLSREFUSED",
    kind: ProtocolError,
    text: /alert "unknown CA" \(48\)/,
    provoke: serverSees({ client: { caCerts: [stranger.cert] } }),
  },
  {
    what: "a server without a common application protocol",
    code: "ETLSALPN",
    kind: ProtocolError,
    text: /application protocol/,
    provoke: clientSees({
      server: { alpnProtocols: ["a"] },
      client: { alpnProtocols: ["b"] },
    }),
  },
  {
    what: "a client without a common application protocol",
    code: "ETLSALPN",
    kind: ProtocolError,
    text: /none of the application protocols/,
    provoke: serverSees({
      server: { alpnProtocols: ["a"] },
      client: { alpnProtocols: ["b"] },
    }),
  },
  {
    what: "a peer that does not speak TLS",
    code: "EPROTO",
    kind: ProtocolError,
    text: /does not speak TLS/,
    provoke: () => answer([...new TextEncoder().encode("220 ready\r\n")]),
  },
  {
    what: "a message that comes at the wrong time",
    code: "EPROTO",
    kind: ProtocolError,
    text: /message/,
    provoke: () => answer([22, 3, 3, 0, 4, 14, 0, 0, 0]), // ServerHelloDone
  },
  {
    what: "the alert protocol_version",
    code: "ETLSVERSION",
    kind: ProtocolError,
    text: /"protocol version" \(70\)/,
    provoke: () => answer(alert(70)),
  },
  {
    what: "the alert certificate_required",
    code: "ETLSCLIENTCERT",
    kind: ProtocolError,
    text: /"certificate required" \(116\)/,
    provoke: () => answer(alert(116)),
  },
  {
    what: "the alert handshake_failure",
    code: "ETLSREFUSED",
    kind: ProtocolError,
    text: /"handshake failure" \(40\)/,
    provoke: () => answer(alert(40)),
  },
  {
    what: "an alert that nobody has defined",
    code: "ETLSREFUSED",
    kind: ProtocolError,
    text: /the alert "/,
    provoke: () => answer(alert(99)),
  },
  {
    what: "a stream that ends without close_notify",
    code: "ETLSTRUNCATED",
    kind: TruncatedError,
    text: /without close_notify/,
    async provoke() {
      const { cert, key } = good;
      const address = { hostname: "127.0.0.1", port: 0 };
      using listener = Deno.listenTls({ ...address, cert, key });
      using relay = Deno.listen(address);
      const accepting = listener.accept();
      const tcp = await Deno.connect({ port: relay.addr.port });
      const near = await relay.accept();
      const far = await Deno.connect({ port: listener.addr.port });
      const pipes = [
        near.readable.pipeTo(far.writable).catch(() => {}),
        far.readable.pipeTo(near.writable).catch(() => {}),
      ];
      using client = await Deno.startTls(tcp, {
        hostname: "localhost",
        caCerts: [authority.cert],
      });
      using server = await accepting;
      await Promise.all([client.handshake(), server.handshake()]);
      const reading = failure(client.read(new Uint8Array(1)));
      near.close();
      await Promise.all(pipes);
      return await reading;
    },
  },
];

for (const { what, code, kind, text, provoke } of ROWS) {
  Deno.test({
    name: `toSocketError() gives ${code} for ${what}`,
    ignore: !IS_DENO, // tests/tls/errors_test.ts has the errors of node:tls
    permissions: { net: true },
    async fn() {
      const foreign = await provoke();
      assert(foreign instanceof Error, String(foreign));
      const error = toSocketError(foreign, {
        action: "do it",
        syscall: "read",
      });
      assert(error instanceof kind, Deno.inspect(error));
      assert(error instanceof Object.getPrototypeOf(kind));
      assertEquals([error.code, error.cause], [code, foreign]);
      assert(text.test(error.message), error.message);
      assert(error.message.startsWith("Cannot do it: "), error.message);
    },
  });
}

Deno.test({
  name:
    "toSocketError() gives the text of an error of TLS that it does not know",
  ignore: !IS_DENO,
  fn() {
    const foreign = new Deno.errors.InvalidData("something new");
    const error = toSocketError(foreign, { action: "do it" });
    assert(error instanceof ProtocolError);
    assertEquals(error.message, "Cannot do it: something new (EPROTO)");
  },
});
