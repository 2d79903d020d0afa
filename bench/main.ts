/**
 * Runs the benchmarks: `deno task bench`, or those of some topics:
 * `deno task bench tcp resolve`. `--quick` does less of everything, to see that
 * it works, `--rounds 9` more of tcp, tls and udp; `--only ping-pong` leaves out their
 * tables whose title does not contain that. Prints tables, and writes them to
 * `bench/results/` as JSON.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { type Effort, format, machine, type Table } from "./_harness.ts";
import { benchAddress } from "./resolve/address_tables.ts";
import { benchResolve } from "./resolve/tables.ts";
import { benchTcp } from "./tcp/main.ts";
import { benchTls } from "./tls/main.ts";
import { benchUdp } from "./udp/main.ts";

const TOPICS: Record<
  string,
  (effort: Effort) => AsyncIterable<Table>
> = {
  tcp: benchTcp,
  tls: benchTls,
  udp: benchUdp,
  resolve: benchResolve,
  address: benchAddress,
};

const options = parseArgs(Deno.args, {
  boolean: ["quick"],
  string: ["rounds", "only"],
});
const effort: Effort = {
  rounds: Number(options.rounds ?? (options.quick ? 1 : 5)),
  share: options.quick ? 0.02 : 1,
  only: options.only ?? "",
};
if (!Number.isInteger(effort.rounds) || effort.rounds < 1) {
  console.error(`There is no number of rounds "${options.rounds}"`);
  Deno.exit(1);
}
const chosen = options._.length > 0
  ? options._.map(String)
  : Object.keys(TOPICS);
for (const topic of chosen) {
  if (!Object.hasOwn(TOPICS, topic)) {
    console.error(
      `There is no topic "${topic}": ${Object.keys(TOPICS).join(", ")}`,
    );
    Deno.exit(1);
  }
}

console.log(`${machine()}\n`);
const results = new URL("./results/", import.meta.url);
await Deno.mkdir(results, { recursive: true });
for (const topic of chosen) {
  const tables: Table[] = [];
  for await (const table of TOPICS[topic]!(effort)) {
    console.log(format(table));
    tables.push(table);
  }
  const json = { machine: machine(), date: new Date().toISOString(), tables };
  await Deno.writeTextFile(
    new URL(`${topic}.json`, results),
    JSON.stringify(json, null, 2) + "\n",
  );
}
