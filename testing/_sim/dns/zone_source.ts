import type { RecordType } from "../../../resolve/mod.ts";
import type { DnsSource, Outcome } from "../../../resolve/_seam.ts";
import type { Timing } from "../types.ts";
import { queryRecord } from "./query_record.ts";
import type { Recorder } from "../wire/recorder.ts";
import type { Zone } from "./zone.ts";

/** The defaults of `ResolverOptions`. */
export const DEFAULT_PATIENCE = { timeout: 5000, attempts: 2 };

/** What the queries of a host need. */
export interface QueryContext {
  readonly host: string;
  readonly zone: Zone;
  readonly scheduler: Timing;
  readonly recorder: Recorder;
  /** Whether the name server hears the host. */
  isConnected(): boolean;
  /** How long to wait for an answer, in milliseconds, and how often to ask. */
  readonly patience: { readonly timeout: number; readonly attempts: number };
}

/** The name server as one host sees it. */
export class ZoneSource implements DnsSource {
  readonly absolute = true;
  readonly cancellable = true;
  readonly #context: QueryContext;

  constructor(context: QueryContext) {
    this.#context = context;
  }

  async query(
    name: string,
    type: RecordType,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const { attempts } = this.#context.patience;
    for (let i = 0; i < attempts; i++) {
      const outcome = await this.#ask(name, type, signal);
      if (outcome !== undefined) return outcome;
    }
    return { status: "again", records: [] };
  }

  /** Asks once; undefined without an answer in time. */
  async #ask(
    name: string,
    type: RecordType,
    signal: AbortSignal,
  ): Promise<Outcome | undefined> {
    const { host, zone, scheduler, recorder, patience } = this.#context;
    const { timeout } = patience;
    const key = name.toLowerCase();
    const start = scheduler.now;
    const delay = zone.delayOf(key);
    const note = (outcome: Outcome | undefined) =>
      recorder.add(
        queryRecord(scheduler.now, host, name, type, start, outcome),
      );
    if (delay < timeout && this.#context.isConnected()) {
      await this.#sleep(delay, signal);
      const outcome = zone.answer(key, type);
      if (outcome !== "timeout" && this.#context.isConnected()) {
        note(outcome);
        return outcome;
      }
    }
    await this.#sleep(timeout - (scheduler.now - start), signal);
    note(undefined);
    return undefined;
  }

  #sleep(delay: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const onAbort = () => {
        event.cancel();
        reject(signal.reason);
      };
      const event = this.#context.scheduler.after(
        Math.max(delay, 0.001),
        () => {
          signal.removeEventListener("abort", onAbort);
          resolve();
        },
      );
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }
}
