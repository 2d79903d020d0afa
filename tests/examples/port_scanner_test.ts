/** The example port_scanner, which scans this test and nothing else. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  connectTcp,
  listenTcp,
  serveTcp,
  TimedOutError,
} from "@berkeley/sockets";
import { hasProgram } from "../_programs.ts";
import { HAS_LOOPBACK_NET } from "../_system.ts";
import {
  assertFailsInALine,
  exampleCommand,
  runExample,
  startExample,
  startProgram,
} from "./_example.ts";

/** Where nobody listens: tcpmux, long forgotten, and no port the system gives. */
const CLOSED = 1;

async function listenMany(count: number, hostname: string) {
  const stack = new AsyncDisposableStack();
  const ports: number[] = [];
  for (let i = 0; i < count; i++) {
    const server = stack.use(
      await serveTcp({ hostname, port: 0 }, () => {}),
    );
    ports.push(server.addr.port);
  }
  return {
    ports: ports.sort((a, b) => a - b),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

for (
  const [hostname, shown] of [["127.0.0.1", "127.0.0.1"], ["::1", "[::1]"]]
) {
  Deno.test(`port_scanner finds the open ports of ${hostname} and no others`, async () => {
    await using open = await listenMany(20, hostname!);
    const list = [CLOSED, ...open.ports.toReversed()].join();
    const { code, stdout, stderr } = await runExample(
      ["port_scanner", hostname!, list, "--timeout", "10000"],
    );
    assertEquals([code, stderr], [0, ""]);
    const lines = stdout.trimEnd().split("\n");
    const summary = lines.pop();
    assertEquals(
      lines.map((line) => line.split(" ")[0]),
      open.ports.map((port) => `${shown}:${port}`),
    );
    assertEquals(
      summary,
      "21 tried: 20 open, 1 closed, 0 silent, 0 unreachable",
    );
  });
}

Deno.test({
  name: "port_scanner names the service of a port",
  ignore: !HAS_LOOPBACK_NET,
  async fn() {
    // A service has its port; so that nobody else does, an address of our own.
    const [a, b] = crypto.getRandomValues(new Uint8Array(2));
    const hostname = `127.77.${a}.${b || 1}`;
    using _ = await listenTcp({ hostname, port: 2628 });
    const { stdout } = await runExample(["port_scanner", hostname, "2628"]);
    assertEquals(stdout.split("\n")[0], `${hostname}:2628  dict`);
  },
});

interface Silent extends Disposable {
  ports: number[];
}

/** Listeners that answer nobody: the kernel keeps no more connections for them. */
async function beSilent(count: number): Promise<Silent> {
  const stack = new DisposableStack();
  async function listenSilently(): Promise<number> {
    const where = { hostname: "127.0.0.1", port: 0, backlog: 1 };
    const { addr } = stack.use(await listenTcp(where));
    for (let i = 0; i < 100; i++) {
      try {
        stack.use(await connectTcp({ ...addr, timeout: 300 }));
      } catch (error) {
        if (error instanceof TimedOutError) return addr.port;
        throw error;
      }
    }
    throw new Error("The backlog has no end");
  }
  const ports = await Promise.all(
    Array.from({ length: count }, listenSilently),
  );
  for (let i = 0; await countWaiting(ports) > 0; i++) {
    assert(i < 1000, "the system does not end what was given up");
  }
  return { ports, [Symbol.dispose]: () => stack.dispose() };
}

/** How many connections to the ports wait for an answer, by Linux's own count. */
async function countWaiting(ports: number[]): Promise<number> {
  const SYN_SENT = "02";
  const table = await Deno.readTextFile("/proc/net/tcp");
  return table.split("\n").filter((line) => {
    const [, , remote = "", state] = line.trim().split(/\s+/);
    const port = parseInt(remote.split(":")[1] ?? "", 16);
    return state === SYN_SENT && ports.includes(port);
  }).length;
}

Deno.test({
  name: "port_scanner tries as many ports at a time as it is told, and no more",
  ignore: Deno.build.os !== "linux", // others refuse when the backlog is full
  async fn() {
    using silent = await beSilent(7);
    await using scanner = startExample(
      ...["port_scanner", "127.0.0.1", silent.ports.join()],
      ...["--concurrency", "3", "--timeout", "500"],
    );
    let isOver = false;
    const finished = scanner.finished().finally(() => isOver = true);
    const seen = new Array(8).fill(0);
    while (!isOver) {
      seen[await countWaiting(silent.ports)]++;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const { code, stdout, stderr } = await finished;
    assertEquals([code, stderr], [0, ""]);
    assertEquals(
      stdout,
      "7 tried: 0 open, 0 closed, 7 silent, 0 unreachable\n",
    );
    // Three, three and one; those given up may last into the next for a moment.
    const mostOften = seen.indexOf(Math.max(...seen.slice(1)), 1);
    assertEquals(mostOften, 3, `how often each count was seen: ${seen}`);
  },
});

Deno.test({
  name: "port_scanner draws its progress on a terminal",
  ignore: Deno.build.os !== "linux" || !hasProgram("script"),
  async fn() {
    await using open = await listenMany(10, "127.0.0.1");
    const { command, cwd } = exampleCommand(
      ["port_scanner", "127.0.0.1", open.ports.join()],
    );
    await using terminal = startProgram("script", {
      args: ["-qec", command.map((word) => `'${word}'`).join(" "), "/dev/null"],
      cwd,
    });
    const { code, stdout } = await terminal.finished();
    assertEquals(code, 0);
    const steps = stdout.replaceAll("\x1b[K", "").split("\r");
    assertEquals(steps[1], `[${"#".repeat(3).padEnd(30)}] 10 %, 1 open`);
    assertEquals(steps[9], `[${"#".repeat(27).padEnd(30)}] 90 %, 9 open`);
    assertEquals(steps[10]?.slice(0, 10), "127.0.0.1:"); // the bar is gone
    assertStringIncludes(stdout, "10 tried: 10 open");
  },
});

const FAILURES = [
  { args: [], expected: "Say which host to scan" },
  { args: ["127.0.0.1", "0"], expected: '"0" is neither a port nor a range' },
  { args: ["127.0.0.1", "22,65536"], expected: '"65536" is neither' },
  { args: ["127.0.0.1", "9-7"], expected: '"9-7" is neither' },
  { args: ["127.0.0.1", "7-"], expected: '"7-" is neither' },
  { args: ["127.0.0.1", "7,,9"], expected: '"" is neither' },
  { args: ["127.0.0.1", "http"], expected: '"http" is neither' },
  { args: ["127.1", "80"], expected: "EAI_NONAME", code: 1 },
  {
    args: ["127.0.0.1", "1", "--concurrency", "0"],
    expected: "--concurrency must be from 1 to 1000: 0",
  },
  { args: ["127.0.0.1", "1", "--timeout=-1"], expected: "timeout" },
];

for (const { args, expected, code = 2 } of FAILURES) {
  Deno.test(`port_scanner ${args.join(" ")} fails in a line`, async () => {
    const outcome = await runExample(["port_scanner", ...args]);
    assertFailsInALine(outcome, expected, code);
    assertEquals(outcome.stdout, "");
  });
}
