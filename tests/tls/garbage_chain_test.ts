/**
 * Peers that send bytes behind their certificate that are none. `node:tls` of Deno
 * 2.9.6 throws when it decodes them, in an event, which would end the program.
 */
import { assert, assertEquals } from "@std/assert";
import { SocketError } from "@berkeley/sockets/errors";
import { makeCertificate } from "@berkeley/sockets/testing";
import { serveTls } from "@berkeley/sockets/tls";
import { assertCode } from "./_peers.ts";
import { authority, CLIENT, eachCarrier, failure, SERVER } from "./_tls.ts";

const GARBAGE: Record<string, number[]> = {
  "an empty sequence": [0x30, 0],
  "a sequence of garbage": [0x30, 3, 1, 2, 3],
  "no sequence": [1, 2, 3, 4],
  "a length beyond its end": [0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
};

/** A certificate in PEM, followed by bytes that are none. */
function withGarbage(cert: string, bytes: number[]): string {
  const base64 = btoa(String.fromCharCode(...bytes));
  const label = "CERTIFICATE-----\n";
  return `${cert}-----BEGIN ${label}${base64}\n-----END ${label}`;
}

for (const [what, bytes] of Object.entries(GARBAGE)) {
  eachCarrier(
    `connectTls() survives a server whose chain has ${what}`,
    async ({ loopback: hostname, connect }) => {
      const cert = withGarbage(SERVER.cert, bytes);
      using listener = Deno.listenTls({ ...SERVER, hostname, port: 0, cert });
      const serving = listener.accept().then(async (conn) => {
        await conn.handshake().catch(() => {});
        conn.close();
      });
      const addr = { ...listener.addr, transport: "tcp" as const };
      const error = await failure(
        connect(addr).then((conn) => conn.close()),
      );
      // "deno" needs no more than the first certificate, and looks at no other.
      if (error !== undefined) {
        assert(error instanceof SocketError, String(error));
        assertCode(error, ["ECERTINVALID", "ECERTISSUER"]);
      }
      await serving;
    },
    { needs: "the runtime's API" },
  );

  Deno.test(`serveTls() survives a client whose chain has ${what}`, async () => {
    const client = await makeCertificate({ issuer: authority });
    const cert = withGarbage(client.cert, bytes);
    const errors: unknown[] = [];
    await using server = await serveTls(
      {
        ...{ hostname: "127.0.0.1", port: 0, clientAuth: "request" },
        ...{ ...SERVER, ...CLIENT },
        onError: (error) => errors.push(error),
      },
      (conn) => conn.send(`${conn.peerCertificate?.subject.CN}\n`),
    );
    const { port } = server.addr;
    const target = { hostname: "localhost", port, ...CLIENT };
    for (const own of [{ ...client, cert }, client]) {
      using conn = await Deno.connectTls({ ...target, ...own });
      const read = conn.read(new Uint8Array(100));
      const got = await read.catch(() => null); // a refusal comes here
      assertEquals(got, own === client ? "localhost\n".length : null);
    }
    assertEquals(errors.length, 1);
    assert(errors[0] instanceof SocketError, String(errors[0]));
    assertCode(errors[0], ["ECERTINVALID", "ECERTISSUER"]);
  });
}
