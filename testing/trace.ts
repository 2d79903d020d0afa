import { checkInteger } from "../internal/check/mod.ts";
import { sequenceDiagram } from "./_sim/wire/sequence_diagram.ts";
import type { Happened, Recorder } from "./_sim/wire/recorder.ts";
import type { TraceEvent } from "./trace_event.ts";

/** The width of a time: a day in milliseconds, with microseconds. */
const TIME_WIDTH = 12;
/** The width of the names of two hosts; longer ones take more. */
const HOSTS_WIDTH = 16;
/** So many events are in a diagram by default. */
const DEFAULT_DIAGRAM_EVENTS = 200;

/**
 * What happened in a simulation: packets with their fate, hosts, sockets, queries,
 * changes of links and notes. The text is the same, byte for byte, in every run with the
 * same seed, so two traces can be compared.
 *
 * A trace keeps the last events, as many as the option `maxTrace` of `simulate` says, and
 * counts the others. Events become text only when somebody reads them.
 *
 * @example Print, search, draw
 * ```ts
 * import { simulate } from "@berkeley/sockets/testing";
 * import { assert, assertMatch } from "@std/assert";
 *
 * await simulate(async (network) => {
 *   const [a, b] = [network.host("a"), network.host("b")];
 *   using socket = await a.bindUdp();
 *   network.partition(a, b);
 *   await socket.sendTo("hello", { hostname: "b", port: 7 });
 *
 *   assertMatch(network.trace.toString(), /a > b .*UDP, length 5; lost \(partition\)/);
 *   assert([...network.trace].some(({ kind, isLost }) => kind === "packet" && isLost));
 *   assertMatch(network.trace.toMermaid(), /^sequenceDiagram\n/);
 * });
 * ```
 */
export class Trace implements Iterable<TraceEvent> {
  readonly #recorder: Recorder;

  /**
   * Not for users: `network.trace` is one.
   *
   * @ignore
   */
  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  /** How many events it keeps. */
  get length(): number {
    return this.#recorder.size;
  }

  /** How many earlier events it does not keep any more. */
  get omitted(): number {
    return this.#recorder.omitted;
  }

  /**
   * Iterates over the events that it keeps, in order. See the example of
   * {@linkcode Trace}.
   */
  *[Symbol.iterator](): Generator<TraceEvent> {
    for (const happened of this.#recorder) {
      const { time, kind, from, to, isLost } = happened;
      yield { time, kind, from, to, isLost, text: happened.text() };
    }
  }

  /**
   * Returns one line for each event: the time in milliseconds, the hosts, and what
   * happened, packets in the words of tcpdump. See the example of {@linkcode Trace}.
   */
  toString(): string {
    const lines = [...this.#recorder].map(lineOf);
    const { omitted } = this;
    if (omitted > 0) lines.unshift(`(${omitted} earlier events omitted)`);
    return lines.join("\n");
  }

  /**
   * Returns a sequence diagram of the last `max` events, 200 by default, in the language
   * of Mermaid, which many editors and web sites draw. Lost packets end in a cross.
   * See the example of {@linkcode Trace}.
   *
   * @throws {RangeError} If `max` is not an integer of 1 or more.
   */
  toMermaid(options: { readonly max?: number | undefined } = {}): string {
    const { max = DEFAULT_DIAGRAM_EVENTS } = options;
    checkInteger("max", max, 1);
    const all = [...this.#recorder];
    const shown = all.slice(-max);
    return sequenceDiagram(shown, this.omitted + all.length - shown.length);
  }
}

function lineOf(happened: Happened): string {
  const { time, from, to } = happened;
  const hosts = to === undefined ? from ?? "network" : `${from} > ${to}`;
  const start = time.toFixed(3).padStart(TIME_WIDTH);
  return `${start}  ${hosts.padEnd(HOSTS_WIDTH)}  ${happened.text()}`;
}
