/** What keeps a program alive: pending calls, and nothing else. */
import { assert, assertEquals } from "@std/assert";
import { FAMILIES } from "../_each_family.ts";
import { BACKENDS } from "./_each_transport.ts";
import { runArgs } from "../_run_args.ts";

const PROGRAM = new URL("_ref_program.ts", import.meta.url);

/** What the program prints in each scene. */
const SCENES: Record<string, readonly string[]> = {
  idle: [],
  timedOut: ["timed out TimedOutError"],
  batch: [],
  receiving: ["received"],
  receivingBeside: ["received"],
  receivingAgain: ["received"],
  refAgain: ["received"],
  unref: [],
  unrefLater: [],
  unrefTimeout: [],
  unrefIteration: [],
  unrefExchange: [],
  unrefRefused: [],
};

async function linesOf(
  backend: string,
  loopback: string,
  scene: string,
): Promise<string[]> {
  const { code, signal, stdout, stderr } = await new Deno.Command(
    Deno.execPath(),
    {
      args: [
        ...runArgs(
          backend,
          "--allow-net",
          ...(backend === "deno" ? ["--unstable-net"] : []),
        ),
        PROGRAM.href,
        backend,
        loopback,
        scene,
      ],
      cwd: new URL("../../", import.meta.url),
      env: { NO_COLOR: "1" },
      // Less than the timeouts of the program.
      signal: AbortSignal.timeout(12_000),
    },
  ).output();
  const text = new TextDecoder();
  assertEquals([code, signal, text.decode(stderr)], [0, null, ""]);
  const lines = text.decode(stdout).split("\n").map((line) => line.trim());
  assert(lines.includes(`end of ${scene}`));
  return lines.filter((line) => line !== "" && !line.startsWith("end of"));
}

for (const backend of BACKENDS) {
  for (const { name, loopback } of FAMILIES) {
    Deno.test(`only calls that are pending keep the program alive, over ${backend} (${name})`, async () => {
      const scenes = Object.entries(SCENES);
      const lines = await Promise.all(
        scenes.map(([scene]) => linesOf(backend, loopback, scene)),
      );
      assertEquals(
        Object.fromEntries(lines.map((each, i) => [scenes[i]![0], each])),
        SCENES,
      );
    });
  }
}
