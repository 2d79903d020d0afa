/**
 * Networks that are worse than loopback, each in a network namespace of its own.
 *
 * @module
 */
import { hasProgram } from "../_programs.ts";

/** What Linux can do to the packets of a link, as arguments of `tc qdisc add`. */
const LINKS = {
  /** Loss, delay and reordering; the kernel needs the module sch_netem. */
  netem: "netem delay 3ms 2ms 25% loss 1% reorder 10% 50%",
  /** A link so narrow that its queue overflows, on kernels without netem. */
  narrow: "tbf rate 100mbit burst 32kb limit 100kb",
} as const;

/** The name of a bad network. */
export type Link = keyof typeof LINKS;

/** The names of all bad networks. */
export const LINK_NAMES = Object.keys(LINKS) as readonly Link[];

function succeeds(command: string, args: string[]): boolean {
  const stdio = { stdin: "null", stdout: "null", stderr: "null" } as const;
  return new Deno.Command(command, { args, ...stdio }).outputSync().success;
}

/** The arguments of `unshare` for a new network; undefined where there is none to be had. */
export function newNetwork(): string[] | undefined {
  const isPossible = Deno.build.os === "linux" && hasProgram("unshare") &&
    hasProgram("ip");
  if (!isPossible) return undefined;
  return [["--net"], ["--map-root-user", "--net"]].find((args) =>
    succeeds("unshare", [...args, "ip", "link", "set", "lo", "up"])
  );
}

/** Whether the kernel and iproute2 have what a link needs. */
export function hasLink(network: readonly string[], link: Link): boolean {
  if (!hasProgram("tc")) return false;
  const add = ["tc", "qdisc", "add", "dev", "lo", "root"];
  return succeeds("unshare", [...network, ...add, ...LINKS[link].split(" ")]);
}

/** The command that runs the soak in a network of its own. */
export function soakCommand(
  network: readonly string[],
  inside: Link | "unreachable",
  seed: number,
  seconds: number,
): Deno.Command {
  const isOffline = import.meta.resolve("@std/cli/parse-args")
    .startsWith("file:");
  const flags = ["--no-prompt", "-A", "--quiet", "--v8-flags=--expose-gc"];
  if ("listenDatagram" in Deno) flags.push("--unstable-net");
  if (isOffline) flags.push("--import-map=offline/imports.json");
  const program = new URL("main.ts", import.meta.url).href;
  const options = [
    `--inside=${inside}`,
    `--seed=${seed}`,
    `--seconds=${seconds}`,
  ];
  const soak = [Deno.execPath(), "run", ...flags, program, ...options];
  return new Deno.Command("unshare", {
    args: [...network, ...soak],
    cwd: new URL("../../", import.meta.url),
    stdin: "null",
  });
}

function run(line: string): void {
  const [command, ...args] = line.split(" ");
  const { success, stderr } = new Deno.Command(command!, { args }).outputSync();
  if (success) return;
  throw new Error(`${line}: ${new TextDecoder().decode(stderr)}`);
}

/** Makes the loopback of the namespace that this program runs in a bad link. */
export function worsen(link: Link): void {
  run("ip link set lo mtu 1500");
  run(`tc qdisc add dev lo root ${LINKS[link]}`);
}

/** Sets the namespace up, in which there is nothing but loopback. */
export function enterNetwork(): void {
  const { stdout } = new Deno.Command("ip", { args: ["-o", "link"] })
    .outputSync();
  const links = new TextDecoder().decode(stdout).trim().split("\n");
  if (links.length !== 1) {
    throw new Error("not in a network namespace of its own");
  }
  run("ip link set lo up");
}

/** Documentation addresses, and with which code the system refuses each. */
export const UNREACHABLE = [
  { hostname: "198.51.100.1", code: "ENETUNREACH" },
  { hostname: "203.0.113.1", code: "EHOSTUNREACH" },
  { hostname: "2001:db8:1::1", code: "ENETUNREACH" },
  { hostname: "2001:db8:2::1", code: "EHOSTUNREACH" },
] as const;

/** Makes half of the addresses unreachable hosts; to the others there is no route. */
export function refuseHosts(): void {
  run("ip route add unreachable 203.0.113.0/24");
  run("ip -6 route add unreachable 2001:db8:2::/48");
}
