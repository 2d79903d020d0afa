/**
 * Tests that need a network of their own run in a child process, in a network
 * namespace that is made for it and ends with it.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { hasProgram } from "./_programs.ts";
import { STAND_INS } from "./_run_args.ts";

const UNSHARE = ["--user", "--map-root-user", "--net"];

/** Whether this system lets us make a network namespace; says so once where not. */
export function canMakeNamespace(): boolean {
  if (
    Deno.build.os !== "linux" || !hasProgram("unshare") || !hasProgram("ip")
  ) return false;
  const addLink = "ip link add pair0 type veth peer name pair1".split(" ");
  const { success } = new Deno.Command("unshare", {
    args: [...UNSHARE, ...addLink],
    stderr: "null",
  }).outputSync();
  if (!success) console.log("skipped: no network namespaces here");
  return success;
}

/** Runs the tests of a file in a new namespace; fails unless all of them pass. */
export async function testInNamespace(file: URL): Promise<void> {
  const { code, stdout, stderr } = await new Deno.Command("unshare", {
    args: [
      ...UNSHARE,
      Deno.execPath(),
      "test",
      "--quiet",
      "--no-prompt",
      "--no-check",
      "-A",
      ...("listenDatagram" in Deno ? ["--unstable-net"] : []),
      ...STAND_INS,
      file.pathname,
    ],
    cwd: new URL("../", import.meta.url),
    env: { NO_COLOR: "1" },
    signal: AbortSignal.timeout(120_000),
  }).output();
  const [out, problems] = [stdout, stderr].map((bytes) =>
    new TextDecoder().decode(bytes)
  );
  assertEquals(code, 0, `${out}${problems}`);
  assert(/^ok \| [1-9]\d* passed/m.test(out!), out);
}

/**
 * Throws unless the program runs in a namespace that was just made for it, whose one
 * link is not up yet: what changes the network must not change this machine's.
 */
export function requireNewNamespace(): void {
  const links = run("ip", "-o", "link").trim().split("\n");
  if (links.length === 1 && !links[0]!.includes(",UP")) return;
  throw new Error("not in a network namespace of its own");
}

/** Runs a program to its end; returns what it printed. */
export function run(command: string, ...args: string[]): string {
  const { success, stdout, stderr } = new Deno.Command(command, { args })
    .outputSync();
  if (success) return new TextDecoder().decode(stdout);
  const problem = new TextDecoder().decode(stderr);
  throw new Error(`${command} ${args.join(" ")}: ${problem}`);
}
