/** Each failure of a handshake has the same code over both APIs, on both ends. */
import { assert, assertEquals } from "@std/assert";
import {
  CertificateError,
  ProtocolError,
  SocketError,
  TruncatedError,
} from "@berkeley/sockets/errors";
import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
import { makeCertificate } from "@berkeley/sockets/testing";
import {
  connectTls,
  type ConnectTlsOptions,
  type ListenTlsOptions,
} from "@berkeley/sockets/tls";
import { bytes, until } from "../_each_stream.ts";
import {
  authority,
  CARRIERS,
  CLIENT,
  eachCarrier,
  failure,
  SERVER,
  stranger,
} from "./_tls.ts";

const DAY = 86_400_000;

/** A date so many days from now. */
function inDays(days: number): Date {
  return new Date(Date.now() + days * DAY);
}

const issuer = authority;
const expired = await makeCertificate({
  ...{ issuer, validFrom: inDays(-2), validTo: inDays(-1) },
});
const early = await makeCertificate({
  ...{ issuer, validFrom: inDays(1), validTo: inDays(2) },
});
const other = await makeCertificate({ issuer, names: ["other.test"] });
const ofClient = await makeCertificate({ issuer, usage: "client" });

interface Row {
  what: string;
  server?: Partial<ListenTlsOptions>;
  client?: Partial<ConnectTlsOptions>;
  /** The codes on both ends. */
  codes: [client: string, server: string];
}

const ROWS: Row[] = [
  {
    what: "a certificate that has expired",
    server: expired,
    codes: ["ECERTEXPIRED", "ETLSREFUSED"],
  },
  {
    what: "a certificate that is not valid yet",
    server: early,
    codes: ["ECERTNOTYETVALID", "ETLSREFUSED"],
  },
  {
    what: "a certificate of an unknown issuer",
    client: { caCerts: [stranger.cert] },
    codes: ["ECERTISSUER", "ETLSREFUSED"],
  },
  {
    what: "a certificate without any authority to trust",
    client: { caCerts: [] },
    codes: ["ECERTISSUER", "ETLSREFUSED"],
  },
  {
    what: "a certificate for another name",
    server: other,
    client: { serverName: "localhost" },
    codes: ["ECERTNAME", "ETLSREFUSED"],
  },
  {
    what: "a certificate for another address",
    client: { serverName: "127.0.0.2" },
    codes: ["ECERTNAME", "ETLSREFUSED"],
  },
  {
    what: "a certificate for the name as text of an address",
    server: await makeCertificate({ issuer, names: ["127.0.0.1"] })
      .catch(() => other),
    client: { serverName: "127.0.0.1" },
    codes: ["ECERTNAME", "ETLSREFUSED"],
  },
  {
    what: "a server with the certificate of a client",
    server: ofClient,
    codes: ["ECERTPURPOSE", "ETLSREFUSED"],
  },
  {
    what: "no application protocol in common",
    server: { alpnProtocols: ["a"] },
    client: { alpnProtocols: ["b"] },
    codes: ["ETLSALPN", "ETLSALPN"],
  },
];

for (const { what, server = {}, client = {}, codes } of ROWS) {
  eachCarrier(
    `connectTls() rejects with ${codes[0]} for ${what}`,
    async ({ listen, connect }) => {
      const { cert, key, ...rest } = { ...SERVER, ...server };
      const errors: unknown[] = [];
      await using listener = await listen({
        ...{ cert, key, alpnProtocols: rest.alpnProtocols },
        onError: (error) => errors.push(error),
      });
      const accepting = failure(listener.accept());
      const error = await failure(connect(listener.addr, client));
      assert(error instanceof SocketError, Deno.inspect(error));
      assertEquals(error.code, codes[0], error.message);
      const Kind = codes[0].startsWith("ECERT")
        ? CertificateError
        : ProtocolError;
      assert(error instanceof Kind);
      assert(error instanceof Deno.errors.InvalidData);
      assert(/^Cannot start TLS with /.test(error.message), error.message);
      assertEquals(error.remoteAddr, listener.addr);
      await until(() => errors.length === 1);
      const [report] = errors as SocketError[];
      assertEquals(report!.code, codes[1], report!.message);
      listener.close();
      await accepting;
    },
  );
}

