/** TLS by `node:tls` over connections of every transport, below the public API. */
import { IS_DENO } from "../_runtime.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { BusyError, ClosedError } from "@berkeley/sockets/errors";
import { makeCertificate } from "@berkeley/sockets/testing";
import type { NodeTlsStream } from "../../tls/_node_stream.ts";
import { wrapClientNode } from "../../tls/_node_transport.ts";
import type { Handshake } from "../../tls/_transport.ts";
import { bytes, eachTransport, text, until } from "../_each_stream.ts";
import {
  authority,
  certificate,
  clientSettings,
  codeOf,
  serverSettings,
  shake,
  shakePair,
} from "./_wrapped.ts";

const stranger = await makeCertificate({ isAuthority: true, commonName: "x" });
const clientCertificate = await makeCertificate({
  issuer: authority,
  usage: "client",
});
const strangerCertificate = await makeCertificate({
  issuer: stranger,
  usage: "client",
});
const expired = await makeCertificate({
  issuer: authority,
  validFrom: new Date("2020-01-01"),
  validTo: new Date("2020-02-01"),
});

eachTransport(
  "wrapClientNode() and wrapServerNode() carry bytes both ways",
  async ({ pair }) => {
    using ends = await pair();
    await using tls = await shakePair(ends);
    const { client, server } = tls;
    await client.send(bytes("question\n"));
    assertEquals(await server.readLine(), "question");

    const large = new Uint8Array(1_000_000).map((_, i) => i * 7);
    const writing = server.writeAll(large);
    assertEquals(await client.readExact(large.length), large);
    await writing;

    await client.closeWrite();
    assertEquals(await server.readLine(), null);
    await server.send(bytes("the last word"));
    await server.closeWrite();
    assertEquals(await client.readLine(), "the last word");
    assertEquals(await client.readLine(), null);
  },
);

eachTransport("handshake() tells of the session", async ({ pair }) => {
  using ends = await pair();
  await using shaken = await shake(
    ends,
    clientSettings({
      alpnProtocols: ["other", "mine"],
      certificate: clientCertificate,
    }),
    serverSettings({ alpnProtocols: ["mine"], clientAuth: "require" }),
  );
  const client = shaken.outcome.client as Handshake;
  const server = shaken.outcome.server as Handshake;
  assertEquals(client, {
    alpnProtocol: "mine",
    protocol: "TLSv1.3",
    serverName: "localhost",
    peerCertificate: certificate.raw,
  });
  assertEquals(server, {
    alpnProtocol: "mine",
    protocol: "TLSv1.3",
    serverName: "localhost",
    peerCertificate: clientCertificate.raw,
  });
});

const FAILURES = [
  {
    name: "another name",
    client: clientSettings({ serverName: "example.com" }),
    server: serverSettings(),
    expected: ["ECERTNAME", "ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE"],
  },
  {
    name: "an address that the certificate lacks",
    client: clientSettings({ serverName: "127.0.0.2" }),
    server: serverSettings(),
    expected: ["ECERTNAME", "ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE"],
  },
  {
    name: "an unknown issuer",
    client: clientSettings({ caCerts: [stranger.cert] }),
    server: serverSettings(),
    expected: [
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA",
    ],
  },
  {
    name: "no trusted issuer at all",
    client: { serverName: "localhost" },
    server: serverSettings(),
    expected: [
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA",
    ],
  },
  {
    name: "an expired certificate",
    client: clientSettings(),
    server: serverSettings({ certificate: expired }),
    expected: ["ECERTEXPIRED", "ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED"],
  },
  {
    name: "no common protocol",
    client: clientSettings({ alpnProtocols: ["a"] }),
    server: serverSettings({ alpnProtocols: ["b"] }),
    expected: [
      "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
      "ERR_SSL_NO_APPLICATION_PROTOCOL",
    ],
  },
  {
    name: "a name that the server does not have",
    client: clientSettings(),
    server: {
      clientAuth: "none" as const,
      certificateFor: () => undefined,
    },
    expected: [
      IS_DENO
        ? "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE"
        : "ERR_SSL_TLSV1_UNRECOGNIZED_NAME",
      "ECERTNAME",
    ],
  },
];

for (const { name, client, server, expected } of FAILURES) {
  eachTransport(
    `handshake() fails on both sides for ${name}`,
    async (setup) => {
      using ends = await setup.pair();
      await using shaken = await shake(ends, client, server);
      const { outcome } = shaken;
      assertEquals([outcome.client, outcome.server], expected);
      assertEquals(
        await shaken.client.read(new Uint8Array(1)).catch(codeOf),
        expected[0],
      );
    },
  );
}

