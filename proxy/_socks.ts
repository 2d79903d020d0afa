import type { StreamConn } from "../stream/mod.ts";

const encoder = new TextEncoder();

/** Sends bytes, and resolves when they have left. */
export async function sendBytes(
  conn: StreamConn,
  bytes: readonly number[],
  signal: AbortSignal,
): Promise<void> {
  await conn.writeAll(new Uint8Array(bytes), { signal });
}

/** The two bytes of a port, in network byte order. */
export function portBytes(port: number): [number, number] {
  return [port >> 8, port & 0xff];
}

/**
 * Returns the bytes of a credential.
 *
 * @throws {TypeError} If it is not a string.
 * @throws {RangeError} If its length in UTF-8 is out of range.
 */
export function credentialBytes(
  name: string,
  text: string,
  least: number,
): Uint8Array {
  if (typeof text !== "string") {
    throw new TypeError(`Cannot use ${name}: it must be a string`);
  }
  const bytes = encoder.encode(text);
  if (bytes.length >= least && bytes.length <= 255) return bytes;
  throw new RangeError(
    `Cannot use ${name}: it must have ${least} to 255 bytes in UTF-8`,
  );
}

/** A byte as specifications write it. */
export function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}
