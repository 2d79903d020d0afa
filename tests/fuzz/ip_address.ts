/**
 * Fuzzes the parsing of IP addresses, socket addresses and prefixes, against a
 * slow second opinion.
 *
 * @module
 */
import {
  IpAddress,
  IpPrefix,
  isIpAddress,
  parseIpAddress,
  parseSocketAddress,
  tryParseIpAddress,
} from "@berkeley/sockets/address";
import { assert, assertEquals } from "@std/assert";
import type { Random } from "../_random.ts";
import { mutateText } from "./_mutate.ts";
import type { FuzzTarget } from "./_target.ts";

const SEEDS: readonly string[] = [
  "0.0.0.0",
  "192.0.2.10",
  "255.255.255.255",
  "256.0.0.1",
  "01.2.3.4",
  "1.2.3",
  "127.1",
  "0x7f.0.0.1",
  "::",
  "::1",
  "1::",
  "1:2:3:4:5:6:7:8",
  "1:2:3:4:5:6:7::",
  "::2:3:4:5:6:7:8",
  "1:2:3:4:5:6:7:8:9",
  "1::2::3",
  ":::",
  "12345::",
  "2001:DB8:0:0:8:800:200C:417A",
  "2001:0db8::0001",
  "0:0:0:0:0:0:13.1.68.3",
  "::ffff:192.0.2.1",
  "1:2:3:4:5:6:1.2.3.4",
  "1::1.2.3.4",
  "::1.2.3.04",
];
const LETTERS = "0123456789abcdefABCDEF.::::....gx -/[]";

/** The bytes of an address with commas, by splitting and counting alone. */
function oracle(text: string): string | undefined {
  const byte = (part: string) =>
    /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256;
  const parts = text.split(".");
  if (parts.length === 4 && parts.every(byte)) return parts.map(Number).join();
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const groupsOf = (half: string, isLast: boolean): string[] | undefined => {
    if (half === "") return [];
    const groups = half.split(":");
    const last = groups.at(-1)!;
    if (isLast && last.includes(".")) {
      const quad = last.split(".");
      if (quad.length !== 4 || !quad.every(byte)) return undefined;
      const [a, b, c, d] = quad.map(Number) as [number, number, number, number];
      const words = [a * 256 + b, c * 256 + d];
      groups.splice(-1, 1, ...words.map((word) => word.toString(16)));
    }
    return groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))
      ? groups
      : undefined;
  };
  const head = groupsOf(halves[0]!, halves.length === 1);
  const tail = halves.length === 1 ? [] : groupsOf(halves[1]!, true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const all = [...head, ...Array(missing).fill("0"), ...tail];
  return all.flatMap((group) => {
    const value = parseInt(group, 16);
    return [value >> 8, value & 0xff];
  }).join();
}

/** What `parse` returns; undefined where it throws a SyntaxError, as it should. */
function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Any bytes survive being written and read again. */
function roundTrip(random: Random): string {
  const bytes = random.bytes(random.pick([4, 16]));
  if (random.next() < 0.7) {
    // Zeros make the runs that `::` stands for.
    for (let at = 0; at < bytes.length; at++) {
      if (random.next() < 0.7) bytes[at] = 0;
    }
  }
  const ip = IpAddress.fromBytes(bytes);
  const text = ip.toString();
  assert(parseIpAddress(text).equals(ip), text);
  assertEquals(oracle(text), bytes.join(), text);
  return "round trip";
}

/** A text is an address exactly where the oracle says so. */
function agree(random: Random): string {
  const text = mutateText(random, random.pick(SEEDS), LETTERS, 3);
  const expected = oracle(text);
  const got = tryParseIpAddress(text);
  if (got?.toBytes().join() !== expected) {
    assertEquals(got?.toBytes().join(), expected, JSON.stringify(text));
  }
  assertEquals(isIpAddress(text), got !== undefined);
  const strict = parsed(() => parseIpAddress(text));
  assertEquals(strict?.toString(), got?.toString());
  return got === undefined ? "no address" : "an address";
}

/** `host:port` and `host/length` are taken where their parts are. */
function agreeOnParts(random: Random): string {
  const host = mutateText(random, random.pick(SEEDS), LETTERS, 1);
  const count = random.pick([
    "",
    "0",
    "00",
    "7",
    "8",
    "32",
    "33",
    "128",
    "129",
    "080",
    "65535",
    "65536",
    "+1",
  ]);
  const ip = tryParseIpAddress(host);
  const isCanonical = /^(0|[1-9]\d*)$/.test(count);
  const address = parsed(() =>
    parseSocketAddress(
      host.includes(":") ? `[${host}]:${count}` : `${host}:${count}`,
    )
  );
  const isAddress = ip !== undefined && isCanonical && Number(count) <= 65535;
  assertEquals(address !== undefined, isAddress, `${host} ${count}`);
  if (address !== undefined) {
    assert(parseSocketAddress(address.toString()).equals(address));
  }
  const prefix = parsed(() => IpPrefix.parse(`${host}/${count}`));
  const isPrefix = ip !== undefined && isCanonical &&
    Number(count) <= (ip.family === 4 ? 32 : 128);
  assertEquals(prefix !== undefined, isPrefix, `${host}/${count}`);
  if (prefix === undefined) return "no prefix";
  const other = IpAddress.fromBytes(
    prefix.ip.toBytes().map((byte) => random.next() < 0.5 ? byte ^ 1 : byte),
  );
  const bits = (ip: IpAddress) =>
    [...ip.toBytes()].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  assertEquals(
    prefix.contains(other),
    bits(other).startsWith(bits(prefix.ip).slice(0, prefix.length)),
    `${prefix} and ${other}`,
  );
  return "a prefix";
}

/** A zone goes along, where there may be one, and changes nothing else. */
function withZone(random: Random): string {
  const zone = mutateText(random, "eth0", "%abz09-_.~ /é\0", 2);
  const ip = tryParseIpAddress(`fe80::1%${zone}`);
  if (ip === undefined) return "no zone";
  assertEquals(ip.zone, zone);
  assert(parseIpAddress(ip.toString()).equals(ip));
  assertEquals(tryParseIpAddress(`192.0.2.1%${zone}`), undefined);
  return "a zone";
}

/** The fuzzer. */
export const ipAddress: FuzzTarget = {
  name: "address",
  claim: "addresses, ports and prefixes are parsed as a slow oracle has it",
  tries: 60_000,
  outcomes: [
    "round trip",
    "an address",
    "no address",
    "a prefix",
    "no prefix",
    "a zone",
    "no zone",
  ],
  once: (random) =>
    random.pick([
      roundTrip,
      agree,
      agree,
      agree,
      agree,
      agreeOnParts,
      withZone,
    ])(random),
};
