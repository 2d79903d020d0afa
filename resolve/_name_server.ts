import { type Finding, probe } from "./_closed_port.ts";
import { board, type Flight, startFlight } from "./_flights.ts";
import type { NameServer } from "./resolver_options.ts";

/** How long it is remembered whether a server knows EDNS(0), in milliseconds. */
const EDNS_MS = 600_000;
/** How long it is remembered that a server answers, or that its port is closed. */
const STATE_MS = 5000;
/** How long it is remembered that a server answers over UDP, but not over TCP. */
const UDP_ONLY_MS = 60_000;

/** After how much silence a server's port is probed, in milliseconds. */
const PROBE_MS = { alive: 300, unknown: 30, closed: 0 } as const;

/** A name server, and what was learned of it. */
export class NameServerState implements Required<NameServer> {
  readonly hostname: string;
  readonly port: number;
  readonly #now: () => number;
  #flight: Flight<Finding> | undefined;
  #plainUntil = -Infinity;
  #knowsEdnsUntil = -Infinity;
  #aliveUntil = -Infinity;
  #closedUntil = -Infinity;
  /** Until then another probe would find nothing new. */
  #openUntil = -Infinity;
  #isSuspect = false;

  /** Knows nothing of a server yet; `now` is the clock, in milliseconds. */
  constructor({ hostname, port }: Required<NameServer>, now: () => number) {
    this.hostname = hostname;
    this.port = port;
    this.#now = now;
  }

  /** Whether it is to be asked without EDNS(0). */
  get isPlain(): boolean {
    return this.#now() < this.#plainUntil;
  }

  /** Whether it is known to answer queries with EDNS(0). */
  get knowsEdns(): boolean {
    return this.#now() < this.#knowsEdnsUntil;
  }

  /** Whether its port was found closed a short while ago. */
  get isClosed(): boolean {
    return this.#now() < this.#closedUntil;
  }

  /** After how many milliseconds of silence it should be probed; never, if undefined. */
  get probeAfter(): number | undefined {
    const now = this.#now();
    if (now < this.#openUntil) return undefined;
    if (now < this.#closedUntil) return PROBE_MS.closed;
    return now < this.#aliveUntil ? PROBE_MS.alive : PROBE_MS.unknown;
  }

  /** Learns that it answered a query over UDP, with EDNS(0) or without. */
  answered(withEdns: boolean): void {
    const now = this.#now();
    if (now < this.#closedUntil && this.#isSuspect) {
      this.#openUntil = now + UDP_ONLY_MS;
    }
    this.#closedUntil = -Infinity;
    this.#aliveUntil = now + STATE_MS;
    if (withEdns) this.#knowsEdnsUntil = now + EDNS_MS;
  }

  /** Learns that it answers without EDNS(0) what it does not answer with it. */
  needsPlain(): void {
    this.#plainUntil = this.#now() + EDNS_MS;
    this.#knowsEdnsUntil = -Infinity;
  }

  /** Probes its port, once for all that ask at the same time, and remembers what it finds. */
  async probe(signal: AbortSignal): Promise<Finding> {
    const flight = this.#flight ??= startFlight(
      (signal) => probe(this, signal),
      () => this.#flight = undefined,
    );
    const finding = await board(
      [flight],
      flight.work,
      { signal },
      () => new Error("no limit of time"),
    );
    const until = this.#now() + STATE_MS;
    this.#isSuspect = finding === "suspect";
    if (finding === "open") this.#openUntil = until;
    else this.#closedUntil = until;
    return finding;
  }
}
