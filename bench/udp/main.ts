/**
 * UDP against the raw runtime API and other runtimes. Every contender is a process
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
import { countOf, PACE } from "./work.js";

const here = (file: string) => new URL(file, import.meta.url).pathname;

const DENO = [
  ...["run", "--quiet", "--allow-net", "--no-check"],
  "--unstable-net",
  "--allow-ffi",
];

/** A program and how it is started, and what it is called in the tables. */
interface Program {
  name: string;
  command: string;
  args: string[];
  /** What comes behind the work, the port and the count. */
  ways?: string[];
}

/** Which of this library's calls do the work. */
const CALLS: Record<string, string[]> = {
  "out": ["sendTo", "connected send", "sendMany"],
  "in": ["receiveInto", "receive", "receiveBatch", "iteration"],
  "in-paced": ["receiveInto", "receive", "receiveBatch", "iteration"],
  "ping-pong": ["receiveInto", "connected"],
  "window": ["receiveInto", "receive", "receiveBatch"],
};

function programs(work: string, inC: string | undefined): Program[] {
  const deno = Deno.execPath();
  const raw = { command: deno, args: [...DENO, here("raw.js")] };
  const ours = { command: deno, args: [...DENO, here("ours.js")] };
  const dgram = here("dgram.mjs");
  const posix = { command: deno, args: [...DENO, here("posix.js")] };
  const backends = ["deno", "node", "posix"] as const;
  return [
    { ...raw, name: "raw Deno, one buffer", ways: ["reused"] },
    ...work === "out" ? [] : [{ ...raw, name: "raw Deno, a new buffer each" }],
    ...backends.flatMap((backend) =>
      CALLS[work]!.map((call) => ({
        ...ours,
        name: `this library, "${backend}", \`${call}\``,
        ways: [backend, call],
      }))
    ),
    { ...posix, name: "this library, `PosixSocket`", ways: ["single"] },
    {
      ...posix,
      name: "this library, `PosixSocket`, batches",
      ways: ["batch"],
    },
    { name: "node:dgram in Deno", command: deno, args: [...DENO, dgram] },
    { name: "Node", command: "node", args: [dgram] },
    { name: "Bun", command: "bun", args: [dgram] },
    ...inC === undefined ? [] : [
      { name: "C, a call each", command: inC, args: [], ways: ["1"] },
      { name: "C, 64 a call", command: inC, args: [], ways: ["64"] },
    ],
  ];
}

const WORKS: [work: string, title: string, unit: string][] = [
  ["out", "datagrams of 64 bytes out", "datagrams /s"],
  ["in", "datagrams of 64 bytes in, flat out", "datagrams /s"],
  ["in-paced", `datagrams in, ${PACE.toLocaleString("en")} a second`, "/s"],
  ["ping-pong", "ping-pong, 64 bytes, 1 under way", "round trips /s"],
  ["window", "ping-pong, 64 bytes, 32 under way", "round trips /s"],
];

/** The table of the rates, and that of the losses where they were counted. */
async function* compareAll(
  [work, title, unit]: [string, string, string],
  all: readonly Program[],
  { port, rounds, share }: { port: number; rounds: number; share: number },
): AsyncGenerator<Table> {
  const losses = new Map<string, number[]>();
  const standard = [work, String(port), String(countOf(work, share))];
  const contenders = all.map(({ name, command, args, ways = [] }) => ({
    name,
    async run() {
      const numbers = await numbersOf(command, [...args, ...standard, ...ways]);
      const [rate, lost] = numbers ?? [];
      if (lost !== undefined) {
        losses.set(name, [...losses.get(name) ?? [], lost]);
      }
      return rate;
    },
  }));
  const rates = await compare(title, unit, contenders, rounds);
  // At a given pace all rates are the same, but for what was lost.
  if (work !== "in-paced") yield rates;
  if (losses.size === 0) return;
  const counted: Contender[] = rates.rows.map(({ name }) => {
    const left = losses.get(name)!.values();
    return { name, run: () => Promise.resolve(left.next().value) };
  });
  const lost = await compare(`${title}: lost`, "%", counted, rounds);
  const rows = lost.rows.map((row) => ({ ...row, ratio: undefined }));
  yield { ...lost, rows };
}

/** Runs all comparisons. */
export async function* benchUdp(
  { rounds, share, only }: Effort,
): AsyncGenerator<Table> {
  const folder = await Deno.makeTempDir();
  try {
    const compiled = await compile(here("peer.c"), `${folder}/peer`);
    const inC = await compile(here("contender.c"), `${folder}/contender`);
    await using peer = compiled === undefined
      ? await startPeer(Deno.execPath(), [...DENO, here("peer.ts")])
      : await startPeer(compiled, []);
    console.log(`The peer is ${compiled ? "C" : "the raw Deno API"}.\n`);
    for (const work of WORKS) {
      if (!work[1].includes(only)) continue;
      const all = programs(work[0], inC);
      yield* compareAll(work, all, { port: peer.port, rounds, share });
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
