/**
 * What the tests against other programs share.
 *
 * @module
 */
import { assert } from "@std/assert";
import type { SocketError } from "@berkeley/sockets/errors";
import type { TlsConn } from "@berkeley/sockets/tls";

/** Asserts that the error has one of these codes. */
export function assertCode(error: SocketError, codes: readonly string[]): void {
  assert(codes.includes(error.code), `${error.code}: ${error.message}`);
}

/** Reads to the end of the stream. */
export async function readToEnd(
  conn: Pick<TlsConn, "read">,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const buffer = new Uint8Array(64 * 1024);
  for (let n; (n = await conn.read(buffer)) !== null;) {
    parts.push(buffer.slice(0, n));
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
