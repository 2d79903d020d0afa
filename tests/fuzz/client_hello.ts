/**
 * Fuzzes the reader of ClientHello, which decides on a server's certificate.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { ClientHelloReader } from "../../tls/_client_hello.ts";
import type { Random } from "../_random.ts";
import { chop, mutateBytes } from "./_mutate.ts";
import type { FuzzTarget } from "./_target.ts";

/** Bytes with their length, of `size` bytes, in front. */
function vector(size: number, ...parts: number[][]): number[] {
  const content = parts.flat();
  const length: number[] = [];
  for (let i = size - 1; i >= 0; i--) {
    length.push(content.length >> i * 8 & 255);
  }
  return [...length, ...content];
}

/** A ClientHello that asks for a name, or for none (RFC 8446, section 4.1.2). */
function makeHello(random: Random, name: string | undefined): Uint8Array {
  const host = [...new TextEncoder().encode(name ?? "")];
  const others = Array.from({ length: random.integer(0, 3) }, () => [
    ...[0x7f, random.integer(0, 255)],
    ...vector(2, Array(random.integer(0, 300)).fill(7)),
  ]);
  const sni = name === undefined
    ? []
    : [[0, 0, ...vector(2, vector(2, [0], vector(2, host)))]];
  const extensions = [...sni, ...others];
  if (random.next() < 0.5) extensions.reverse();
  const body = [
    ...[3, 3, ...Array(32).fill(random.integer(0, 255))],
    ...vector(1, Array(random.integer(0, 32)).fill(1)),
    ...vector(2, [0x13, 1, 0x13, 2]),
    ...vector(1, [0]),
    ...vector(2, ...extensions),
  ];
  return Uint8Array.of(1, ...vector(3, body));
}

/** The message in records of random sizes. */
function inRecords(random: Random, message: Uint8Array): Uint8Array {
  const records = chop(random, message, [1, 7, 100, 5000]);
  return Uint8Array.from(
    records.flatMap((part) => [22, 3, 1, ...vector(2, [...part])]),
  );
}

/** What the reader makes of the pieces: a name, none, an error, or nothing yet. */
function read(pieces: Uint8Array[]): string {
  const reader = new ClientHelloReader();
  try {
    for (const piece of pieces) {
      const hello = reader.push(piece);
      if (hello !== undefined) return `name ${hello.serverName}`;
    }
    return "unfinished";
  } catch (error) {
    assert(error instanceof RangeError, String(error));
    return "refused";
  }
}

/** Fuzzes the reader of ClientHello. */
export const clientHello: FuzzTarget = {
  name: "client_hello",
  claim:
    "the reader of ClientHello finds the name however the bytes come, and fails on what is malformed with the error for that",
  tries: 400,
  outcomes: ["a name", "no name", "refused", "unfinished"],
  once(random) {
    const labels = ["a", "b-c", "www", "x".repeat(60)];
    const name = random.next() < 0.2
      ? undefined
      : `${random.pick(labels)}.${random.pick(labels)}.test`;
    const whole = inRecords(random, makeHello(random, name));
    const pieces = chop(random, whole, [1, 2, 50, 2000]);
    assertEquals(read(pieces), `name ${name}`);
    assertEquals(read([whole]), `name ${name}`);

    const mutant = mutateBytes(random, whole, 3);
    const outcome = read([mutant]);
    // What is wrong behind a whole ClientHello is seen only if it comes with it.
    if (outcome !== "refused") {
      assertEquals(read(chop(random, mutant, [1, 2, 50, 2000])), outcome);
    }
    if (!outcome.startsWith("name ")) return outcome;
    return outcome === "name undefined" ? "no name" : "a name";
  },
};
