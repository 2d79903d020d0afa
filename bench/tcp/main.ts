/**
 * TCP against the raw runtime API and other runtimes. Every contender is a process
 * of its own; the peer is one process for all.
 *
 * @module
 */
import { compare, type Contender, type Table } from "../_harness.ts";

const here = (file: string) => new URL(file, import.meta.url).pathname;

/** Runs a program that prints a rate; undefined where it is not installed or fails. */
async function rate(
  program: string,
  args: string[],
): Promise<number | undefined> {
  try {
    const { stdout, success } = await new Deno.Command(program, {
      args,
      stderr: "inherit",
    }).output();
    const value = Number(new TextDecoder().decode(stdout));
    return success && value > 0 ? value : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

const DENO = [
  ...["run", "--quiet", "--allow-net", "--no-check"],
  "--v8-flags=--expose-gc",
];

function contenders(
  work: string,
  port: number,
  share: number,
  ways: readonly string[] = [""],
): Contender[] {
  const args = [work, String(port), String(share)];
  const deno = Deno.execPath();
  return [
    {
      name: "raw Deno",
      run: () => rate(deno, [...DENO, here("raw.js"), ...args]),
    },
    ...ways.map((way) => ({
      name: way === "" ? "this library" : `this library, ${way}`,
      run: () => rate(deno, [...DENO, here("ours.js"), ...args, way]),
    })),
    {
      name: "node:net in Deno",
      run: () => rate(deno, [...DENO, here("net.mjs"), ...args]),
    },
    {
      name: "Node",
      run: () => rate("node", ["--expose-gc", here("net.mjs"), ...args]),
    },
    { name: "Bun", run: () => rate("bun", [here("net.mjs"), ...args]) },
  ];
}

const WORKS: [work: string, title: string, unit: string, ways?: string[]][] = [
  ["ping-pong", "ping-pong, 64 bytes, 1 connection", "round trips /s"],
  ["ping-pong-64", "ping-pong, 64 bytes, 64 connections", "round trips /s"],
  ["bulk-in", "bulk in", "MiB/s"],
  ["bulk-out", "bulk out, 1 MiB a write", "MiB/s"],
  ["frames-in", "frames of 64 bytes in", "frames /s", [
    "borrowed",
    "frameBatches",
    "frames",
    "readFrame",
  ]],
  ["frames-out", "frames of 64 bytes out", "frames /s", [
    "send",
    "sendFrame",
    "await send",
  ]],
  ["accept", "connections accepted and closed", "connections /s"],
  [
    "memory",
    "memory of an idle connection, of 5,000 (less is better)",
    "bytes",
  ],
];

/** Runs all comparisons. */
export async function* benchTcp(isQuick: boolean): AsyncGenerator<Table> {
  const peer = new Deno.Command(Deno.execPath(), {
    args: [...DENO, here("peer.ts")],
    stdout: "piped",
  }).spawn();
  const reader = peer.stdout.getReader();
  try {
    const { value } = await reader.read();
    const port = Number(new TextDecoder().decode(value));
    const [rounds, share] = isQuick ? [1, 0.02] : [5, 1];
    for (const [work, title, unit, ways] of WORKS) {
      yield await compare(
        title,
        unit,
        contenders(work, port, share, ways),
        rounds,
      );
    }
  } finally {
    peer.kill("SIGTERM");
    await reader.cancel();
    await peer.status;
  }
}
