/**
 * Fuzzes look-ups with a name server that lies, babbles, repeats itself or keeps
 * silent: each ends with addresses or with a code of getaddrinfo.
 *
 * @module
 */
import { type AddrInfo, Resolver } from "@berkeley/sockets/resolve";
import { AddrInfoError } from "@berkeley/sockets/errors";
import { assert, assertEquals } from "@std/assert";
import type { Random } from "../_random.ts";
import {
  type Question,
  type Response,
  writeResponse,
} from "../resolve/_dns_message.ts";
import { DnsServer, type Reply } from "../resolve/_dns_server.ts";
import { mutateBytes } from "./_mutate.ts";
import type { FuzzTarget } from "./_target.ts";

const CODES = new Set(["EAI_AGAIN", "EAI_FAIL", "EAI_NODATA", "EAI_NONAME"]);

function good({ name, type }: Question): Response {
  const data = type === "A" ? "192.0.2.1" : "2001:db8::1";
  return { answers: [[name, { type: type === "A" ? "A" : "AAAA", data }]] };
}

/** As a server writes names that does not keep the case of the question. */
function inOtherCase(question: Question): Question {
  const bytes = question.bytes.map((byte) =>
    byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte
  );
  return { ...question, bytes };
}

/** One of the ways to answer, right or wrong. */
function anyReply(question: Question, random: Random): Reply {
  const answer = good(question);
  const bytes = () => writeResponse(question, answer);
  switch (random.integer(0, 12)) {
    case 8: // a server that does not know EDNS(0)
      return question.udpSize === undefined
        ? answer
        : { rcode: random.pick([1, 4, 16]), edns: random.integer(0, 1) === 1 };
    case 9: // one that does not hear queries with it
      return question.udpSize === undefined ? answer : null;
    case 10: // one that sends more than it was asked for
      return writeResponse(question, {
        answers: Array.from(
          { length: random.integer(50, 1500) },
          () => answer.answers![0]!,
        ),
      });
    case 11:
      return writeResponse(inOtherCase(question), answer);
    case 12: // one that answers for one family only
      return question.type === "AAAA" ? null : answer;
    case 0:
      return answer;
    case 1:
      return mutateBytes(random, bytes(), 4);
    case 2: // an answer to something else first
      return [
        writeResponse({ ...question, id: question.id ^ 1 }, answer),
        answer,
      ];
    case 3:
      return { truncated: true };
    case 4:
      return random.bytes(random.integer(0, 600));
    case 5:
      return [mutateBytes(random, bytes(), 2), random.bytes(20), answer];
    case 6:
      return { ...answer, rcode: random.integer(0, 15) };
    default:
      return null;
  }
}

async function endOf(look: Promise<AddrInfo[]>): Promise<string> {
  try {
    const found = await look;
    assert(found.length > 0);
    return "addresses";
  } catch (error) {
    assert(error instanceof AddrInfoError, `${error}`);
    assert(CODES.has(error.code), error.code);
    return error.code;
  }
}

/** A server whose port is closed. */
async function closedServer(): Promise<DnsServer["nameServer"]> {
  await using server = await DnsServer.start();
  return server.nameServer;
}

async function once(random: Random): Promise<string> {
  await using server = await DnsServer.start(
    {},
    (question) => anyReply(question, random),
    { udpOnly: random.integer(0, 3) === 0 },
  );
  const nameServers = [server.nameServer];
  if (random.integer(0, 2) === 0) nameServers.unshift(await closedServer());
  const resolver = new Resolver({
    nameServers,
    timeout: random.pick([40, 220]),
    attempts: random.integer(1, 2),
    hosts: false,
  });
  const names = ["a.test", "b.test", "a.test"];
  const ends = await Promise.all(
    names.map((name) => endOf(resolver.getAddrInfo(name, 80))),
  );
  // A question that is asked twice at a time is asked once.
  assertEquals(ends[0], ends[2]);
  assertEquals(server.errors, []);
  return random.pick(ends);
}

/** The fuzzer. */
export const dnsFaults: FuzzTarget = {
  name: "dns-faults",
  claim: "a look-up ends with addresses or a code, whatever the server does",
  tries: 25,
  outcomes: ["addresses", "EAI_AGAIN"],
  usesNetwork: true,
  once,
};
