/**
 * TLS against the raw runtime API and other runtimes. Every contender is a process
 * of its own; the peer is one process for all, over the raw TLS of Deno.
 *
 * @module
 */
import { makeCertificate } from "../../testing/mod.ts";
import {
  compare,
  type Contender,
  type Effort,
  type Table,
} from "../_harness.ts";
import { numbersOf, startPeer } from "../_programs.ts";

const here = (file: string) => new URL(file, import.meta.url).pathname;

/** Runs a program that prints a rate. */
const rate = async (program: string, args: string[]) =>
  (await numbersOf(program, args))?.[0];

const DENO = ["run", "--quiet", "--allow-net", "--allow-read", "--no-check"];

/** How much of a work the raw API does, where it would take a minute for all. */
const RAW_SHARES: Record<string, number> = {
  "frames-in": 1 / 40,
  "frames-out": 1 / 40,
};

/** A way to use this library: by which calls, and over which backend. */
type Way = readonly [way: string, backend?: "deno" | "node"];

function nameOf(way: string, backend: string): string {
  const parts = ["this library", way, backend && `"${backend}"`];
  return parts.filter(Boolean).join(", ");
}

function contenders(
  work: string,
  peer: { port: number; share: number; folder: string },
  ways: readonly Way[],
): Contender[] {
  const { port, share, folder } = peer;
  const argsFor = (share: number) => [work, `${port}`, `${share}`, folder];
  const args = argsFor(share);
  const deno = Deno.execPath();
  const rawArgs = argsFor(share * (RAW_SHARES[work] ?? 1));
  return [
    {
      name: "raw Deno",
      run: () => rate(deno, [...DENO, here("raw.js"), ...rawArgs]),
    },
    ...ways.map(([way, backend = ""]) => ({
      name: nameOf(way, backend),
      run: () => rate(deno, [...DENO, here("ours.js"), ...args, way, backend]),
    })),
    {
      name: "node:tls in Deno",
      run: () => rate(deno, [...DENO, here("tls.mjs"), ...args]),
    },
    { name: "Node", run: () => rate("node", [here("tls.mjs"), ...args]) },
    { name: "Bun", run: () => rate("bun", [here("tls.mjs"), ...args]) },
  ];
}

const BACKENDS: readonly Way[] = [["", "deno"], ["", "node"]];

const WORKS: [
  work: string,
  title: string,
  unit: string,
  ways: readonly Way[],
][] = [
  ["bulk-in", "TLS, bulk in", "MiB/s", BACKENDS],
  ["bulk-out", "TLS, bulk out, 1 MiB a write", "MiB/s", BACKENDS],
  ["frames-in", "TLS, frames of 64 bytes in", "frames /s", [
    ["borrowed", "deno"],
    ["frames", "deno"],
    ["readFrame", "deno"],
    ["borrowed", "node"],
  ]],
  ["frames-out", "TLS, frames of 64 bytes out", "frames /s", [
    ["send", "deno"],
    ["await send", "deno"],
    ["send", "node"],
  ]],
  [
    "ping-pong",
    "TLS, ping-pong, 64 bytes, 1 connection",
    "round trips /s",
    BACKENDS,
  ],
  [
    "connect",
    "TLS, connections made, with handshake",
    "handshakes /s",
    BACKENDS,
  ],
  [
    "accept",
    "TLS, connections accepted, with handshake",
    "handshakes /s",
    BACKENDS,
  ],
];

/** Runs all comparisons. */
export async function* benchTls(
  { rounds, share, only }: Effort,
): AsyncGenerator<Table> {
  const folder = await Deno.makeTempDir();
  try {
    const { cert, key } = await makeCertificate();
    await Deno.writeTextFile(`${folder}/cert.pem`, cert);
    await Deno.writeTextFile(`${folder}/key.pem`, key);
    const program = [...DENO, here("peer.ts"), folder];
    await using peer = await startPeer(Deno.execPath(), program);
    for (const [work, title, unit, ways] of WORKS) {
      if (!title.includes(only)) continue;
      const { port } = peer;
      const all = contenders(work, { port, share, folder }, ways);
      yield await compare(title, unit, all, rounds);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
