/**
 * Fuzzes the decoders of frames: however the bytes are cut, they give the same
 * frames, and then the same error.
 *
 * @module
 */
import {
  decodeFrames,
  delimiterFraming,
  encodeFrame,
  fixedFraming,
  FrameDecoderStream,
  FrameError,
  type Framing,
  lengthPrefixFraming,
  netstringFraming,
} from "@berkeley/sockets/tcp";
import { SocketError } from "@berkeley/sockets/errors";
import { assert, assertEquals } from "@std/assert";
import type { Random } from "../_random.ts";
import { memoryConn } from "./_memory_conn.ts";
import { chop, mutateBytes } from "./_mutate.ts";
import type { FuzzTarget } from "./_target.ts";

const LIMIT = { maxFrameSize: 300 };
const FRAMINGS: readonly Framing[] = [
  fixedFraming(7),
  lengthPrefixFraming(1, LIMIT),
  lengthPrefixFraming(2, LIMIT),
  lengthPrefixFraming(2, { ...LIMIT, byteOrder: "little" }),
  lengthPrefixFraming(4, LIMIT),
  lengthPrefixFraming(8, LIMIT),
  lengthPrefixFraming(8, { ...LIMIT, byteOrder: "little" }),
  lengthPrefixFraming(2, { ...LIMIT, countsItself: true }),
  lengthPrefixFraming("varint", LIMIT),
  delimiterFraming("\n", LIMIT),
  delimiterFraming("\r\n", LIMIT),
  delimiterFraming("aab", LIMIT),
  netstringFraming(LIMIT),
];

/** What decoding ended with: its frames, then a code, or "" for a clean end. */
interface Decoded {
  frames: string[];
  end: string;
}

/** The end of a decoding that failed; anything but our own typed errors is a fault. */
function codeOf(error: unknown): string {
  assert(error instanceof SocketError, `${error}`);
  const isTyped = error instanceof FrameError || error.code === "EOF";
  assert(isTyped, `${error}`);
  return error.code;
}

/** Decodes frame by frame, all bytes being there. */
function decodeWhole(framing: Framing, bytes: Uint8Array): Decoded {
  const frames: string[] = [];
  const bounds = { frameStart: 0, frameEnd: 0, end: 0, searched: 0 };
  let start = 0;
  try {
    while (framing.locate(bytes, start, bytes.length, bounds)) {
      frames.push(bytes.slice(bounds.frameStart, bounds.frameEnd).join());
      assert(bounds.end > start, "no progress");
      start = bounds.end;
    }
  } catch (error) {
    return { frames, end: codeOf(error) };
  }
  return { frames, end: start === bytes.length ? "" : "EOF" };
}

/** Decodes by `decodeFrames`, keeping what is left for the next chunk. */
function decodeByChunk(framing: Framing, chunks: Uint8Array[]): Decoded {
  const frames: string[] = [];
  let rest = new Uint8Array(0);
  for (const chunk of chunks) {
    const bytes = new Uint8Array([...rest, ...chunk]);
    try {
      const decoded = decodeFrames(framing, bytes);
      for (const frame of decoded.frames) frames.push(frame.join());
      rest = new Uint8Array(decoded.rest);
    } catch (error) {
      return { frames, end: codeOf(error) };
    }
  }
  return { frames, end: rest.length === 0 ? "" : "EOF" };
}

async function decodeStream(
  framing: Framing,
  chunks: Uint8Array[],
): Promise<Decoded> {
  const frames: string[] = [];
  const stream = ReadableStream.from(chunks)
    .pipeThrough(new FrameDecoderStream(framing));
  try {
    for await (const frame of stream) frames.push(frame.join());
  } catch (error) {
    return { frames, end: codeOf(error) };
  }
  return { frames, end: "" };
}

/** Decodes on a connection, in one of the ways there are. */
async function decodeConn(
  framing: Framing,
  chunks: Uint8Array[],
  random: Random,
): Promise<Decoded> {
  const frames: string[] = [];
  using conn = memoryConn(chunks, random);
  const borrow = random.next() < 0.5;
  try {
    for (;;) {
      switch (random.integer(0, 2)) {
        case 0: {
          const frame = await conn.readFrame(framing, { borrow });
          if (frame === null) return { frames, end: "" };
          frames.push(frame.join());
          break;
        }
        case 1: {
          let left = random.integer(1, 5);
          for await (const frame of conn.frames(framing, { borrow })) {
            frames.push(frame.join());
            if (--left === 0) break;
          }
          if (left > 0) return { frames, end: "" };
          break;
        }
        default: {
          let isOver = true;
          for await (const batch of conn.frameBatches(framing, { borrow })) {
            for (const frame of batch) frames.push(frame.join());
            isOver = false;
            break;
          }
          if (isOver) return { frames, end: "" };
        }
      }
    }
  } catch (error) {
    return { frames, end: codeOf(error) };
  }
}

async function once(random: Random): Promise<string> {
  const framing = random.pick(FRAMINGS);
  const isFixed = framing === FRAMINGS[0];
  const parts: Uint8Array[] = [];
  for (let n = random.integer(0, 8); n > 0; n--) {
    const size = isFixed
      ? 7
      : random.pick([0, 1, 2, 20, 20, 127, 128, 255, 300]);
    const frame = random.bytes(Math.min(size, framing.maxFrameSize))
      .map((byte) => byte % 7 === 0 ? 98 : byte === 10 ? 97 : byte);
    try {
      parts.push(encodeFrame(framing, frame));
    } catch (error) { // it contains the delimiter, or is longer than one byte says
      codeOf(error);
    }
  }
  const intact = new Uint8Array(parts.flatMap((part) => [...part]));
  const wire = random.next() < 0.3 ? intact : mutateBytes(random, intact, 3);
  const expected = decodeWhole(framing, wire);
  if (wire === intact) {
    assertEquals(expected.end, "");
    assertEquals(expected.frames.length, parts.length);
  }
  const chunks = chop(
    random,
    wire,
    random.pick([[1], [1, 2, 3], [5, 64, 500]]),
  );
  assertEquals(await decodeConn(framing, chunks, random), expected);
  assertEquals(await decodeStream(framing, chunks), expected);
  // This one has no frames to give where there is a fault in the bytes.
  const byChunk = decodeByChunk(framing, chunks);
  assertEquals(byChunk.end, expected.end);
  const isWhole = expected.end === "" || expected.end === "EOF";
  const most = isWhole ? expected.frames.length : byChunk.frames.length;
  assertEquals(byChunk.frames, expected.frames.slice(0, most));
  return expected.end;
}

/** The fuzzer. */
export const frames: FuzzTarget = {
  name: "frames",
  claim: "any chunking gives the same frames, and then the same typed error",
  tries: 250,
  outcomes: ["", "EOF", "EMSGSIZE", "EBADMSG"],
  once,
};
