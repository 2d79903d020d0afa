import { showValue } from "./show_value.ts";

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
