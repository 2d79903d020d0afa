/**
 * Fuzzes the reader and the writer of DNS messages, and the check of names.
 *
 * @module
 */
import { hostNameOf } from "../../resolve/_names.ts";
import { decodeAnswer, encodeQuery } from "../../resolve/_dns_message.ts";
import { assert, assertEquals } from "@std/assert";
import type { Random } from "../_random.ts";
import {
  readQuestion,
  type Response,
  writeResponse,
  type ZoneRecord,
} from "../resolve/_dns_message.ts";
import { mutateBytes } from "./_mutate.ts";
import type { FuzzTarget } from "./_target.ts";

const RECORDS: readonly ZoneRecord[] = [
  { type: "CNAME", data: "b.test" },
  { type: "MX", data: [10, "mx.test"] },
  { type: "SOA", data: ["ns.test", "admin.test", 1, 2, 3, 4, 5] },
];
const QUESTION = readQuestion(encodeQuery(7, "a.test", "MX", true));
const ANSWER: Response = {
  answers: RECORDS.map((
    record,
  ) => [record.type === "MX" ? "b.test" : "a.test", record]),
};
const WHOLE = writeResponse(QUESTION, ANSWER);
const WITH_EDNS = writeResponse({ ...QUESTION, udpSize: 1232 }, ANSWER);
/** The response code is BADVERS, whose upper bits are in the OPT record. */
const BADVERS = writeResponse({ ...QUESTION, udpSize: 1232 }, { rcode: 16 });

function writesWhatServersRead(random: Random): string {
  const labels = Array.from(
    { length: random.integer(1, 4) },
    () => "x".repeat(random.integer(1, 61)),
  );
  const name = labels.join(".").slice(0, 253).replace(/\.$/, "");
  const id = random.integer(0, 0xffff);
  const type = random.pick(["A", "AAAA", "MX", "SRV", "TXT"] as const);
  const plain = random.integer(0, 1) === 1;
  const query = encodeQuery(id, name, type, plain);
  const question = readQuestion(query);
  assertEquals([question.id, question.name, question.type], [id, name, type]);
  assertEquals(question.udpSize, plain ? undefined : 1232);
  assertEquals(encodeQuery(id, `${name}.`, type, plain), query);
  return "a query";
}

function takesAnyAnswer(random: Random): string {
  const cut = WHOLE.subarray(0, random.integer(0, WHOLE.length - 1));
  assertEquals(decodeAnswer(cut, 7, "a.test", "MX"), undefined);
  // What follows the records does not matter.
  const short = WITH_EDNS.subarray(0, WHOLE.length + random.integer(0, 11));
  assertEquals(decodeAnswer(short, 7, "a.test", "MX")?.records.length, 1);
  const badvers = BADVERS.subarray(0, BADVERS.length - random.integer(0, 1));
  assertEquals(
    decodeAnswer(badvers, 7, "a.test", "MX")?.rcode,
    badvers.length === BADVERS.length ? 16 : 0,
  );
  const whole = random.pick([WHOLE, WITH_EDNS, BADVERS]);
  const mutant = mutateBytes(random, whole, 4);
  const answer = decodeAnswer(mutant, 7, "a.test", "MX");
  if (answer === undefined) return "an answer refused";
  assert(answer.canonical.length <= 255 * 4);
  assert(answer.records.length <= mutant.length / 11);
  return "an answer taken";
}

function takesNoise(random: Random): string {
  const noise = random.bytes(random.integer(0, 300));
  const type = random.pick(["A", "AAAA", "TXT", "SRV", "SOA", "CAA"] as const);
  const [id, flags] = [noise[0] ?? 0, noise[1] ?? 0];
  decodeAnswer(noise, id << 8 | flags, "a.test", type);
  return "noise";
}

const LETTERS = [..."abzAZ019-_..é例 :/%"];

/** A name is taken again unchanged, within the lengths of RFC 1035. */
function checksNames(random: Random): string {
  const text = Array.from(
    { length: random.integer(0, 80) },
    () => random.pick(LETTERS),
  ).join("");
  const name = hostNameOf(text);
  if (name === undefined) return "no name";
  assertEquals(hostNameOf(name), name);
  assert(/^[a-z0-9_.-]+$/.test(name), name);
  const labels = name.replace(/\.$/, "").split(".");
  assert(labels.every(({ length }) => length >= 1 && length <= 63), name);
  return "a name";
}

/** The fuzzer. */
export const dnsMessage: FuzzTarget = {
  name: "dns",
  claim: "DNS messages are read or refused, whatever their bytes",
  tries: 30_000,
  outcomes: [
    "a query",
    "an answer refused",
    "an answer taken",
    "noise",
    "a name",
    "no name",
  ],
  once: (random) =>
    random.pick([
      writesWhatServersRead,
      takesAnyAnswer,
      takesAnyAnswer,
      takesAnyAnswer,
      takesNoise,
      checksNames,
    ])(random),
};
