/**
 * The DNS by our own packets, where the name servers are known: response codes
 * told apart, TTLs, cancellation, and the timeouts that were asked for.
 */
import { isError, makeError } from "../internal/runtime/mod.ts";
import {
  BADVERS,
  type DnsAnswer,
  FORMERR,
  NOERROR,
  NOTIMP,
  NXDOMAIN,
} from "./_dns_message.ts";
import { UdpPorts, type UdpRequest } from "./_dns_udp.ts";
import type { Finding } from "./_closed_port.ts";
import { type Limit, limitOf } from "./_limit.ts";
import { NameServerState } from "./_name_server.ts";
import { Question } from "./_question.ts";
import type { Sockets, Turn } from "./_sockets.ts";
import { type DnsSource, MAX_RECORDS, type Outcome } from "./_source.ts";
import type { RecordType } from "./records.ts";
import type { NameServer } from "./resolver_options.ts";

/** SERVFAIL, NOTIMP and REFUSED: another server, or the same one later, may know. */
const PASSING: readonly number[] = [2, NOTIMP, 5];
/** How servers answer that do not know EDNS(0): RFC 6891 section 7. */
const NO_EDNS: readonly number[] = [FORMERR, NOTIMP, BADVERS];

/** After how much silence a server is also asked without EDNS(0), in milliseconds. */
const PLAIN_MS = 1000;
/** The least of it, with a timeout that is short. */
const MIN_PLAIN_MS = 100;
/**
 * How long a server is waited for whose port is closed over TCP, in milliseconds, if
 * no other server is left: it may be one of those that answer over UDP only.
 */
const SUSPECT_MS = 1000;

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
  /** The sockets of the resolver. */
  readonly sockets: Sockets;
  /** The clock, in milliseconds. */
  readonly now: () => number;
}

/** The state of one query, over all its tries. */
interface Query {
  readonly name: string;
  readonly type: RecordType;
  readonly signal: AbortSignal;
  readonly turn: Turn;
  /** The servers that it found closed: for certain, or over TCP only. */
  readonly closed: Set<NameServerState>;
  readonly suspects: Set<NameServerState>;
}

/** A stub resolver over UDP, and over TCP for what does not fit. */
export class WireSource implements DnsSource {
  readonly absolute = true;
  readonly cancellable = true;
  readonly #config: WireConfig;
  readonly #servers: readonly NameServerState[];
  readonly #ports = new UdpPorts();
  #turn = 0;

