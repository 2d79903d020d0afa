/**
 * Parsing addresses against `isIP` of `node:net` and the npm package ipaddr.js.
 *
 * ```sh
 * deno run --allow-env --allow-read --allow-net bench/resolve/parse_addresses.ts
 * ```
 *
 * @module
 */
import { isIP } from "node:net";
import { isIpAddress, tryParseIpAddress } from "../../address/mod.ts";

/** How fast one parser is. */
export interface ParseResult {
  /** The parser. */
  readonly name: string;
  /** Millions of IPv4 addresses a second. */
  readonly ipv4: number;
  /** Millions of IPv6 addresses a second. */
  readonly ipv6: number;
}

/** Apart, so that nothing but this bench asks the registry for it. */
const IPADDR_JS = "npm:ipaddr.js@2.2.0";
const ROUNDS = 11;
const COUNT = 100_000;

const texts = {
  ipv4: Array.from(
    { length: 256 },
    (_, i) => `${i}.${255 - i}.${i * 7 % 256}.1`,
  ),
  ipv6: Array.from(
    { length: 256 },
    (_, i) =>
      i % 2 === 0 ? `2001:db8:${i.toString(16)}::${i}` : `fe80::${i}:0:c0:ffee`,
  ),
};

async function ipaddrJs(): Promise<((text: string) => unknown) | undefined> {
  try {
    const { default: ipaddr } = await import(IPADDR_JS);
    return (text) => ipaddr.parse(text);
  } catch {
    console.error("skipped: ipaddr.js cannot be had");
    return undefined;
  }
}

/** Measures all of them in interleaved rounds. */
export async function benchParsing(): Promise<ParseResult[]> {
  const theirs = await ipaddrJs();
  const parsers: [string, (text: string) => unknown][] = [
    ["tryParseIpAddress", tryParseIpAddress],
    ["isIpAddress", isIpAddress],
    ["node:net isIP", isIP],
    ...(theirs === undefined
      ? []
      : [["ipaddr.js parse", theirs] as [string, typeof theirs]]),
  ];
  const times = parsers.map(() => ({
    ipv4: [] as number[],
    ipv6: [] as number[],
  }));
  let sink = 0;
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [i, [, parse]] of parsers.entries()) {
      for (const family of ["ipv4", "ipv6"] as const) {
        const start = performance.now();
        for (let j = 0; j < COUNT; j++) {
          if (parse(texts[family][j & 255]!)) sink++;
        }
        if (round > 0) times[i]![family].push(performance.now() - start);
      }
    }
  }
  if (sink !== parsers.length * 2 * (ROUNDS + 1) * COUNT) {
    throw new Error("an address was refused");
  }
  const rate = (values: number[]): number =>
    COUNT / 1000 / values.toSorted((a, b) => a - b)[values.length >> 1]!;
  return parsers.map(([name], i) => ({
    name,
    ipv4: rate(times[i]!.ipv4),
    ipv6: rate(times[i]!.ipv6),
  }));
}

if (import.meta.main) {
  console.table((await benchParsing()).map(({ name, ipv4, ipv6 }) => ({
    parser: name,
    "IPv4, M/s": Number(ipv4.toPrecision(3)),
    "IPv6, M/s": Number(ipv6.toPrecision(3)),
  })));
}
