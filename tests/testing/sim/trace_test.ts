import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Network, simulate } from "../../../testing/mod.ts";

/** Every form of line that we write, by the grammar of sequence diagrams. */
const DIAGRAM_LINE = [
  /^sequenceDiagram$/,
  /^ {2}participant h\d+ as [^\n]+$/,
  /^ {2}h\d+(->>|-x)h\d+: [^\n]+$/,
  /^ {2}Note over h\d+(,h\d+)?: [^\n]+$/,
  /^ {2}%% [^\n]+$/,
];

/** Text as Mermaid takes it: `#` and `;` only in entities such as `#35;`. */
function isEscaped(text: string): boolean {
  const rest = text.replaceAll(/#\d+;/g, "");
  return !/[#;%<>{}&"\\\n]/.test(rest) && !/\bend\b/i.test(rest);
}

function assertDiagram(text: string): void {
  assert(text.endsWith("\n"));
  const lines = text.slice(0, -1).split("\n");
  assertEquals(lines[0], "sequenceDiagram");
  const known = new Set<string>();
  for (const line of lines) {
    assert(DIAGRAM_LINE.some((form) => form.test(line)), line);
    const participant = /^ {2}participant (h\d+) as (.*)$/.exec(line);
    if (participant !== null) {
      known.add(participant[1]!);
      assert(isEscaped(participant[2]!), line);
      continue;
    }
    const statement = /^ {2}(?:Note over )?(h\d+)(?:->>|-x|,)?(h\d+)?: (.*)$/
      .exec(line);
    if (statement === null) continue;
    const [, from, to, label] = statement;
    assert(known.has(from!) && (to === undefined || known.has(to)), line);
    assert(isEscaped(label!), line);
  }
}

async function exchange(network: Network): Promise<void> {
  const [a, b] = [network.host("a"), network.host("b")];
  using listener = await b.listenTcp({ hostname: "10.0.0.2", port: 80 });
  using conn = await a.connectTcp({ hostname: "10.0.0.2", port: 80 });
  using _accepted = await listener.accept();
  await conn.send("hello");
  await network.sleep(0.6);
  using socket = await a.bindUdp({ hostname: "fd00::1", port: 9 });
  network.partition(a, b);
  await socket.sendTo("x", { hostname: "fd00::2", port: 5 });
  network.heal();
  network.link(a, b, { latency: 3, oneWay: true });
  await socket.sendTo("xy", { hostname: "fd00::2", port: 5 });
  await network.sleep(4);
  b.crash();
  network.note("the end");
}

Deno.test("a trace has one line for each event, packets as tcpdump prints them", () =>
  simulate(async (network) => {
    await exchange(network);
    const lines = String(network.trace).split("\n");
    const forms = [
      /^ {7}0\.000 {2}a {17}has 10\.0\.0\.1, fd00::1$/,
      / b {17}listens on 10\.0\.0\.2:80$/,
      /a > b .*10\.0\.0\.1:\d+ > 10\.0\.0\.2:80: Flags \[S\], seq \d+, win \d+, length 0; arrives \d+\.\d{3}$/,
      /b > a .*10\.0\.0\.2:80 > 10\.0\.0\.1:\d+: Flags \[S\.\], seq \d+, ack \d+, win \d+, length 0; arrives/,
      /a > b .*Flags \[\.\], seq \d+:\d+, ack \d+, win \d+, length 5; arrives/,
      / a {17}binds \[fd00::1\]:9 \(UDP\)$/,
      / network {11}partition between a and b$/,
      /a > b .*\[fd00::1\]:9 > \[fd00::2\]:5: UDP, length 1; lost \(partition\)$/,
      / network {11}link from a to b: latency 3$/,
      /a > b .*UDP, length 2; arrives/,
      /b > a .*fd00::2 > fd00::1: ICMP udp \[fd00::2\]:5 unreachable; arrives/,
      / b {17}crashes$/,
      / network {11}the end$/,
    ];
    let at = 0;
    for (const form of forms) {
      const found = lines.findIndex((line, i) => i >= at && form.test(line));
      assert(found >= 0, `${form} is not in\n${lines.slice(at).join("\n")}`);
      at = found;
    }
    assert(
      lines.every((line) => /^ *\d+\.\d{3} {2}\S/.test(line.slice(0, 15))),
    );
    const times = [...network.trace].map(({ time }) => time);
    assertEquals(times, times.toSorted((x, y) => x - y));
    assertEquals([network.trace.length, network.trace.omitted], [
      lines.length,
      0,
    ]);
  }));

Deno.test("a trace shows how a packet ended, also when that changes on its way", () =>
  simulate(async (network) => {
    const [a, b] = [network.host("a"), network.host("b")];
    using socket = await a.bindUdp();
    using _other = await b.bindUdp({ hostname: "10.0.0.2", port: 5 });
    const last = () => [...network.trace].at(-1)!;
    await socket.sendTo("x", { hostname: "10.0.0.2", port: 5 });
    assert(last().text.includes("; arrives "));
    const [packet] = [...network.trace].slice(-1);
    b.crash();
    await network.sleep(1);
    const after = [...network.trace].find(({ time, kind }) =>
      kind === "packet" && time === packet!.time
    )!;
    assertEquals([after.isLost, packet!.isLost], [true, false]);
    assert(after.text.endsWith("; lost (host is down)"), after.text);
  }));

Deno.test("a trace keeps the last events and counts the others", async () => {
  await simulate({ maxTrace: 5 }, async (network) => {
    await exchange(network);
    assertEquals(network.trace.length, 5);
    const lines = String(network.trace).split("\n");
    assertEquals(lines[0], `(${network.trace.omitted} earlier events omitted)`);
    assertEquals(lines.length, 6);
    assert(network.trace.omitted > 5);
    assertDiagram(network.trace.toMermaid());
  });
  await simulate({ maxTrace: 0 }, async (network) => {
    await exchange(network);
    assertEquals([...network.trace], []);
  });
});

Deno.test("a trace can be read after the simulation has ended", async () => {
  const trace = await simulate((network) => {
    network.note("seen");
    return network.trace;
  });
  assertEquals([...trace].map(({ text }) => text), ["seen"]);
});

Deno.test("toMermaid() writes a sequence diagram", () =>
  simulate(async (network) => {
    await exchange(network);
    const text = network.trace.toMermaid();
    assertDiagram(text);
    assert(text.startsWith("sequenceDiagram\n  participant h0 as a\n"), text);
    assert(
      /\n {2}h0-xh1: .*UDP, length 1, lost \(partition\)\n/.test(text),
      text,
    );
    assert(/\n {2}h0->>h1: .*Flags \[S\]/.test(text), text);
    assert(/\n {2}Note over h1: \d+\.\d{3} crashes\n/.test(text), text);
    assert(
      /\n {2}Note over h0,h1: .*partition between a and b\n/.test(text),
      text,
    );
    const short = network.trace.toMermaid({ max: 3 });
    assertDiagram(short);
    assert(short.includes(" earlier events omitted\n"), short);
    assertThrows(() => network.trace.toMermaid({ max: 0 }), RangeError, "max");
  }));

Deno.test("toMermaid() escapes what has a meaning in Mermaid", () =>
  simulate((network) => {
    for (const name of ["end", "a.end.b", "note_1", "loop"]) network.host(name);
    network.note(
      'end #1; <b> "x" %% {y} a\\b & \nparticipant z as Z\r\u2028-x',
    );
    const text = network.trace.toMermaid();
    assertDiagram(text);
    assert(text.includes("participant h0 as #101;nd\n"), text);
    assert(
      text.includes(" #101;nd #35;1#59; #60;b#62; #34;x#34; #37;#37; "),
      text,
    );
    assertEquals(
      text.split("\n").filter((line) => /^ *participant z/.test(line)),
      [],
    );
  }));

Deno.test("toMermaid() of a network without hosts is a valid diagram", () =>
  simulate((network) => {
    assertEquals(network.trace.toMermaid(), "sequenceDiagram\n");
    network.note("alone");
    assertDiagram(network.trace.toMermaid());
  }));
