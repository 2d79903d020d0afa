/**
 * What a soak has done, and what went wrong in it.
 *
 * @module
 */
import { SocketError } from "@berkeley/sockets/errors";

/** How many faults are told in words; more are only counted. */
const MAX_TOLD = 20;

/** Codes that a connection may end with when either end is violent. */
const VIOLENT_ENDS = new Set([
  "EBADF",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTCONN",
  "EOF",
  "EPIPE",
  "ETIMEDOUT",
]);

/** Whether an error is one that violence explains. */
export function isViolentEnd(error: unknown): boolean {
  return error instanceof SocketError && VIOLENT_ENDS.has(error.code);
}

/** The books of a soak. */
export class Account {
  /** How often each thing happened. */
  readonly counts: Map<string, number> = new Map();
  /** The first faults, in words. */
  readonly faults: string[] = [];
  /** How many faults there were. */
  faultCount = 0;

  /** Notes that something happened. */
  count(what: string, times = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + times);
  }

  /** How often something happened. */
  total(what: string): number {
    return this.counts.get(what) ?? 0;
  }

  /** Notes that something happened which never may. */
  fault(text: string): void {
    this.faultCount++;
    if (this.faults.length < MAX_TOLD) this.faults.push(text);
  }

  /** Notes a fault unless the condition holds. */
  check(condition: boolean, text: () => string): void {
    if (!condition) this.fault(text());
  }

  /** Everything counted, in one line. */
  summary(): string {
    return [...this.counts].sort(([a], [b]) => a < b ? -1 : 1)
      .map(([what, times]) => `${times} ${what}`).join(", ");
  }
}
