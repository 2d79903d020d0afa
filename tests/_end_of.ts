import { SocketError } from "@berkeley/sockets/errors";
import type { StreamConn } from "@berkeley/sockets/stream";
import { assert } from "@std/assert";

/** Reads to the end of a stream: how many bytes come, and why no more. */
export async function endOf(
  conn: StreamConn,
): Promise<[bytes: number, how: string]> {
  const buffer = new Uint8Array(1000);
  let count = 0;
  try {
    for (let n; (n = await conn.read(buffer)) !== null;) count += n;
    return [count, "FIN"];
  } catch (error) {
    assert(error instanceof SocketError, `${error}`);
    return [count, error.code];
  }
}
