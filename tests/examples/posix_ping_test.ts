/** Pings to loopback, and in network namespaces to whom nobody answers. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  AF_INET,
  IPPROTO_ICMP,
  SOCK_DGRAM,
  SOCK_RAW,
  socket,
} from "../../posix/mod.ts";
import { canMakeNamespace } from "../_namespace.ts";
import { hasProgram } from "../_programs.ts";
import { HAS_POSIX } from "../_posix.ts";
import {
  assertFailsInALine,
  exampleCommand,
  type Outcome,
  startProgram,
} from "./_example.ts";
import {
  PERMISSIONS,
  posixExampleTest,
  runPosixExample,
  startPosixExample,
} from "./_posix_example.ts";

const CAN_PING = HAS_POSIX && [SOCK_DGRAM, SOCK_RAW].some((type) => {
  try {
    socket(AF_INET, type, IPPROTO_ICMP).close();
    return true;
  } catch {
    return false;
  }
});
if (!CAN_PING) console.log("skipped: ICMP sockets are not permitted here");

function pingTest(name: string, fn: () => Promise<void>): void {
  posixExampleTest(name, fn, !CAN_PING);
}

const NUMBER = String.raw`\d+\.\d{3}`;

function assertPinged({ code, stdout, stderr }: Outcome, count: number): void {
  assertEquals([code, stderr], [0, ""]);
  for (let i = 1; i <= count; i++) {
    assert(new RegExp(`: seq=${i} ttl=\\d+ time=${NUMBER} ms`).test(stdout));
  }
  assertStringIncludes(stdout, `${count} requests, ${count} echoes, 0 % lost`);
  const told = `min/avg/max = (${NUMBER})/(${NUMBER})/(${NUMBER}) ms`;
  const [, least, mean, most] = new RegExp(told).exec(stdout)!.map(Number);
  assert(least! <= mean! && mean! <= most!);
}

for (
  const { args, expected } of [
    { args: ["127.0.0.1"], expected: "Pinging 127.0.0.1 (127.0.0.1)" },
    { args: ["::1"], expected: "Pinging ::1 (::1)" },
    { args: ["localhost", "-4"], expected: "Pinging localhost (127.0.0.1)" },
    { args: ["localhost", "-6"], expected: "Pinging localhost (::1)" },
    { args: ["127.0.0.1", "--size=0"], expected: "8 bytes: seq=1" },
    { args: ["::1", "--size=1001"], expected: "1009 bytes: seq=1" },
    { args: ["127.0.0.1", "--size=1001"], expected: "1009 bytes: seq=1" },
  ]
) {
  pingTest(`posix_ping ${args.join(" ")} gets its echoes`, async () => {
    const outcome = await runPosixExample(
      ["posix_ping", ...args, "--count=3", "--interval=0"],
    );
    assertPinged(outcome, 3);
    assertStringIncludes(outcome.stdout, expected);
  });
}

pingTest("posix_ping ends on SIGINT, with its statistics", async () => {
  const args = ["posix_ping", "127.0.0.1", "--interval=3600"];
  await using ping = startPosixExample(args);
  await ping.printed(/seq=1/);
  ping.kill("SIGINT");
  assertPinged(await ping.finished(), 1);
});

for (
  const { args, expected, code = 2 } of [
    { args: [], expected: "Say which host" },
    { args: ["127.0.0.1", "--count=0"], expected: "--count must be 1 to" },
    { args: ["127.0.0.1", "--interval=x"], expected: "--interval must be" },
    { args: ["no.invalid"], expected: "EAI_NONAME", code: 1 },
  ]
) {
  posixExampleTest(`posix_ping ${args.join(" ")} fails in a line`, async () => {
    const outcome = await runPosixExample(["posix_ping", ...args]);
    assertFailsInALine(outcome, expected, code);
  });
}

/** Pings in a namespace that `setUp`, lines of a shell, has prepared. */
async function pingInNamespace(
  setUp: string,
  ...args: string[]
): Promise<Outcome> {
  const { command, cwd } = exampleCommand(["posix_ping", ...args], PERMISSIONS);
  const script = `set -e; ip link set lo up; ${setUp}; exec "$@"`;
  const unshare = ["--user", "--map-root-user", "--net"];
  await using program = startProgram("unshare", {
    args: [...unshare, "sh", "-c", script, "sh", ...command],
    cwd,
    env: { NO_COLOR: "1" },
  });
  return await program.finished();
}

const HAS_NAMESPACES = canMakeNamespace() && hasProgram("setpriv");

function namespaceTest(name: string, fn: () => Promise<void>): void {
  posixExampleTest(name, fn, !HAS_NAMESPACES);
}

const ANYONE = "echo '0 0' > /proc/sys/net/ipv4/ping_group_range";
const NOBODY = "true"; // as a new namespace has it

for (const host of ["127.0.0.1", "::1"]) {
  for (
    const [kind, setUp] of [
      ["datagram", ANYONE],
      ["raw", NOBODY],
    ] as const
  ) {
    namespaceTest(`a ${kind} socket pings ${host}`, async () => {
      const args = [host, "--count=2", "--interval=0"];
      const outcome = await pingInNamespace(setUp, ...args);
      assertStringIncludes(outcome.stdout, `by a ${kind} socket`);
      assertPinged(outcome, 2);
    });
  }
}

namespaceTest("a host that is silent is told in the statistics", async () => {
  // One that has an address of hardware, but is not there.
  const setUp = [
    "ip link add near type veth peer name far",
    "ip addr add 192.0.2.1/24 dev near",
    "ip link set near up",
    "ip link set far up",
    "ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:01 dev near",
  ].join("; ");
  const args = ["192.0.2.2", "--count=2", "--interval=0", "--timeout=0.05"];
  const outcome = await pingInNamespace(setUp, ...args);
  assertFailsInALine(outcome, "No echo from 192.0.2.2");
  assertStringIncludes(outcome.stdout, "no echo of request 2");
  assertStringIncludes(outcome.stdout, "2 requests, 0 echoes, 100 % lost");
});

namespaceTest("a host to which there is no way fails in a line", async () => {
  const outcome = await pingInNamespace(NOBODY, "192.0.2.1");
  assertFailsInALine(outcome, "ENETUNREACH");
});

namespaceTest("without the right to ICMP it says what is missing", async () => {
  const drop = 'set -- setpriv --bounding-set -net_raw -- "$@"';
  const outcome = await pingInNamespace(drop, "127.0.0.1");
  assertFailsInALine(outcome, "CAP_NET_RAW");
});
