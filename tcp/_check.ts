import { showValue } from "../internal/check/mod.ts";

/** Refuses what is no count of bytes. */
export function checkCount(
  count: number,
  most: number = Number.MAX_SAFE_INTEGER,
): void {
  if (Number.isInteger(count) && count >= 0 && count <= most) return;
  throw new RangeError(
    `Cannot read ${
      showValue(count)
    } bytes: the count must be an integer from 0 to ${most}`,
  );
}

/** Returns the limit, if it is one. */
export function checkLimit(limit: number): number {
  if (Number.isInteger(limit) && limit > 0) return limit;
  throw new RangeError(
    `Cannot read within ${
      showValue(limit)
    } bytes: the limit must be a positive integer`,
  );
}

/** The longest idle time that Linux takes (MAX_TCP_KEEPIDLE), in milliseconds. */
const MAX_IDLE = 32_767_000;

/** Refuses what is no time of TCP_KEEPIDLE: some systems would just not take it. */
export function checkIdle(idle: number): void {
  if (idle > 0 && idle <= MAX_IDLE) return;
  throw new RangeError(
    `Cannot use keepAlive ${idle}: an idle time must be more than 0 and at most ${MAX_IDLE} ms`,
  );
}

/** Refuses what is no high-water mark. */
export function checkHighWaterMark(mark: number | undefined): void {
  if (mark === undefined || (Number.isInteger(mark) && mark > 0)) return;
  throw new RangeError(
    `Cannot use highWaterMark ${
      showValue(mark)
    }: it must be a positive integer`,
  );
}

/** Whether a value is bytes, for callers without types. */
export function isBytes(bytes: unknown): bytes is Uint8Array {
  return bytes instanceof Uint8Array;
}

/** Refuses a value that is not bytes, such as text. */
export function checkBytes(bytes: Uint8Array): void {
  if (!isBytes(bytes)) throw notBytes(bytes);
}

/** Returns the error of a value that is not bytes. */
export function notBytes(value: unknown): TypeError {
  const hint = typeof value === "string"
    ? ": pass new TextEncoder().encode(text)"
    : "";
  return new TypeError(`Cannot use ${kindOf(value)} as bytes${hint}`);
}

function kindOf(value: unknown): string {
  return value === Object(value)
    ? Object.prototype.toString.call(value)
    : `a ${typeof value}`;
}

/** The error of a caller who transferred a buffer that was still in use. */
export function takenAway(action: "read into" | "write"): TypeError {
  return new TypeError(
    `Cannot ${action} the buffer: its memory was taken away; transfer it when the call has settled`,
  );
}
