/** Discovery over multicast, on loopback. */
import { bindUdp } from "@berkeley/sockets/udp";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { assertFailsInALine, run, start } from "./_example.ts";

const GROUP = "239.255.255.250";
const SOON = { timeout: 20_000 };
const HERE = ["--from", "127.0.0.1", "--wait", "2"];

function discover(...args: string[]) {
  return run(["examples/discover.ts", ...args, ...HERE]);
}

/** Starts a responder, and waits until it is there. */
async function startAnnouncing(...args: string[]) {
  const service = start("examples/discover.ts", "announce", ...args, ...HERE);
  const [, port] = await service.printed(/^Announcing \S+ on port (\d+)$/m);
  return Object.assign(service, { port: port! });
}

function lines(...texts: string[]): Uint8Array {
  return new TextEncoder().encode(texts.map((text) => `${text}\r\n`).join(""));
}

Deno.test("discover finds what is announced, and only what is searched for", async () => {
  await using printer = await startAnnouncing(
    ...["--port", "0", "--target", "urn:example:service:printer:1"],
    ...["--location", "http://127.0.0.1:8000/printer.xml"],
  );
  const { port } = printer;
  for (const args of [[], ["--target", "urn:example:service:printer:1"]]) {
    const { code, stdout, stderr } = await discover("--port", port, ...args);
    assertEquals([code, stderr], [0, ""]);
    assertEquals(
      stdout,
      [
        "127.0.0.1  urn:example:service:printer:1",
        "  http://127.0.0.1:8000/printer.xml",
        "",
      ].join("\n"),
    );
  }
  const other = await discover("--port", port, "--target", "urn:example:clock");
  assertEquals([other.code, other.stdout], [1, ""]);
  assertEquals(other.stderr, "Nobody answered for 2 s\n");
  printer.kill("SIGINT");
  const { code, stdout, stderr } = await printer.finished();
  assertEquals([code, stderr], [0, ""]);
  assertStringIncludes(stdout, "Answered 127.0.0.1 port ");
});

Deno.test("several announce on one port, and all are found", async () => {
  await using clock = await startAnnouncing("--port", "0", "--target", "clock");
  const { port } = clock;
  await using lamp = await startAnnouncing("--port", port, "--target", "lamp");
  const { stdout } = await discover("search", "--port", lamp.port);
  const found = stdout.match(/^127.0.0.1 .*$/mg)?.sort();
  assertEquals(found, ["127.0.0.1  clock", "127.0.0.1  lamp"]);
});

Deno.test("discover announce answers no other message than a search", async () => {
  await using service = await startAnnouncing("--port", "0", "--target", "it");
  using client = await bindUdp({ hostname: "127.0.0.1" });
  const to = { hostname: GROUP, port: Number(service.port) };
  const search = [
    "M-SEARCH * HTTP/1.1",
    'MAN: "ssdp:discover"',
    "ST: ssdp:all",
  ];
  for (
    const message of [
      new Uint8Array(),
      crypto.getRandomValues(new Uint8Array(2000)),
      lines("NOTIFY * HTTP/1.1", ...search.slice(1)),
      lines(...search.slice(0, 2)),
      lines(...search.slice(0, 2), "ST: another"),
      lines(search[0]!, search[2]!),
      lines("HTTP/1.1 200 OK", ...search.slice(1)),
    ]
  ) await client.sendTo(message, to);
  await client.sendTo(lines(...search, "MX: 0", ""), to);
  const { data } = await client.receive(SOON);
  assertMatch(
    new TextDecoder().decode(data),
    /^HTTP\/1.1 200 OK\r\n[^]*ST: it\r\nUSN: uuid:[0-9a-f-]{36}::it\r\n\r\n$/,
  );
  service.kill("SIGINT");
  const { stdout } = await service.finished();
  assertEquals(stdout.match(/Answered/g)?.length, 1);
});

Deno.test("discover prints each answer once, and nothing that a terminal obeys", async () => {
  using device = await bindUdp({ hostname: "0.0.0.0" });
  await device.joinMulticast(GROUP, { interface: "127.0.0.1" });
  const answering = (async () => {
    const { data, address } = await device.receive(SOON);
    assertStringIncludes(new TextDecoder().decode(data), "MX: 1\r\n");
    const ok = "HTTP/1.1 200 OK";
    for (
      const answer of [
        new Uint8Array(),
        crypto.getRandomValues(new Uint8Array(2000)),
        lines("HTTP/1.1 404 Not Found", "USN: missing", "ST: missing"),
        lines(ok, "usn: one", "st: \x1b[31mred\x07", "location: a\x9bb"),
        lines(ok, "USN: one", "ST: again"),
        lines(ok, "USN: two"),
      ]
    ) await device.sendTo(answer, address);
  })();
  const { code, stdout } = await discover(
    ...["--port", String(device.localAddr.port)],
  );
  await answering;
  assertEquals(code, 0);
  assertEquals(stdout, "127.0.0.1  ?[31mred?\n  a?b\n127.0.0.1  \n  \n");
});

const FAILURES: { args: string[]; expected: string }[] = [
  { args: ["--wait", "1.9"], expected: "Cannot wait 1.9 s" },
  { args: ["--wait", "x"], expected: "Cannot wait x s" },
  { args: ["dance"], expected: "Cannot dance" },
  { args: ["--port", "70000"], expected: "65535" },
  { args: ["announce", "--from", "nowhere"], expected: '"nowhere"' },
];

for (const { args, expected } of FAILURES) {
  Deno.test(`discover ${args.join(" ")} fails in a line`, async () => {
    const outcome = await run(["examples/discover.ts", ...args]);
    assertFailsInALine(outcome, expected, 2);
  });
}