/** What a client rejects with if the server answers its ClientHello with these bytes. */
async function answer(
  backend: (typeof CARRIERS)[number],
  data: Uint8Array | undefined,
): Promise<unknown> {
  using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
  const connecting = failure(
    connectTls({ ...listener.addr, ...CLIENT, backend }),
  );
  using server = await listener.accept();
  await server.readExact(100); // the ClientHello has come
  if (data === undefined) await server.closeGracefully().catch(() => {});
  else await server.send(data);
  return await connecting;
}

/** A record with a fatal alert (RFC 8446 section 6). */
function alert(number: number): Uint8Array {
  return new Uint8Array([21, 3, 3, 0, 2, 2, number]);
}

const ANSWERS: [what: string, data: Uint8Array | undefined, code: string][] = [
  ["a peer that does not speak TLS", bytes("220 ready\r\n"), "EPROTO"],
  ["a peer that ends the stream", undefined, "EOF"],
  ["the alert handshake_failure", alert(40), "ETLSREFUSED"],
  ["the alert unrecognized_name", alert(112), "ETLSREFUSED"],
  ["the alert protocol_version", alert(70), "ETLSVERSION"],
  ["the alert certificate_required", alert(116), "ETLSCLIENTCERT"],
  ["the alert no_application_protocol", alert(120), "ETLSALPN"],
];

for (const backend of CARRIERS) {
  for (const [what, data, code] of ANSWERS) {
    Deno.test({
      name: `connectTls() rejects with ${code} for ${what}, over ${backend}`,
      permissions: { net: true },
      async fn() {
        const error = await answer(backend, data);
        assert(error instanceof SocketError, Deno.inspect(error));
        assertEquals(error.code, code, error.message);
      },
    });
  }
}

/** Two ends of a relay between a client and a server, and what cuts it. */
async function relay(to: Deno.NetAddr) {
  const listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
  const near = listener.accept();
  const far = connectTcp(to);
  const piping = (async () => {
    const [a, b] = await Promise.all([near, far]);
    await Promise.allSettled([pipe(a, b), pipe(b, a)]);
  })();
  return {
    addr: listener.addr,
    /** Ends both streams in between, as an attacker could. */
    async cut() {
      const [a, b] = await Promise.all([near, far]);
      await Promise.all([a.closeWrite(), b.closeWrite()]);
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      const [a, b] = await Promise.all([near, far]);
      a.close();
      b.close();
      await piping;
    },
  };
}

async function pipe(
  from: { read(buffer: Uint8Array): Promise<number | null> },
  to: { writeAll(bytes: Uint8Array): Promise<void> },
): Promise<void> {
  const buffer = new Uint8Array(16_384);
  for (let n; (n = await from.read(buffer)) !== null;) {
    await to.writeAll(buffer.subarray(0, n));
  }
}

eachCarrier(
  "an end without close_notify rejects with ETLSTRUNCATED, after what came before",
  async ({ listen, connect }) => {
    await using listener = await listen();
    await using between = await relay(listener.addr);
    const options = { serverName: "localhost" };
    const [client, server] = await Promise.all([
      connect(between.addr, options),
      listener.accept(),
    ]);
    await server.send(bytes("whole\nhalf"));
    await client.send(bytes("whole\nhalf"));
    for (const conn of [client, server]) {
      assertEquals(await conn.readLine(), "whole");
      await conn.peek(4);
    }
    await between.cut();
    for (const conn of [client, server]) {
      const error = await failure(conn.readLine());
      assert(error instanceof TruncatedError, Deno.inspect(error));
      assert(error instanceof Deno.errors.UnexpectedEof);
      assertEquals(error.code, "ETLSTRUNCATED");
      assert(/without close_notify/.test(error.message), error.message);
      assertEquals(conn.take(4), bytes("half"));
      const again = await failure(conn.read(new Uint8Array(1)));
      assert(again instanceof TruncatedError, Deno.inspect(again));
      await conn[Symbol.asyncDispose]();
    }
  },
  { needs: "the runtime's API" },
);

eachCarrier(
  "an end with close_notify is the end of the stream",
  async ({ pair }) => {
    await using ends = await pair();
    const { client, server } = ends;
    await client.send(bytes("the last\n"));
    await client.closeWrite();
    assertEquals(await server.readLine(), "the last");
    assertEquals(await server.readLine(), null);
    assertEquals(await server.read(new Uint8Array(1)), null);
    // The other direction is open still.
    await server.send(bytes("answer\n"));
    assertEquals(await client.readLine(), "answer");
    server.close();
    assertEquals(await client.readLine(), null);
  },
);
