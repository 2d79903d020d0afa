/** The example starttls: TLS only with whom it should be, and from a clean start. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { hasProgram } from "../_programs.ts";
import { makeCertificate } from "@berkeley/sockets/testing";
import {
  assertFailsInALine,
  runExample,
  startExample,
  startProgram,
} from "./_example.ts";
import { type Answers, startMailServer } from "./_mail_server.ts";

const certificate = await makeCertificate();

function ask(port: number | string, ...options: string[]) {
  return runExample(
    ["starttls", "--ca", ...options, "localhost", String(port)],
    certificate.cert,
  );
}

const TRANSCRIPT = `< 220 mail ESMTP
> EHLO [127.0.0.1]
< 250-mail
< 250-SIZE 1000
< 250 STARTTLS
> STARTTLS
< 220 go ahead
The server is localhost; from here on, in secret:
> EHLO [127.0.0.1]
< 250-mail
< 250 AUTH PLAIN
> QUIT
< 221 bye
`;

Deno.test("starttls talks in plain text, and then in secret", async () => {
  await using server = await startMailServer(certificate);
  const { code, stdout, stderr } = await ask(server.port);
  assertEquals([code, stderr], [0, ""]);
  const title = `Connected to 127.0.0.1:${server.port}\n`;
  assertEquals(stdout, title + TRANSCRIPT);
  assertEquals(server.heard, [
    "EHLO [127.0.0.1]",
    "STARTTLS",
    "secret: EHLO [127.0.0.1]",
    "secret: QUIT",
  ]);
});

const SUBMISSION = `> MAIL FROM:<alice@localhost>
< 250 so be it
> RCPT TO:<carol@localhost>
< 250 so be it
> DATA
< 354 end with a dot
> .
< 250 taken
> QUIT
< 221 bye
`;

Deno.test("starttls submits a message to its own server, over TLS", async () => {
  await using server = startExample("starttls", "serve");
  const [, port = "", pem] = await server.printed(
    /port (\d+)\n(-----BEGIN[^]*-----END.*\n)/,
  );
  const text = "Hello\n.dotted";
  const words = ["--text", text, "--to", "carol@localhost"];
  const { code, stdout, stderr } = await runExample(
    ["starttls", "--ca", ...words, "localhost", port],
    pem,
  );
  assertEquals([code, stderr], [0, ""]);
  assert(stdout.endsWith(SUBMISSION), stdout);
  const expected = "Mail from alice@localhost to carol@localhost:\n";
  await server.printed(new RegExp(`${expected}  Hello\n  \\.dotted\n`));
});

Deno.test("starttls serves and submits in one, without arguments", async () => {
  const { code, stdout, stderr } = await runExample(["starttls"]);
  assertEquals([code, stderr], [0, ""]);
  assertStringIncludes(stdout, "from here on, in secret:");
});

const PYTHON_CLIENT = `
import smtplib, ssl, sys
client = smtplib.SMTP("127.0.0.1", int(sys.argv[1]))
print(client.docmd("MAIL", "FROM:<a@localhost>")[0])
context = ssl.create_default_context(cadata=sys.argv[2])
client._host = "localhost"
client.starttls(context=context)
print(client.sendmail("a@localhost", ["b@localhost"], "Subject: x\\n\\n.hi\\n"))
client.quit()
`;

Deno.test({
  name: "starttls serve takes mail of Python's smtplib over TLS only",
  ignore: !hasProgram("python3"),
  async fn() {
    await using server = startExample("starttls", "serve");
    const [, port = "", pem = ""] = await server.printed(
      /port (\d+)\n(-----BEGIN[^]*-----END.*\n)/,
    );
    await using python = startProgram("python3", {
      args: ["-c", PYTHON_CLIENT, port, pem],
    });
    const { stdout, stderr } = await python.finished();
    assertEquals([stdout, stderr], ["530\n{}\n", ""]);
    await server.printed(/Mail from a@localhost to b@localhost:\n/);
    await server.printed(/ {2}Subject: x\n {2}\n {2}\.hi\n/);
  },
});

const PYTHON_SERVER = `
import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1])
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
conn, _ = listener.accept()
conn.sendall(b"220 mail ESMTP\\r\\n")
assert conn.recv(100) == b"EHLO [127.0.0.1]\\r\\n"
conn.sendall(b"250-mail\\r\\n250-SIZE 1000\\r\\n250 STARTTLS\\r\\n")
assert conn.recv(100) == b"STARTTLS\\r\\n"
conn.sendall(b"220 go ahead\\r\\n")
conn = context.wrap_socket(conn, server_side=True)
assert conn.recv(100) == b"EHLO [127.0.0.1]\\r\\n"
conn.sendall(b"250-mail\\r\\n250 AUTH PLAIN\\r\\n")
assert conn.recv(100) == b"QUIT\\r\\n"
conn.sendall(b"221 bye\\r\\n")
conn.close()
`;

Deno.test({
  name: "starttls talks with the ssl module of Python",
  ignore: !hasProgram("python3"),
  async fn() {
    const file = await Deno.makeTempFile();
    try {
      await Deno.writeTextFile(file, certificate.cert + certificate.key);
      await using server = startProgram("python3", {
        args: ["-c", PYTHON_SERVER, file],
      });
      const [port] = await server.printed(/^\d+\n/);
      const { code, stdout, stderr } = await ask(port.trim());
      assertEquals([code, stderr], [0, ""]);
      assert(stdout.endsWith(TRANSCRIPT), stdout);
      const { code: status, stderr: complaints } = await server.finished();
      assertEquals([status, complaints], [0, ""]);
    } finally {
      await Deno.remove(file);
    }
  },
});

Deno.test("starttls says nothing in secret to whom it does not trust", async () => {
  const cases = [
    { options: ["--name", "example.com"], input: certificate.cert },
    {
      options: [],
      input: (await makeCertificate()).cert,
    },
  ];
  for (const { options, input } of cases) {
    await using server = await startMailServer(certificate);
    const outcome = await runExample(
      ["starttls", "--ca", ...options, "localhost", String(server.port)],
      input,
    );
    assertFailsInALine(outcome, "certificate");
    assertEquals(server.heard, ["EHLO [127.0.0.1]", "STARTTLS"]);
  }
});

const BAD_SERVERS: { name: string; answers: Answers; expected: string }[] = [
  {
    name: "is no mail server",
    answers: { greeting: "SSH-2.0-other\r\n" },
    expected: "The server refuses: SSH-2.0-other",
  },
  {
    name: "is too busy",
    answers: { greeting: "421 \x1b[31mtry later\r\n" },
    expected: "The server refuses: 421 ?[31mtry later",
  },
  {
    name: "has no STARTTLS",
    answers: { EHLO: "250-mail\r\n250 SIZE 1000\r\n" },
    expected: "The server has no TLS",
  },
  {
    name: "cannot do TLS now",
    answers: { STARTTLS: "454 not now\r\n" },
    expected: "The server refuses: 454 not now",
  },
  {
    name: "lets somebody slip in what passes for a secret",
    answers: { STARTTLS: "220 go ahead\r\n250 AUTH PLAIN\r\n" },
    expected: "in plain text",
  },
  {
    name: "has no end of a reply",
    answers: { EHLO: "250-more\r\n".repeat(101) },
    expected: "more than 100 lines",
  },
  {
    name: "has no end of a line",
    answers: { greeting: "220 ".padEnd(5000, "x") },
    expected: "none within the limit of 2048 bytes",
  },
  {
    name: "has no end of a line in secret",
    answers: { "secret: EHLO": "250 ".padEnd(5000, "x") },
    expected: "none within the limit of 2048 bytes",
  },
  {
    name: "hangs up in secret",
    answers: { "secret: EHLO": undefined },
    expected: "without close_notify",
  },
];

for (const { name, answers, expected } of BAD_SERVERS) {
  Deno.test(`starttls fails in a line when the server ${name}`, async () => {
    await using server = await startMailServer(certificate, answers);
    assertFailsInALine(await ask(server.port), expected);
  });
}

const STALLS = [
  { name: "the greeting", answers: { greeting: "" } },
  { name: "a reply", answers: { EHLO: "" } },
  { name: "the handshake", answers: {}, certificate: undefined },
  { name: "a reply in secret", answers: { "secret: EHLO": "" } },
];

for (const stall of STALLS) {
  const { name, answers } = stall;
  Deno.test(`starttls gives up when ${name} takes too long`, async () => {
    await using server = await startMailServer(
      "certificate" in stall ? undefined : certificate,
      answers,
    );
    const outcome = await ask(server.port, "--timeout", "1000");
    assertFailsInALine(outcome, "It takes longer than 1000 ms");
    assertStringIncludes(outcome.stdout, "Connected to");
  });
}

const MISUSES = [
  { args: ["localhost", "smtp"], expected: "port NaN" },
  { args: ["localhost", "1", "--timeout", "0"], expected: "--timeout" },
  { args: ["localhost", "1"], expected: "ECONNREFUSED", code: 1 },
];

for (const { args, expected, code = 2 } of MISUSES) {
  Deno.test(`starttls ${args.join(" ")} fails in a line`, async () => {
    const outcome = await runExample(["starttls", ...args]);
    assertFailsInALine(outcome, expected, code);
  });
}
