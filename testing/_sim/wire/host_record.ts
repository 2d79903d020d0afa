import type { TraceKind } from "../../trace_event.ts";
import type { Happened } from "./recorder.ts";

/** An event besides packets. */
export class HostRecord implements Happened {
  readonly time: number;
  readonly kind: TraceKind;
  readonly from: string | undefined;
  readonly to = undefined;
  readonly isLost: boolean;
  readonly #text: string | (() => string);

  /** Remembers what happened to a host, or to the network. */
  constructor(
    time: number,
    kind: TraceKind,
    from: string | undefined,
    text: string | (() => string),
    isLost = false,
  ) {
    this.time = time;
    this.kind = kind;
    this.from = from;
    this.#text = text;
    this.isLost = isLost;
  }

  text(): string {
    return typeof this.#text === "string" ? this.#text : this.#text();
  }

  label(): string {
    return this.text();
  }
}
