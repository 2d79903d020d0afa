import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  type IpAddress,
  SocketAddress,
} from "../address/mod.ts";
import type { Outcome, Status } from "./_source.ts";
import type { SocketKind } from "./_plan.ts";
import type { AddrInfo } from "./addr_info.ts";
import { AI_ALL, AI_V4MAPPED } from "./flags.ts";
import type { RecordType } from "./records.ts";

/** The addresses of a host, in their final order. */
export interface HostAnswer {
  readonly addresses: readonly IpAddress[];
  readonly canonical: string;
  /** The other names, if the source knows any. */
  readonly aliases?: readonly string[] | undefined;
}

/** The names of an address. */
export interface Names {
  readonly name: string;
  readonly aliases: readonly string[];
}

/** The product of addresses and kinds of sockets, as C's linked list has it. */
export function toAddrInfo(
  answer: HostAnswer,
  kinds: readonly SocketKind[],
  withCanonname: boolean,
): AddrInfo[] {
  const results: AddrInfo[] = [];
  for (const ip of answer.addresses) {
    const family = ip.family === 4 ? AF_INET : AF_INET6;
    for (const { socktype, protocol, port } of kinds) {
      const address = new SocketAddress(ip, port);
      results.push(
        withCanonname && results.length === 0
          ? { family, socktype, protocol, address, canonname: answer.canonical }
          : { family, socktype, protocol, address },
      );
    }
  }
  return results;
}

/** Which records serve a family and flags. */
export function typesFor(family: number, flags: number): readonly RecordType[] {
  if (family === AF_INET) return ["A"];
  if (family === AF_UNSPEC || flags & AI_V4MAPPED) return ["A", "AAAA"];
  return ["AAAA"];
}

/** The addresses of both families that answer a family and flags, IPv6 first. */
export function selectAddresses(
  v4: readonly IpAddress[],
  v6: readonly IpAddress[],
  family: number,
  flags: number,
): IpAddress[] {
  if (family === AF_INET) return [...v4];
  if (family === AF_UNSPEC) return [...v6, ...v4];
  const isMapped = flags & AI_V4MAPPED && (v6.length === 0 || flags & AI_ALL);
  return isMapped ? [...v6, ...v4.map((ip) => ip.toV4Mapped())] : [...v6];
}

/** The addresses in the outcomes of the queries for `types`. */
export function addressesOf(
  outcomes: readonly Outcome[],
  types: readonly RecordType[],
  type: "A" | "AAAA",
): readonly IpAddress[] {
  const outcome = outcomes[types.indexOf(type)];
  return outcome === undefined ? [] : outcome.records as IpAddress[];
}

/** From what says least of a name to what says most. */
const WEIGHTS: readonly Status[] = [
  "noname",
  "nodata",
  "fail",
  "again",
  "found",
];

/** How much an outcome counts among those of one name: any records, else any failure. */
function weightOf(status: Status): number {
  return WEIGHTS.indexOf(status);
}

/** The outcome that decides a request of several. */
export function weightiest(outcomes: readonly Outcome[]): Outcome {
  return outcomes.reduce((best, outcome) =>
    weightOf(outcome.status) > weightOf(best.status) ? outcome : best
  );
}
