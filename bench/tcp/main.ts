/**
 * TCP against the raw runtime API and other runtimes. Every contender is a process
 * of its own; the peer is one process for all.
 *
 * @module
 */
import {
  compare,
  type Contender,
  type Effort,
  type Table,
} from "../_harness.ts";
import { compile, numbersOf, startPeer } from "../_programs.ts";
import { COUNTS as ALL_COUNTS } from "./work.js";

const COUNTS: Record<string, number> = ALL_COUNTS;

const here = (file: string) => new URL(file, import.meta.url).pathname;

/** Runs a program that prints a rate. */
const rate = async (program: string, args: string[]) =>
  (await numbersOf(program, args))?.[0];

const DENO = [
  ...["run", "--quiet", "--allow-net", "--allow-ffi", "--no-check"],
  "--v8-flags=--expose-gc",
];

/** How much of a work the raw API does, where it would take a minute for all. */
const RAW_SHARES: Record<string, number> = {
  "frames-in": 1 / 16,
  "frames-out": 1 / 16,
};

/** The works that are done over libc as well, and with a spin of so many µs. */
const ON_LIBC: Record<string, number[]> = {
  "ping-pong": [0, 50],
  "ping-pong-64": [0],
  "bulk-in": [0],
  "bulk-out": [0],
};

function spinName(spin: number): string {
  return spin === 0 ? "" : `, ${spin} µs spin`;
}

function onLibc(work: string, args: string[]): Contender[] {
  const deno = Deno.execPath();
  const spins = ON_LIBC[work];
  if (spins === undefined || Deno.build.os === "windows") return [];
  return [
    {
      name: 'this library, "posix"',
      run: () => rate(deno, [...DENO, here("ours.js"), ...args, "", "posix"]),
    },
    ...spins.map((spin) => ({
      name: `this library, \`PosixSocket\`${spinName(spin)}`,
      run: () => rate(deno, [...DENO, here("posix.js"), ...args, `${spin}`]),
    })),
  ];
}

function contenders(
  work: string,
  port: number,
  share: number,
  ways: readonly string[] = [""],
): Contender[] {
  const args = [work, String(port), String(share)];
  const rawShare = share * (RAW_SHARES[work] ?? 1);
  const deno = Deno.execPath();
  return [
    {
      name: "raw Deno",
      run: () =>
        rate(deno, [
          ...[...DENO, here("raw.js"), work, String(port)],
          String(rawShare),
        ]),
    },
    ...ways.map((way) => ({
      name: way === "" ? "this library" : `this library, ${way}`,
      run: () => rate(deno, [...DENO, here("ours.js"), ...args, way]),
    })),
    ...onLibc(work, args),
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
export async function* benchTcp(
  { rounds, share, only }: Effort,
): AsyncGenerator<Table> {
  const folder = await Deno.makeTempDir();
  try {
    // It is never what a contender waits for.
    const program = await compile(here("peer.c"), `${folder}/peer`);
    const inC = await compile(here("contender.c"), `${folder}/contender`);
    await using scripted = await startPeer(Deno.execPath(), [
      ...DENO,
      here("peer.ts"),
    ]);
    await using compiled = program === undefined
      ? undefined
      : await startPeer(program, []);
    console.log(
      `The peer is ${compiled ? "C over epoll" : "the raw Deno API"}.\n`,
    );
    for (const [work, title, unit, ways] of WORKS) {
      if (!title.includes(only)) continue;
      // Only the script knows how to connect by itself.
      const { port } = work === "accept" ? scripted : compiled ?? scripted;
      const all = contenders(work, port, share, ways);
      if (inC !== undefined && work.startsWith("ping-pong")) {
        const count = String(Math.floor(COUNTS[work]! * share));
        for (const spin of ON_LIBC[work]!) {
          all.push({
            name: `C over epoll${spinName(spin)}`,
            run: () => rate(inC, [work, String(port), count, String(spin)]),
          });
        }
      }
      yield await compare(title, unit, all, rounds);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
