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
