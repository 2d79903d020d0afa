/** The example tls_echo: each side shows a certificate, also to OpenSSL. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { certFile, keyFile } from "../tls/_certificates.ts";
import { HAS_OPENSSL, startClient, startServer } from "../tls/_openssl.ts";
import { assertFailsInALine, run, runExample, startWith } from "./_example.ts";

const READING = ["--allow-net", "--allow-read"];

function files(name: "server" | "client"): string[] {
  const own = ["--cert", certFile(name), "--key", keyFile(name)];
  return [...own, "--ca", certFile("authority")];
}

Deno.test("tls_echo talks to itself, with a client certificate and without", async () => {
  const { code, stdout, stderr } = await runExample(["tls_echo"]);
  assertEquals(code, 0, stderr);
  const [title = "", ...lines] = stdout.trimEnd().split("\n");
  assertMatch(title, /^Echoing TLS on localhost port \d+$/);
  assertEquals(lines, [
    "client one: Hello, TLS 1",
    "client one: Hello, TLS 2",
    "client one: Hello, TLS 3",
    "Without a certificate: ETLSCLIENTCERT",
  ]);
  assertStringIncludes(stderr, "ETLSCLIENTCERT"); // of the server
  assertEquals(stderr.trim().split("\n").length, 1, stderr);
});

Deno.test({
  name: "tls_echo serve takes openssl with a client certificate only",
  ignore: !HAS_OPENSSL,
  async fn() {
    const hostname = ["--hostname", "127.0.0.1"];
    await using server = startWith(READING, [
      ...["examples/run.ts", "tls_echo", "serve", ...hostname],
      ...files("server"),
    ]);
    const [, port] = await server.printed(/port (\d+)\n/);
    await using client = startClient(Number(port), "client", "-quiet");
    await client.write("hello\n");
    await client.printed(/^client one: hello$/m);
    await using stranger = startClient(Number(port), "strangerClient");
    await server.printed(/ECERTISSUER/, "stderr");
    await using nobody = startClient(Number(port));
    await server.printed(/ETLSCLIENTCERT/, "stderr");
    await client.write("again\n");
    await client.printed(/^client one: again$/m);
    server.kill("SIGINT");
    assertEquals((await server.finished()).code, 0);
    await Promise.all([stranger.finished(), nobody.finished()]);
  },
});

Deno.test({
  name: "tls_echo talk shows its certificate to openssl, and checks openssl's",
  ignore: !HAS_OPENSSL,
  async fn() {
    const talk = (port: number) =>
      run(
        [
          ...["examples/run.ts", "tls_echo", "talk", "--hostname", "127.0.0.1"],
          ...["--port", String(port), ...files("client")],
        ],
        "",
        READING,
      );
    await using server = await startServer("server", "-rev", "-Verify", "1");
    const { code, stdout, stderr } = await talk(server.port);
    assertEquals([code, stderr], [0, ""]);
    assertEquals(stdout, "1 SLT ,olleH\n2 SLT ,olleH\n3 SLT ,olleH\n");
    await server.printed(/Peer certificate: CN = client one/, "stderr");
    await using expired = await startServer("expired", "-rev");
    assertFailsInALine(await talk(expired.port), "ECERTEXPIRED");
  },
});

const MISUSES = [
  { args: ["serve"], expected: "--cert, --key and --ca" },
  { args: ["--count", "-1"], expected: "--count must be 0 or more" },
  { args: ["sing"], expected: "No such role: sing" },
];

for (const { args, expected } of MISUSES) {
  Deno.test(`tls_echo ${args.join(" ")} fails in a line`, async () => {
    const outcome = await runExample(["tls_echo", ...args]);
    assertFailsInALine(outcome, expected, 2);
  });
}