  /** Makes a source that asks these servers. */
  constructor(config: WireConfig) {
    this.#config = config;
    this.#servers = config.nameServers.map((server) =>
      new NameServerState(server, config.now)
    );
  }

  async query(
    name: string,
    type: RecordType,
    signal: AbortSignal,
    turn: Turn,
  ): Promise<Outcome> {
    const servers = this.#inOrder();
    const query: Query = {
      name,
      type,
      signal,
      turn,
      closed: new Set(),
      suspects: new Set(),
    };
    let outcome: Outcome | undefined;
    for (let attempt = 0; attempt < this.#config.attempts; attempt++) {
      for (const server of servers) {
        if (query.closed.has(server)) continue;
        const news = await this.#ask(server, query, attempt);
        if (isSettled(news)) return news;
        // That a server answered, be it badly, says more than silence.
        if (news.answered || !outcome?.answered) outcome = news;
      }
    }
    return outcome!;
  }

  /** The servers in the order in which to ask them: closed ones come last. */
  #inOrder(): NameServerState[] {
    const { length } = this.#servers;
    const first = this.#config.rotate ? this.#turn++ % length : 0;
    const servers = this.#servers.map((_, i) =>
      this.#servers[(first + i) % length]!
    );
    return servers.sort((a, b) => Number(a.isClosed) - Number(b.isClosed));
  }

  /** Asks one server once, again without EDNS(0) if it does not know that, and by TCP for what was truncated. */
  async #ask(
    server: NameServerState,
    query: Query,
    attempt: number,
  ): Promise<Outcome> {
    const { name, type, signal } = query;
    const isUnsure = !server.isPlain && !server.knowsEdns;
    let plain = server.isPlain || (isUnsure && attempt > 0);
    let answer: DnsAnswer | undefined;
    let cause: unknown;
    try {
      const plainAfter = isUnsure && !plain
        ? this.#plainAfter(attempt)
        : undefined;
      const request = { plain, plainAfter };
      const question = new Question(name, type);
      answer = await this.#askUdp(server, query, question, request);
      if (question.isPlain) plain = true;
      if (!plain && isEdnsRefused(answer)) {
        plain = true;
        answer = await this.#askUdp(server, query, new Question(name, type), {
          plain,
          plainAfter: undefined,
        });
      }
      if (plain && !server.isPlain && !isEdnsRefused(answer)) {
        server.needsPlain();
      }
      if (answer.truncated) {
        answer = await this.#askTcp(server, query, plain);
      }
    } catch (error) {
      signal.throwIfAborted();
      cause = error;
      const isSilent = isError(error, "TimedOut");
      if (isSilent && query.suspects.has(server)) query.closed.add(server);
    }
    return outcomeOf(answer, cause);
  }

  /** When to ask without EDNS(0) as well; where there is no time for it, a later attempt does so. */
  #plainAfter(attempt: number): number | undefined {
    const { attempts, timeout } = this.#config;
    if (timeout > PLAIN_MS * 2) return PLAIN_MS;
    const isLast = attempt + 1 >= attempts;
    return isLast && timeout >= MIN_PLAIN_MS * 2 ? timeout / 2 : undefined;
  }

  async #askUdp(
    server: NameServerState,
    query: Query,
    question: Question,
    request: UdpRequest,
  ): Promise<DnsAnswer> {
    const { timeout, sockets } = this.#config;
    const { name, signal, suspects, turn } = query;
    const patience = suspects.has(server)
      ? Math.min(timeout, SUSPECT_MS)
      : timeout;
    return await sockets.use(timeout, signal, turn, async () => {
      const probeAfter = suspects.has(server) ? undefined : server.probeAfter;
      const limit = limitOf(patience, "The server did not answer", signal, {
        after: probeAfter,
        act: () => this.#probe(server, query, limit),
      });
      try {
        await this.#ports.ask(server, name, question, request, limit.signal);
        const answer = question.answer!;
        server.answered(!question.isPlain && !isEdnsRefused(answer));
        return answer;
      } finally {
        limit[Symbol.dispose]();
      }
    });
  }

  /** Ends the wait for a silent server early if its port is closed. */
  async #probe(
    server: NameServerState,
    { suspects, closed }: Query,
    limit: Limit,
  ): Promise<void> {
    const finding = await server.probe(limit.signal)
      .catch((): Finding => "open");
    if (finding === "open" || limit.signal.aborted) return;
    suspects.add(server);
    if (finding === "closed") closed.add(server);
    const hasOthers = this.#servers.some((other) => !suspects.has(other));
    if (finding === "closed" || hasOthers) {
      limit.end(makeError("ConnectionRefused", "The port is closed"));
    } else {
      limit.shorten(SUSPECT_MS);
    }
  }

  async #askTcp(
    server: NameServerState,
    { name, type, signal, turn }: Query,
    plain: boolean,
  ): Promise<DnsAnswer> {
    const { timeout, sockets } = this.#config;
    return await sockets.use(timeout, signal, turn, async () => {
      const text = "The server did not answer over TCP";
      const limit = limitOf(timeout, text, signal);
      try {
        const question = new Question(name, type);
        // Loaded when needed: few answers are that large.
        const { exchangeTcp } = await import("./_dns_tcp.ts");
        await exchangeTcp(server, question, plain, limit.signal);
        return question.answer!;
      } finally {
        limit[Symbol.dispose]();
      }
    });
  }
}

function isEdnsRefused({ rcode }: DnsAnswer): boolean {
  return NO_EDNS.includes(rcode);
}

/** Whether another server, or the same one later, could say no more. */
function isSettled({ status }: Outcome): boolean {
  return status !== "again" && status !== "fail";
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
