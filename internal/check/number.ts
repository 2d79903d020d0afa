import { showValue } from "./type.ts";

/**
 * Returns the value if it is an integer from `least` to `most`.
 *
 * @throws {RangeError} If it is anything else.
 */
export function checkInteger(
  name: string,
  value: number,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER
    ? `of ${least} or more`
    : `from ${least} to ${most}`;
  throw new RangeError(
    `Cannot use ${name} ${showValue(value)}: it must be an integer ${range}`,
  );
}

/**
 * Returns the value if it is a number of `least` or more; Infinity is one.
 *
 * @throws {TypeError} If it is not a number.
 * @throws {RangeError} If it is less, or NaN.
 */
export function checkNumber(
  name: string,
  value: number,
  least: number,
): number {
  if (typeof value === "number" && value >= least) return value;
  const ErrorClass = typeof value === "number" ? RangeError : TypeError;
  throw new ErrorClass(
    `Cannot use ${name} ${
      showValue(value)
    }: it must be a number of ${least} or more`,
  );
}

/** Refuses a value that is neither undefined nor an integer of 1 or more. */
export function checkCount(name: string, value: number | undefined): void {
  if (value !== undefined) checkInteger(name, value, 1);
}
