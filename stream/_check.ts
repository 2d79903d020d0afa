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
