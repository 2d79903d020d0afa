/**
 * A connection whose transport is memory: it receives what a fuzzer made up, in
 * the pieces and at the moments that the fuzzer chose.
 *
 * @module
 */
import { StreamConn } from "@berkeley/sockets/stream";
import type { Random } from "../_random.ts";

type Transport = ConstructorParameters<typeof StreamConn>[0];

/** Lets some microtasks pass, or none. */
async function pass(random: Random): Promise<void> {
  for (let n = random.pick([0, 0, 1, 2, 7]); n > 0; n--) await undefined;
}

/** What a transport of memory does beside handing over its chunks. */
export interface MemoryConnOptions {
  /** What a read meets after the last chunk; the end of the stream, if left out. */
  failure?: Error | undefined;
  /** Where written bytes go. */
  written?: Uint8Array<ArrayBuffer>[] | undefined;
  /** See `connectTcp`. */
  highWaterMark?: number | undefined;
  /** Waited for before each write. */
  gate?: (() => Promise<void>) | undefined;
  /** Called when the connection ends, by FIN or by RST; it cannot send RST otherwise. */
  onEnd?: ((how: "FIN" | "RST") => void) | undefined;
}

/** Makes a connection that receives these chunks. */
export function memoryConn(
  chunks: readonly Uint8Array[],
  random: Random,
  { failure, written, highWaterMark, gate, onEnd }: MemoryConnOptions = {},
): StreamConn {
  const rest = [...chunks];
  const addr = { transport: "tcp", hostname: "192.0.2.1", port: 9 } as const;
  let isOver = false;
  const end = (how: "FIN" | "RST") => {
    isOver = true;
    onEnd?.(how);
  };
  const transport: Transport = {
    backend: "deno",
    localAddr: addr,
    remoteAddr: addr,
    async read(buffer) {
      await pass(random);
      const chunk = rest[0];
      if (chunk === undefined) {
        if (failure !== undefined) throw failure;
        return null;
      }
      const count = Math.min(chunk.length, buffer.length);
      buffer.set(chunk.subarray(0, count));
      if (count === chunk.length) rest.shift();
      else rest[0] = chunk.subarray(count);
      return count;
    },
    async write(bytes) {
      await pass(random);
      await gate?.();
      if (isOver) throw new Deno.errors.BadResource("closed");
      const count = random.next() < 0.5
        ? bytes.length
        : random.integer(Math.min(1, bytes.length), bytes.length);
      written?.push(new Uint8Array(bytes.subarray(0, count)));
      return count;
    },
    closeWrite: () => Promise.resolve(),
    close: () => end("FIN"),
    reset() {
      if (onEnd === undefined) return false;
      end("RST");
      return true;
    },
    ref() {},
    unref() {},
  };
  return new StreamConn(transport, { highWaterMark });
}
