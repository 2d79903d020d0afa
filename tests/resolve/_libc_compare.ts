/**
 * Our answers beside those that libc gave.
 *
 * @module
 */
import { parseIpAddress, SocketAddress } from "../../address/mod.ts";
import { AddrInfoError } from "../../errors/mod.ts";
import type { AddrInfo, Resolver } from "../../resolve/mod.ts";
import addrInfoTable from "./libc_addr_info.json" with { type: "json" };
import deviationTable from "./libc_deviations.json" with { type: "json" };
import nameInfoTable from "./libc_name_info.json" with { type: "json" };

/** A request and what libc answered to it. */
export type Case = [request: (string | number | null)[], answers: string[]];
/** Requests of getaddrinfo. */
export const ADDR_INFO: Case[] = addrInfoTable.cases as Case[];
/** Requests of getaddrinfo whose answers libc guesses. */
export const DEVIATIONS: Case[] = deviationTable.cases as Case[];
/** Requests of getnameinfo. */
export const NAME_INFO: Case[] = nameInfoTable.cases as Case[];

/** A request whose answers differ. */
export interface Difference {
  request: Case[0];
  expected: string[];
  actual: string[];
}

function line(
  { family, socktype, protocol, address, canonname }: AddrInfo,
): string {
  const words = [`${family}/${socktype}/${protocol}`, String(address)];
  return canonname === undefined
    ? words.join(" ")
    : [...words, canonname].join(" ");
}

/** What we answer to a request of getaddrinfo. */
export async function ourAddrInfo(
  resolver: Resolver,
  request: Case[0],
): Promise<string[]> {
  const [node, service, flags, family, socktype, protocol] = request as [
    string | null,
    string | null,
    number,
    number,
    number,
    number,
  ];
  try {
    const infos = await resolver.getAddrInfo(node, service, {
      flags,
      family,
      socktype,
      protocol,
    });
    return infos.map(line);
  } catch (error) {
    if (error instanceof AddrInfoError) return [error.code];
    throw error;
  }
}

/**
 * What libc answers by accident, and we do not: the requests' nodes, and what
 * of the answer it makes.
 */
function withoutAccidents(
  [node, , , family]: Case[0],
  answers: string[],
): string[] {
  // Its hosts file reader takes ::1 for 127.0.0.1 and then gives that twice.
  if (node === "localhost") {
    return answers.filter((answer, i) => !answers[i - 1]?.startsWith(answer));
  }
  // It asks in the case it was given, and the server repeats that; we ask in
  // lower case, so that one name is one name in the cache.
  if (node === "BOTH.Example.TEST") {
    return answers.map((answer) =>
      answer.replace("BOTH.Example.TEST", "both.example.test")
    );
  }
  // Asked for IPv4 alone it reports a failing server as a missing name, which
  // it does not when it is asked for IPv6 or for both.
  const fails = node === "servfail.example.test" ||
    node === "refused.example.test";
  if (fails && family === 2 && answers[0] === "EAI_NONAME") {
    return ["EAI_AGAIN"];
  }
  return answers;
}

/**
 * What we answer where libc knows DCCP, SCTP and UDP-Lite. To us they are like any
 * other protocol: one of raw sockets, which have no services.
 */
function withoutRareKinds(
  [, service, , , socktype, protocol]: Case[0],
  answers: string[],
): string[] {
  if (socktype === 5 || socktype === 6) return ["EAI_SOCKTYPE"];
  if (protocol !== 132 && protocol !== 136) return answers;
  if (socktype !== 0) return ["EAI_SOCKTYPE"];
  return service
    ? ["EAI_SERVICE"]
    : answers.map((answer) => answer.replace(/\/[12]\//, "/3/"));
}

/** The answers sorted, with the canonical name, which the first has, apart. */
function inNoOrder(answers: string[]): string[] {
  const [, , canonname = ""] = answers[0]?.split(" ") ?? [];
  const bare = answers.map((answer) => answer.split(" ", 2).join(" "));
  return [canonname, ...bare.toSorted()];
}

/** The requests of getaddrinfo that we answer otherwise than libc. */
export async function addrInfoDifferences(
  resolver: Resolver,
  isOrdered: (request: Case[0]) => boolean = () => true,
): Promise<Difference[]> {
  const differences: Difference[] = [];
  for (const [request, answers] of ADDR_INFO) {
    const expected = withoutAccidents(
      request,
      withoutRareKinds(request, answers),
    );
    const actual = await ourAddrInfo(resolver, request);
    const isSame = isOrdered(request)
      ? String(actual) === String(expected)
      : String(inNoOrder(actual)) === String(inNoOrder(expected));
    if (!isSame) differences.push({ request, expected, actual });
  }
  return differences;
}

/** The requests of getnameinfo that we answer otherwise than libc. */
export async function nameInfoDifferences(
  resolver: Resolver,
): Promise<Difference[]> {
  const differences: Difference[] = [];
  for (const [request, expected] of NAME_INFO) {
    const [address, port, flags] = request;
    const socketAddress = new SocketAddress(
      parseIpAddress(String(address)),
      Number(port),
    );
    const actual = await resolver.getNameInfo(socketAddress, Number(flags))
      .then(
        ({ hostname, service }) => [hostname, service],
        (error) => [error.code],
      );
    if (String(actual) !== String(expected)) {
      differences.push({ request, expected, actual });
    }
  }
  return differences;
}
