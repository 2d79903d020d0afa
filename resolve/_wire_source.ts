/**
 * The DNS by our own packets, where the name servers are known: response codes
 * told apart, TTLs, cancellation, and the timeouts that were asked for.
 */
import {
  decodeAnswer,
  type DnsAnswer,
  encodeQuery,
  NOERROR,
  NXDOMAIN,
} from "./_dns_message.ts";
import { exchangeTcp } from "./_dns_tcp.ts";
import { exchangeUdp } from "./_dns_udp.ts";
import { type DnsSource, MAX_RECORDS, type Outcome } from "./_source.ts";
import type { RecordType } from "./records.ts";
import type { NameServer } from "./resolver_options.ts";

/** SERVFAIL, NOTIMP and REFUSED: another server, or the same one later, may know. */
const PASSING: readonly number[] = [2, 4, 5];

/** Whom to ask, how long and how often. */
export interface WireConfig {
  /** The name servers, at least one. */
  readonly nameServers: readonly Required<NameServer>[];
  /** How long to wait for one server's answer, in milliseconds. */
  readonly timeout: number;
  /** How often each server is asked. */
  readonly attempts: number;
  /** Whether to begin with another server each time. */
  readonly rotate: boolean;
}

/** One question and, once it came, the answer to it. */
export interface Exchange {
  /** The query's id. */
  readonly id: number;
  /** The type asked for. */
  readonly type: RecordType;
  /** The query itself. */
  readonly query: Uint8Array<ArrayBuffer>;
  /** Takes a message; returns whether it was the answer. */
  accept(message: Uint8Array): boolean;
  /** The answer, once it was accepted. */
  answer: DnsAnswer | undefined;
}

/** A stub resolver over UDP, and over TCP for what does not fit. */
export class WireSource implements DnsSource {
  readonly absolute = true;
  readonly cancellable = true;
  readonly #config: WireConfig;
  #turn = 0;

  /** Makes a source that asks these servers. */
  constructor(config: WireConfig) {
    this.#config = config;
  }

  async query(
    name: string,
    types: readonly RecordType[],
    signal: AbortSignal,
  ): Promise<Outcome[]> {
    const { nameServers, attempts, rotate } = this.#config;
    const first = rotate ? this.#turn++ % nameServers.length : 0;
    const outcomes: (Outcome | undefined)[] = types.map(() => undefined);
    for (let i = 0; i < attempts * nameServers.length; i++) {
      const open = types.filter((_, j) => !isSettled(outcomes[j]));
      if (open.length === 0) break;
      const server = nameServers[(first + i) % nameServers.length]!;
      const news = await this.#ask(server, name, open, signal);
      open.forEach((type, j) => {
        const at = types.indexOf(type);
        // That a server answered, be it badly, says more than silence.
        if (news[j]!.answered || !outcomes[at]?.answered) {
          outcomes[at] = news[j];
        }
      });
    }
    return outcomes as Outcome[];
  }

  /** Asks one server once for all the types, by TCP again for what was truncated. */
  async #ask(
    server: Required<NameServer>,
    name: string,
    types: readonly RecordType[],
    signal: AbortSignal,
  ): Promise<Outcome[]> {
    const { timeout } = this.#config;
    let cause: unknown;
    const exchanges = newExchanges(name, types);
    try {
      await exchangeUdp(server, exchanges, timeout, signal);
    } catch (error) {
      signal.throwIfAborted();
      cause = error;
    }
    const truncated = exchanges.filter(({ answer }) => answer?.truncated);
    if (truncated.length > 0) {
      await Promise.all(truncated.map(async (exchange) => {
        exchange.answer = undefined;
        try {
          await exchangeTcp(server, exchange, timeout, signal);
        } catch (error) {
          signal.throwIfAborted();
          cause = error;
        }
      }));
    }
    return exchanges.map(({ answer }) => outcomeOf(answer, cause));
  }
}

/** Whether another server, or the same one later, could say no more. */
function isSettled(outcome: Outcome | undefined): boolean {
  return outcome !== undefined && outcome.status !== "again" &&
    outcome.status !== "fail";
}

function newExchanges(name: string, types: readonly RecordType[]): Exchange[] {
  const ids = crypto.getRandomValues(new Uint16Array(types.length));
  // Ids tell the answers on one socket apart, so no two may be the same.
  for (let i = 1; i < ids.length; i++) {
    if (ids[i] === ids[0]) ids[i] = ids[0]! ^ i;
  }
  return types.map((type, i): Exchange => {
    const id = ids[i]!;
    return {
      id,
      type,
      query: encodeQuery(id, name, type, true),
      answer: undefined,
      accept(message) {
        const answer = decodeAnswer(message, id, name, type);
        if (answer === undefined) return false;
        this.answer = answer;
        return true;
      },
    };
  });
}

function outcomeOf(answer: DnsAnswer | undefined, cause: unknown): Outcome {
  if (answer === undefined || answer.truncated) {
    return { status: "again", records: [], cause };
  }
  const { rcode, canonical, aliases, records } = answer;
  const ttl = answer.ttl === undefined ? undefined : answer.ttl * 1000;
  if (rcode === NXDOMAIN) {
    return { status: "noname", records: [], ttl, answered: true };
  }
  if (rcode !== NOERROR) {
    const status = PASSING.includes(rcode) ? "again" : "fail";
    return { status, records: [], answered: true };
  }
  if (answer.isReferral) return { status: "again", records, answered: true };
  if (records.length === 0) {
    return { status: "nodata", records, canonical, ttl, answered: true };
  }
  return {
    status: "found",
    records: records.slice(0, MAX_RECORDS),
    canonical,
    aliases,
    ttl,
    answered: true,
  };
}
