/**
 * What the peer of a connection sees of its end.
 *
 * @module
 */
import type { StreamConn } from "@berkeley/sockets/stream";
import { SocketError } from "@berkeley/sockets/errors";

/** More than the kernels of both ends keep for a connection that nobody reads. */
export const TOO_MUCH: number = 64 * 1024 * 1024;

/** How a stream ended: in order, or with which error. */
export interface Ending {
  /** How many bytes came before. */
  readonly count: number;
  /** The last bytes. */
  readonly last: string;
  /** "end of stream", or the code of the error. */
  readonly how: string;
}

const decoder = new TextDecoder();

/** Reads until the stream ends; with `pause`, it waits so many milliseconds between reads. */
export async function endingOf(
  conn: StreamConn,
  { pause, size = 1 << 20 }: { pause?: number; size?: number } = {},
): Promise<Ending> {
  const buffer = new Uint8Array(size);
  let count = 0;
  let last = "";
  const seen = (how: string): Ending => ({ count, last, how });
  try {
    for (;;) {
      const some = await conn.read(buffer);
      if (some === null) return seen("end of stream");
      count += some;
      const tail = buffer.subarray(Math.max(0, some - 20), some);
      last = (last + decoder.decode(tail)).slice(-20);
      if (pause !== undefined) {
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  } catch (error) {
    if (error instanceof SocketError) return seen(error.code);
    throw error;
  }
}
