/** Several processes on one port. */
import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { connectTcp, listenTcp } from "@berkeley/sockets";
import {
  assertFailsInALine,
  type Outcome,
  run,
  type RunningProgram,
  startWith,
} from "./_example.ts";

/** What it may do, so that it can start processes. */
const RUN = "--allow-run";
const PERMISSIONS = ["--allow-net", RUN];

/** The kernel deals connections out on Linux only. */
function reusePortTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: Deno.build.os !== "linux", fn });
}

function start(args: string[]): RunningProgram {
  return startWith(PERMISSIONS, ["examples/run.ts", ...args]);
}

function runToItsEnd(
  args: string[],
  permissions = PERMISSIONS,
): Promise<Outcome> {
  return run(["examples/run.ts", ...args], "", permissions);
}

function assertEnded(pids: number[]): void {
  if (Deno.build.os !== "linux") return;
  for (const pid of pids) {
    assertThrows(() => Deno.statSync(`/proc/${pid}`), Deno.errors.NotFound);
  }
}

reusePortTest("reuse_port spreads connections, and ends all", async () => {
  const { code, stdout, stderr } = await runToItsEnd([
    "reuse_port",
    "--workers=3",
    "--connections=150",
  ]);
  assertEquals([code, stderr], [0, ""]);
  const shares = [...stdout.matchAll(/^process (\d+): +(\d+) #+$/gm)];
  const counts = shares.map(([, , count]) => Number(count));
  assertEquals(counts.length, 3, stdout);
  assert(!counts.includes(0), stdout);
  assertEquals(counts.reduce((sum, count) => sum + count), 150);
  assert(stdout.endsWith("All workers have ended\n"));
  assertEnded(shares.map(([, pid]) => Number(pid)));
});

reusePortTest("reuse_port --serve serves until SIGINT", async () => {
  const args = ["reuse_port", "--serve", "--workers=2"];
  await using example = start(args);
  const [, port] = await example.printed(/on port (\d+)/);
  const met = new Set<number>();
  for (let i = 0; i < 100 && met.size < 2; i++) {
    await using conn = await connectTcp({
      hostname: "127.0.0.1",
      port: Number(port),
    });
    met.add(Number(await conn.readLine({ timeout: 20_000 })));
    assertEquals(await conn.readLine({ timeout: 20_000 }), null);
  }
  assertEquals(met.size, 2);
  example.kill("SIGINT");
  const { code, signal, stdout, stderr } = await example.finished();
  assertEquals([code, signal, stderr], [0, null, ""]);
  assertStringIncludes(stdout, "All workers have ended");
  assertEnded([...met]);
});

reusePortTest("reuse_port without --allow-run says so", async () => {
  assertFailsInALine(await runToItsEnd(["reuse_port"], ["--allow-net"]), RUN);
});

reusePortTest("reuse_port cannot share what others keep alone", async () => {
  await using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
  const args = ["reuse_port", `--port=${listener.addr.port}`];
  assertFailsInALine(await runToItsEnd(args), "EADDRINUSE");
});

reusePortTest("reuse_port refuses bad numbers", async () => {
  for (const option of ["--workers=0", "--connections=x", "--port=70000"]) {
    const outcome = await runToItsEnd(["reuse_port", option]);
    assertFailsInALine(outcome, option.split("=")[0]!, 2);
  }
});
