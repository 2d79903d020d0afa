/**
 * The soak: hundreds of connections and flows of datagrams at a time, whose ends
 * reset, stall, give up and restart, for as long as one likes.
 *
 * It runs over loopback, and where the system can make a network of its own,
 * also over links that lose, delay and reorder.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { Account } from "./_account.ts";
import {
  enterNetwork,
  hasLink,
  type Link,
  LINK_NAMES,
  newNetwork,
  refuseHosts,
  soakCommand,
  worsen,
} from "./_bad_network.ts";
import { type Memory, memory } from "./_resources.ts";
import { type RoundSetup, runRound } from "./_round.ts";
import { checkUnreachable } from "./_unreachable.ts";

const HELP = `Soaks the library, and accounts for every byte.

  deno task soak [--seconds 60] [--seed 1]

  --seconds  about how long it takes in all
  --seed     the same seed makes the same choices (default: a new one)

Where Linux lets it make a network of its own, a part of the time is for links
that lose and delay, and for hosts that cannot be reached.`;

/** How many rounds there are at least before memory is compared. */
const MIN_ROUNDS = 4;
/**
 * By what memory may have grown between the warm-up and the end. What is held
 * hardly moves; what is resident also shows what the allocator keeps.
 */
const GROWTH = {
  held: { factor: 1.1, bytes: 3 * 2 ** 20 },
  resident: { factor: 1.5, bytes: 32 * 2 ** 20 },
} as const;

/** Rounds over loopback are large, those over bad links are slow. */
const LOOPBACK: Omit<RoundSetup, "account" | "seed"> = {
  streams: 200,
  messages: 30,
  datagramFlows: 40,
  datagrams: 400,
  restarts: 6,
  isLossy: false,
  patience: 60_000,
  isAlone: true,
};
const BAD_LINK: Omit<RoundSetup, "account" | "seed"> = {
  ...LOOPBACK,
  streams: 60,
  datagramFlows: 16,
  restarts: 3,
  isLossy: true,
};

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** Runs rounds until the time is up; whether all went well. */
async function soak(
  name: string,
  seed: number,
  seconds: number,
  size: Omit<RoundSetup, "account" | "seed">,
  account: Account,
): Promise<boolean> {
  const begun = performance.now();
  const until = begun + seconds * 1000;
  const measured: Memory[] = [];
  do {
    const round = measured.length;
    await runRound({ ...size, account, seed: seed + round, until });
    measured.push(await memory());
    const elapsed = Math.round((performance.now() - begun) / 1000);
    const { held, resident } = measured.at(-1)!;
    console.error(
      `${name}: ${elapsed} of ${seconds} s, round ${round + 1}, ` +
        `${account.total("messages delivered")} messages, ` +
        `${account.faultCount} faults, ` +
        `${megabytes(held)} held, ${megabytes(resident)} resident`,
    );
  } while (performance.now() < until);
  compareMemory(measured, account);
  console.log(`\n${name}, seed ${seed}: ${account.summary()}`);
  for (const fault of account.faults) console.log(`  FAULT: ${fault}`);
  console.log(
    account.faultCount === 0
      ? "  every byte is accounted for, and nothing is left open"
      : `  ${account.faultCount} faults`,
  );
  return account.faultCount === 0;
}

/** Compares the last round with the largest of the first quarter. */
function compareMemory(measured: readonly Memory[], account: Account): void {
  if (measured.length < MIN_ROUNDS || !("gc" in globalThis)) return;
  const warm = measured.slice(0, Math.ceil(measured.length / 4));
  for (const kind of ["held", "resident"] as const) {
    const before = Math.max(...warm.map((memory) => memory[kind]));
    const after = measured.at(-1)![kind];
    account.check(
      after <= before * GROWTH[kind].factor + GROWTH[kind].bytes,
      () =>
        `memory ${kind} grew from ${megabytes(before)} to ${megabytes(after)}`,
    );
  }
}

/** Runs this program in a network of its own; whether all went well there. */
async function soakInside(
  network: readonly string[],
  link: Link | "unreachable",
  seed: number,
  seconds: number,
): Promise<boolean> {
  const command = soakCommand(network, link, seed, seconds);
  return (await command.spawn().status).success;
}

/** What is done inside a network of its own. */
async function inside(
  link: string,
  seed: number,
  seconds: number,
): Promise<boolean> {
  const account = new Account();
  enterNetwork();
  if (link === "unreachable") {
    refuseHosts();
    await checkUnreachable(account);
    console.log(`\nunreachable hosts: ${account.summary()}`);
    for (const fault of account.faults) console.log(`  FAULT: ${fault}`);
    return account.faultCount === 0;
  }
  worsen(link as Link);
  return await soak(`over a ${link} link`, seed, seconds, BAD_LINK, account);
}

async function main(): Promise<boolean> {
  const options = parseArgs(Deno.args, {
    boolean: ["help"],
    string: ["seconds", "seed", "inside"],
    default: { seconds: "60", seed: String(Date.now() % 1_000_000) },
  });
  const [seconds, seed] = [Number(options.seconds), Number(options.seed)];
  if (options.help || !(seconds >= 0) || !Number.isInteger(seed)) {
    console.log(HELP);
    return options.help;
  }
  if (options.inside !== undefined) {
    return await inside(options.inside, seed, seconds);
  }
  const network = newNetwork();
  const links = network === undefined
    ? []
    : LINK_NAMES.filter((link) => hasLink(network, link));
  const share = links.length === 0 ? seconds : seconds / 2;
  let isGood = await soak("loopback", seed, share, LOOPBACK, new Account());
  if (network === undefined) {
    console.log("\nskipped: this system makes no network for bad links");
    return isGood;
  }
  isGood = await soakInside(network, "unreachable", seed, 0) && isGood;
  for (const link of LINK_NAMES) {
    if (!links.includes(link)) {
      console.log(`\nskipped: this system has no ${link} link`);
      continue;
    }
    const time = (seconds - share) / links.length;
    isGood = await soakInside(network, link, seed, time) && isGood;
  }
  return isGood;
}

if (import.meta.main) Deno.exitCode = await main() ? 0 : 1;
