import { type IpAddress, reverseName } from "../../../address/mod.ts";
import type { RecordType } from "../../../resolve/mod.ts";
import type { Outcome } from "../../../resolve/_seam.ts";
import type { DnsFailure } from "../../dns_records.ts";
import { hostRecords, type NameRecords, pointerTo } from "./records.ts";

/** A chain of CNAMEs is followed no further. */
const MAX_CNAMES = 16;

/** How a query ends, without the time that it takes. */
export type ZoneOutcome = Outcome | "timeout";

/** What the name server of a simulated network knows. */
export class Zone {
  /** What was set; undefined for names of hosts that were deleted. */
  readonly #records = new Map<string, NameRecords | undefined>();
  /** What hosts have by themselves. */
  readonly #hosts = new Map<string, NameRecords>();
  readonly #failures = new Map<string, DnsFailure>();
  readonly #delays = new Map<string, number>();
  /** How long an answer takes, in milliseconds. */
  delay = 1;

  /** Replaces all records of a name; without any, it does not exist. */
  set(name: string, records: NameRecords | undefined): void {
    this.#records.set(name, records);
  }

  /** Replaces the addresses of a host, in both directions. */
  setHost(
    name: string,
    before: readonly IpAddress[],
    after: readonly IpAddress[],
  ): void {
    for (const ip of before) this.#hosts.delete(reverseName(ip));
    for (const ip of after) this.#hosts.set(reverseName(ip), pointerTo(name));
    this.#hosts.set(name, hostRecords(after));
  }

  /** Makes queries for a name fail. */
  fail(name: string, failure: DnsFailure): void {
    this.#failures.set(name, failure);
  }

  /** Ends the failures of a name. */
  recover(name: string): void {
    this.#failures.delete(name);
  }

  /** Sets how long the answers for a name take; as all others if omitted. */
  delayName(name: string, delay: number | undefined): void {
    if (delay === undefined) this.#delays.delete(name);
    else this.#delays.set(name, delay);
  }

  /** How long the answer for a name takes. */
  delayOf(name: string): number {
    return this.#delays.get(name) ?? this.delay;
  }

  /** Answers a query. */
  answer(name: string, type: RecordType): ZoneOutcome {
    const aliases: string[] = [];
    let ttl = Infinity;
    let current = name;
    for (let i = 0; i <= MAX_CNAMES; i++) {
      const failure = this.#failures.get(current);
      if (failure !== undefined) return outcomeOf(failure);
      const records = this.#recordsOf(current);
      if (records === undefined) return outcomeOf("NXDOMAIN");
      ttl = Math.min(ttl, records.ttl);
      const found = records.byType[type];
      if (found !== undefined) {
        return {
          status: "found",
          records: found,
          canonical: current,
          aliases,
          ttl,
          answered: true,
        };
      }
      const target = records.byType.CNAME?.[0];
      if (target === undefined) {
        return { ...outcomeOf("NODATA"), canonical: current };
      }
      aliases.push(current);
      current = target;
    }
    return outcomeOf("SERVFAIL"); // the CNAMEs run in a circle
  }

  #recordsOf(name: string): NameRecords | undefined {
    return this.#records.has(name)
      ? this.#records.get(name)
      : this.#hosts.get(name);
  }
}

/** What our resolver makes of each response code of a real server. */
const STATUSES = {
  FORMERR: "fail",
  NODATA: "nodata",
  NOTIMP: "again",
  NXDOMAIN: "noname",
  REFUSED: "again",
  SERVFAIL: "again",
} as const;

function outcomeOf(failure: Exclude<DnsFailure, "timeout">): Outcome;
function outcomeOf(failure: DnsFailure): ZoneOutcome;
function outcomeOf(failure: DnsFailure): ZoneOutcome {
  if (failure === "timeout") return failure;
  return { status: STATUSES[failure], records: [], answered: true };
}
