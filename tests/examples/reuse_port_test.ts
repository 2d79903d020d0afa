/** Several processes on one port. */
import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { connectTcp, listenTcp } from "@berkeley/sockets";
import { assertFailsInALine } from "./_example.ts";
import {
  posixExampleTest,
  runPosixExample,
  startPosixExample,
} from "./_posix_example.ts";

/** What it may do, so that it can start processes. */
const RUN = "--allow-run";

function assertEnded(pids: number[]): void {
  if (Deno.build.os !== "linux") return;
  for (const pid of pids) {
    assertThrows(() => Deno.statSync(`/proc/${pid}`), Deno.errors.NotFound);
  }
}

posixExampleTest("reuse_port spreads connections, and ends all", async () => {
  const { code, stdout, stderr } = await runPosixExample(
    ["reuse_port", "--workers=3", "--connections=150"],
    RUN,
  );
  assertEquals([code, stderr], [0, ""]);
  const shares = [...stdout.matchAll(/^process (\d+): +(\d+) #+$/gm)];
  const counts = shares.map(([, , count]) => Number(count));
  assertEquals(counts.length, 3, stdout);
  assert(!counts.includes(0), stdout);
  assertEquals(counts.reduce((sum, count) => sum + count), 150);
  assert(stdout.endsWith("All workers have ended\n"));
  assertEnded(shares.map(([, pid]) => Number(pid)));
});

posixExampleTest("reuse_port --serve serves until SIGINT", async () => {
  const args = ["reuse_port", "--serve", "--workers=2"];
  await using example = startPosixExample(args, RUN);
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

posixExampleTest("reuse_port without --allow-run says so", async () => {
  assertFailsInALine(await runPosixExample(["reuse_port"]), RUN);
});

posixExampleTest("reuse_port cannot share what others keep alone", async () => {
  await using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
  const args = ["reuse_port", `--port=${listener.addr.port}`];
  assertFailsInALine(await runPosixExample(args, RUN), "EADDRINUSE");
});

posixExampleTest("reuse_port refuses bad numbers", async () => {
  for (const option of ["--workers=0", "--connections=x", "--port=70000"]) {
    const outcome = await runPosixExample(["reuse_port", option], RUN);
    assertFailsInALine(outcome, option.split("=")[0]!, 2);
  }
});