const CLIENTS = [
  { auth: "require", name: "none", sent: undefined, accepted: false },
  {
    auth: "require",
    name: "a trusted",
    sent: clientCertificate,
    accepted: true,
  },
  {
    auth: "require",
    name: "a stranger's",
    sent: strangerCertificate,
    accepted: false,
  },
  { auth: "request", name: "none", sent: undefined, accepted: true },
  {
    auth: "request",
    name: "a trusted",
    sent: clientCertificate,
    accepted: true,
  },
  {
    auth: "request",
    name: "a stranger's",
    sent: strangerCertificate,
    accepted: false,
  },
] as const;

for (const { auth, name, sent, accepted } of CLIENTS) {
  eachTransport(
    `a server that must ${auth} a certificate, and gets ${name}`,
    async ({ pair }) => {
      using ends = await pair();
      await using shaken = await shake(
        ends,
        clientSettings({ certificate: sent }),
        serverSettings({ clientAuth: auth }),
      );
      const { server } = shaken.outcome;
      assertEquals(typeof server !== "string", accepted, String(server));
      if (accepted) {
        assertEquals((server as Handshake).peerCertificate, sent?.raw);
      } else { // TLS 1.3 tells the client of it after its handshake
        await assertRejects(() => shaken.client.read(new Uint8Array(1)));
      }
    },
  );
}

eachTransport(
  "certificateFor() chooses by name, and may take its time",
  async ({ pair }) => {
    using ends = await pair();
    const other = await makeCertificate({
      names: ["other.example"],
      issuer: authority,
    });
    const asked: unknown[] = [];
    await using shaken = await shake(
      ends,
      clientSettings({ serverName: "Other.Example" }),
      {
        clientAuth: "none",
        certificateFor: async (name) => {
          asked.push(name);
          await new Promise(setImmediate);
          return other;
        },
      },
    );
    const { client, server } = shaken.outcome;
    assertEquals(asked, ["other.example"]);
    assertEquals((client as Handshake).peerCertificate, other.raw);
    assertEquals((server as Handshake).serverName, "other.example");
  },
);

eachTransport("read() tells a cut from an end", async ({ pair }) => {
  using ends = await pair();
  await using shaken = await shake(ends);
  const { client, server } = shaken;
  await server.write(bytes("all of it?"));
  (server as NodeTlsStream).duplex.mute(); // sends no close_notify
  await server.close();
  const buffer = new Uint8Array(100);
  const count = await client.read(buffer);
  assertEquals(text(buffer.slice(0, count!)), "all of it?");
  assertEquals(await client.read(buffer).catch(codeOf), "ETLSTRUNCATED");
});

eachTransport(
  "handshake() fails when the peer ends the stream or speaks no TLS",
  async ({ pair }) => {
    {
      using ends = await pair();
      const client = await wrapClientNode(ends.client, clientSettings());
      await ends.server.closeWrite();
      await assertRejects(() => client.handshake());
      assertEquals(await client.handshake().catch(codeOf), "EOF");
      await client.close();
    }
    {
      using ends = await pair();
      const client = await wrapClientNode(ends.client, clientSettings());
      await ends.server.send(bytes("HTTP/1.1 400 Bad Request\r\n\r\n"));
      assertEquals(
        await client.handshake().catch(codeOf),
        "ERR_SSL_WRONG_VERSION_NUMBER",
      );
      await client.close();
    }
  },
);

eachTransport(
  "wrapClientNode() refuses what came in plain text, and closes",
  async ({ pair }) => {
    using ends = await pair();
    await ends.server.send(bytes("220 go ahead\r\n250 AUTH PLAIN\r\n"));
    assertEquals(await ends.client.readLine(), "220 go ahead");
    await ends.client.peek(1);
    const error = await assertRejects(() =>
      wrapClientNode(ends.client, clientSettings())
    );
    assertEquals(codeOf(error), "EPROTO");
    assertEquals(ends.client.isClosed, true);
    assertEquals(await ends.server.readLine().catch(() => null), null);
  },
);

eachTransport(
  "wrapClientNode() takes the plain connection over",
  async ({ pair }) => {
    using ends = await pair();
    const reading = ends.client.readLine();
    await assertRejects(
      () => wrapClientNode(ends.client, clientSettings()),
      BusyError,
    );
    await ends.server.send(bytes("\n"));
    assertEquals(await reading, "");
    await using _tls = await shakePair(ends);
    await assertRejects(() => ends.client.send(bytes("x")), ClosedError);
    ends.client.close(); // closes nothing
  },
);

eachTransport(
  "wrapServerNode() reads no further ahead than a bound",
  async ({ pair }) => {
    using ends = await pair();
    await using tls = await shakePair(ends);
    const { client, server } = tls;
    const size = 24 * 1024 * 1024;
    const writing = client.writeAll(new Uint8Array(size));
    assertEquals((await server.readExact(1)).length, 1);
    let before = -1;
    await until(() => {
      const isStalled = client.bytesWritten === before;
      before = client.bytesWritten;
      return isStalled;
    });
    assert(server.bytesRead <= 256 * 1024, `${server.bytesRead} were read`);
    assert(client.bytesWritten < size);
    await Promise.all([server.readExact(size - 1), writing]);
  },
);
