import { showValue } from "../internal/check/mod.ts";

const INT32 = 2 ** 31;

/**
 * The bytes of an `int`.
 *
 * @throws {RangeError} When it is not one.
 */
export function int32(value: number): Uint8Array<ArrayBuffer> {
  const isInt = Number.isInteger(value) && value >= -INT32 && value < INT32;
  if (!isInt) {
    throw new RangeError(`Cannot use ${showValue(value)}: not an int of C`);
  }
  return new Uint8Array(Int32Array.of(value).buffer);
}

/** The bytes of a structure of C from its parts; the rest is 0. */
export function struct(
  size: number,
  ...parts: readonly (readonly [at: number, bytes: Uint8Array])[]
): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(size);
  for (const [at, bytes] of parts) all.set(bytes, at);
  return all;
}
