/**
 * A bug that only a bad network shows: a toy replication protocol, in which a lost
 * acknowledgement doubles an entry. `explore()` finds the one packet that matters.
 *
 * @module
 */
import type { Sockets } from "@berkeley/sockets";
import { explore, ExploreError, type Network } from "@berkeley/sockets/testing";
import { parseArgs } from "@std/cli/parse-args";

const USAGE = `Usage: find_a_bug [options]

  --fixed              test the protocol without the bug
  --runs NUMBER        how many seeds to try (100)
  --loss PROBABILITY   how many packets are lost, 0 to 1 (0.3)
  -h, --help           this text

  find_a_bug
  find_a_bug --fixed --runs 500`;

/** The port of the backup. */
const PORT = 7000;

const ENTRIES = Array.from({ length: 5 }, (_, i) => `entry ${i + 1}`);

/** An entry on its way to the backup. Its acknowledgement has the number only. */
interface Message {
  number: number;
  entry?: string;
}

function encode(message: Message): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(message));
}

function decode(data: Uint8Array): Message {
  return JSON.parse(new TextDecoder().decode(data));
}

/** The primary: sends each entry, again and again, until it is acknowledged. */
async function replicate(sockets: Sockets, hostname: string): Promise<void> {
  using socket = await sockets.connectUdp({ hostname, port: PORT });
  for (const [number, entry] of ENTRIES.entries()) {
    await socket.exchange(encode({ number, entry }), {
      timeout: 100,
      attempts: 40,
      backoff: 1,
      match: (data) => decode(data).number === number,
    });
  }
}

/** The backup: appends each entry that it receives to its copy, and acknowledges it. */
async function keepCopy(
  sockets: Sockets,
  copy: string[],
  isFixed: boolean,
): Promise<void> {
  using socket = await sockets.bindUdp({ hostname: "::", port: PORT });
  for await (const { data, address } of socket) {
    const { number, entry = "" } = decode(data);
    // The bug: if the acknowledgement is lost, the entry comes again.
    if (!isFixed || number === copy.length) copy.push(entry);
    await socket.sendTo(encode({ number }), address);
  }
}

/** The test: all that the primary has sent is in the copy, once and in order. */
async function test(network: Network, isFixed: boolean): Promise<void> {
  const copy: string[] = [];
  const backup = network.host("backup");
  backup.start((host) => keepCopy(host, copy, isFixed));
  const primary = network.host("primary");
  await replicate(primary, "backup");
  if (copy.join() === ENTRIES.join()) return;
  throw new Error(`The copy has ${copy.length} entries of ${ENTRIES.length}`);
}

/** Runs the example. */
export async function main(args: string[]): Promise<void> {
  const options = parseArgs(args, {
    boolean: ["fixed", "help"],
    string: ["runs", "loss"],
    default: { runs: "100", loss: "0.3" },
    alias: { help: "h" },
    unknown: (word) => {
      throw new TypeError(`No such option: ${word}`);
    },
  });
  if (options.help) return console.log(USAGE);
  const runs = Number(options.runs);
  const link = { latency: 10, loss: Number(options.loss) };
  try {
    await explore({ runs, link }, (network) => test(network, options.fixed));
    console.log(`The copy was right in all ${runs} runs.`);
  } catch (error) {
    if (!(error instanceof ExploreError)) throw error;
    console.log(`${error.message}\n\n${error.trace.toMermaid()}`);
  }
}

if (import.meta.main) {
  await main(Deno.args).catch((error) => {
    console.error(error.message);
    const isMisuse = /^(Type|Range|Syntax)Error$/.test(error.name);
    Deno.exit(isMisuse ? 2 : 1);
  });
}
