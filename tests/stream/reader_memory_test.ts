/** What memory a connection holds, and how often it moves bytes. */
import { assert, assertEquals } from "@std/assert";
import { lengthPrefixFraming, type StreamConn } from "@berkeley/sockets/tcp";
import { Random } from "../_random.ts";
import { memoryConn } from "../fuzz/_memory_conn.ts";
import { BACKENDS } from "../_each_stream.ts";
import { runArgs } from "../_run_args.ts";

const MIB = 1024 * 1024;
const PROGRAM = new URL("_idle_memory_program.ts", import.meta.url);

/** A connection that receives `size` bytes, in pieces. */
function receiving(bytes: Uint8Array, pieces: Iterable<number>): StreamConn {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (const piece of pieces) chunks.push(bytes.subarray(at, at += piece));
  return memoryConn(chunks, new Random(1));
}

function* sizes(total: number, piece: number): Iterable<number> {
  for (let at = 0; at < total; at += piece) yield Math.min(piece, total - at);
}

/** How many bytes typed arrays have moved while `work` went on. */
async function movedBy(work: () => Promise<unknown>): Promise<number> {
  const prototype = Object.getPrototypeOf(Uint8Array.prototype);
  const { set, copyWithin } = prototype;
  let moved = 0;
  prototype.set = function (source: ArrayLike<number>, at?: number) {
    moved += source.length;
    return set.call(this, source, at);
  };
  prototype.copyWithin = function (to: number, from: number, end: number) {
    moved += end - from;
    return copyWithin.call(this, to, from, end);
  };
  try {
    await work();
  } finally {
    Object.assign(prototype, { set, copyWithin });
  }
  return moved;
}

const LARGE = 20_000_000;
const framing = lengthPrefixFraming(4, { maxFrameSize: LARGE });
const frame = new Uint8Array(LARGE + 4);
new DataView(frame.buffer).setUint32(0, LARGE);

const LARGE_READS: Record<string, (conn: StreamConn) => Promise<unknown>> = {
  readExact: (conn) => conn.readExact(LARGE + 4),
  readFrame: (conn) => conn.readFrame(framing),
  "readExact with a timeout": (conn) =>
    conn.readExact(LARGE + 4, { timeout: 3_600_000 }),
};

for (const [name, read] of Object.entries(LARGE_READS)) {
  Deno.test(`${name} moves the bytes of a large message few times`, async () => {
    using conn = receiving(frame, sizes(frame.length, 1448));
    const moved = await movedBy(() => read(conn));
    // Once into the buffer, by the transport, and less than twice as it doubles.
    assert(moved < 3 * frame.length, `${moved / frame.length} times`);
  });
}

Deno.test("a packet of one byte costs little although much is held", async () => {
  const held = 16 * MIB;
  const packets = 300;
  using conn = receiving(frame, [
    ...sizes(held, 65_536),
    ...sizes(packets, 1),
    ...sizes(frame.length - held - packets, 65_536),
  ]);
  const moved = await movedBy(() => conn.readFrame(framing));
  assert(moved < 3 * frame.length, `${moved / frame.length} times`);
});

for (const backend of BACKENDS) {
  Deno.test(`idle connections give memory back after a burst, over ${backend}`, async () => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...runArgs(backend, "--v8-flags=--expose-gc", "--allow-net=127.0.0.1"),
        ...[PROGRAM.pathname, backend],
      ],
      cwd: new URL("../../", import.meta.url),
      env: { NO_COLOR: "1" },
      signal: AbortSignal.timeout(60_000),
    }).output();
    const text = new TextDecoder();
    assertEquals({ code, stderr: text.decode(stderr) }, {
      code: 0,
      stderr: "",
    });
    const held = Number(text.decode(stdout));
    assert(held < 64 * 1024, `${held} bytes each`);
  });
}
