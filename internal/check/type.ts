/**
 * Refuses an option that is set and not of its type.
 *
 * @throws {TypeError} If it is of another type.
 */
export function checkType(
  name: string,
  value: unknown,
  type: "boolean" | "function" | "string",
): void {
  if (value === undefined || typeof value === type) return;
  throw new TypeError(
    `Cannot use ${name} ${showValue(value)}: it must be a ${type}`,
  );
}

/**
 * Refuses an option that is set and not one of these values.
 *
 * @throws {TypeError} If it is another value.
 */
export function checkChoice(
  name: string,
  value: unknown,
  choices: readonly unknown[],
): void {
  if (value === undefined || choices.includes(value)) return;
  throw new TypeError(
    `Cannot use ${name} ${showValue(value)}: it must be ${
      choices.map(showValue).join(" or ")
    }`,
  );
}

/**
 * Returns how a message shows a value: text in quotes, so that `"80"` is not taken
 * for 80, and of an object only what kind it is.
 */
export function showValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  return value === Object(value)
    ? Object.prototype.toString.call(value)
    : String(value);
}
