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
