/** The example postgres_tls: an upgrade byte, and nothing else in plain text. */
import { assert, assertEquals } from "@std/assert";
import { listenTcp } from "@berkeley/sockets/tcp";
import { makeCertificate } from "@berkeley/sockets/testing";
import { startTls } from "@berkeley/sockets/tls";
import { assertFailsInALine, runExample, startExample } from "./_example.ts";

Deno.test("postgres_tls serves and asks in one, without arguments", async () => {
  const { code, stdout, stderr } = await runExample(["postgres_tls"]);
  assertEquals([code, stderr], [0, ""]);
  assertEquals(
    stdout.replace(/\d+\n/, "…\n"),
    "Connected to 127.0.0.1:…\n" +
      "The server is localhost, in secret\n" +
      "postgres is here\n" +
      "It welcomes postgres\n",
  );
});

Deno.test("postgres_tls asks a server of its own kind", async () => {
  await using server = startExample("postgres_tls", "serve");
  const [, port = "", pem] = await server.printed(
    /port (\d+)\n(-----BEGIN[^]*-----END.*\n)/,
  );
  const words = ["--ca", "--user", "bob", "localhost", port];
  const asked = await runExample(["postgres_tls", ...words], pem);
  assertEquals([asked.code, asked.stderr], [0, ""]);
  assert(asked.stdout.endsWith("It welcomes bob\n"), asked.stdout);
  await server.printed(/bob is here\n/);

  const distrusting = ["postgres_tls", "localhost", port];
  assertFailsInALine(await runExample(distrusting), "certificate");
});

const encoder = new TextEncoder();
const certificate = await makeCertificate();

const SERVERS = [
  { answer: "N", secret: undefined, expected: "The server has no TLS" },
  { answer: "E", secret: undefined, expected: "another protocol" },
  { answer: "Sinjected", secret: undefined, expected: "before TLS started" },
  {
    answer: "S",
    secret: "E\0\0\0\x10SFATAL\0Mno\0\0",
    expected: "SFATAL Mno",
  },
  { answer: "S", secret: "R\0\0\0\0", expected: "A message has 0 bytes" },
  { answer: "S", secret: "X\0\0\0\x04", expected: "not ready" },
  { answer: "S", secret: "R\0\0", expected: "ended" },
];

for (const { answer, secret, expected } of SERVERS) {
  const what = JSON.stringify(answer + (secret ?? ""));
  Deno.test(`postgres_tls fails in a line when the server says ${what}`, async () => {
    await using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
    const serving = (async () => {
      using plain = await listener.accept();
      await plain.readExact(8);
      await plain.send(encoder.encode(answer));
      if (secret === undefined) return await plain.readLine().catch(() => {});
      const { cert, key } = certificate;
      await using conn = await startTls(plain, { isServer: true, cert, key });
      await conn.send(encoder.encode(secret));
      await conn.closeWrite();
      await conn.readLine().catch(() => {});
    })();
    const { port } = listener.addr;
    const words = ["--ca", "localhost", String(port)];
    const outcome = await runExample(
      ["postgres_tls", ...words],
      certificate.cert,
    );
    assertFailsInALine(outcome, expected);
    await serving;
  });
}
