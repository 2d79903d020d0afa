/**
 * Fuzzes the reading half of a connection against a model: an array of bytes and
 * a place in it.
 *
 * @module
 */
import {
  delimiterFraming,
  fixedFraming,
  type Framing,
  lengthPrefixFraming,
  type StreamConn,
} from "@berkeley/sockets/stream";
import { assert, assertEquals } from "@std/assert";
import type { Random } from "../_random.ts";
import { memoryConn } from "./_memory_conn.ts";
import { chop } from "./_mutate.ts";
import type { FuzzTarget } from "./_target.ts";

/** What calls are aborted with. */
export const GIVEN_UP = "given up by the fuzzer";
const SIZES = [0, 1, 2, 3, 10, 100, 4095, 4096, 5000, 9000];
const LIMITS = [1, 2, 10, 100, 70_000];
const LF = 10;

/** What a call may end with: bytes, null, a text, or the code of an error. */
export type End = Uint8Array | string | null;

/** A call, and what the model says of it. */
export interface Step {
  name: string;
  call(conn: StreamConn, options: { signal?: AbortSignal }): Promise<End>;
  /** What it must end with where `rest` is all that the stream has left. */
  expect(rest: Uint8Array, end: string): End;
  /** How much of `rest` it takes off the stream, when it ends like this. */
  takes(end: End): number;
}

function sizeOf(end: End): number {
  return end instanceof Uint8Array ? end.length : 0;
}

function read(size: number): Step {
  return {
    name: `read(${size})`,
    async call(conn, options) {
      const buffer = new Uint8Array(size);
      const count = await conn.read(buffer, options);
      return count === null ? null : buffer.subarray(0, count);
    },
    expect: (rest, end) =>
      rest.length > 0 ? rest.subarray(0, size) : end === "EOF" ? null : end,
    takes: sizeOf,
  };
}

function peek(size: number): Step {
  return {
    name: `peek(${size})`,
    call: (conn, options) => conn.peek(size, options),
    expect: (rest, end) =>
      rest.length >= size || end === "EOF" ? rest.subarray(0, size) : end,
    takes: () => 0,
  };
}

function readExact(size: number, isInto: boolean): Step {
  return {
    name: `readExact(${isInto ? "buffer of " : ""}${size})`,
    call: (conn, options) =>
      isInto
        ? conn.readExact(new Uint8Array(size), options)
        : conn.readExact(size, options),
    expect: (rest, end) => rest.length >= size ? rest.subarray(0, size) : end,
    takes: sizeOf,
  };
}

/** The length up to and including the delimiter, or the code of why there is none. */
function findUntil(
  rest: Uint8Array,
  delimiter: readonly number[],
  limit: number,
): number | "EMSGSIZE" | undefined {
  for (let at = 0; at + delimiter.length <= rest.length; at++) {
    if (!delimiter.every((byte, i) => rest[at + i] === byte)) continue;
    const length = at + delimiter.length;
    return length > limit ? "EMSGSIZE" : length;
  }
  return rest.length >= limit ? "EMSGSIZE" : undefined;
}

function readUntil(delimiter: readonly number[], limit: number): Step {
  return {
    name: `readUntil(${delimiter}, ${limit})`,
    call: (conn, options) =>
      conn.readUntil(new Uint8Array(delimiter), { ...options, limit }),
    expect(rest, end) {
      const found = findUntil(rest, delimiter, limit);
      if (typeof found === "number") return rest.subarray(0, found);
      if (found !== undefined) return found;
      return rest.length === 0 && end === "EOF" ? null : end;
    },
    takes: sizeOf,
  };
}

function readLine(limit: number): Step {
  let length = 0;
  return {
    name: `readLine(${limit})`,
    async call(conn, options) {
      const line = await conn.readLine({ ...options, limit });
      return line === null ? null : `line:${line}`;
    },
    expect(rest, end) {
      const found = findUntil(rest, [LF], limit);
      length = 0;
      if (found === "EMSGSIZE") return found;
      if (found === undefined && end !== "EOF") return end;
      length = found ?? rest.length;
      if (length === 0) return null;
      const line = new TextDecoder().decode(rest.subarray(0, length));
      return `line:${line.replace(/\r?\n$/, "")}`;
    },
    takes: (end) => end?.toString().startsWith("line:") ? length : 0,
  };
}

/** A framing, and where in `rest` its first frame begins and ends. */
interface Frames {
  readonly framing: Framing;
  readonly header: number;
  /** How many bytes follow the frame. */
  readonly trailer: number;
  /** The size of the first frame, or undefined if it has not all come. */
  size(rest: Uint8Array): number | "EMSGSIZE" | undefined;
}

const FRAMES: readonly Frames[] = [
  ...[1, 3, 5000].map((size) => ({
    framing: fixedFraming(size),
    header: 0,
    trailer: 0,
    size: (rest: Uint8Array) => rest.length < size ? undefined : size,
  })),
  {
    framing: lengthPrefixFraming(1),
    header: 1,
    trailer: 0,
    size: (rest) => rest.length > rest[0]! ? rest[0]! : undefined,
  },
  ...[10, 70_000].map((limit) => ({
    framing: delimiterFraming("\n", { maxFrameSize: limit }),
    header: 0,
    trailer: 1,
    size(rest: Uint8Array) {
      const at = rest.indexOf(LF);
      if (at > limit || (at < 0 && rest.length > limit)) return "EMSGSIZE";
      return at < 0 ? undefined : at;
    },
  })),
];

/** Calls of one framing share what they have found so far. */
function readFrame({ framing, header, trailer, size }: Frames): Step {
  return {
    name: `readFrame(${framing.maxFrameSize}, ${header}, ${trailer})`,
    call: (conn, options) => conn.readFrame(framing, options),
    expect(rest, end) {
      const found = size(rest);
      if (typeof found === "number") {
        return rest.subarray(header, header + found);
      }
      if (found !== undefined) return found;
      return rest.length === 0 && end === "EOF" ? null : end;
    },
    takes: (end) =>
      end instanceof Uint8Array ? header + end.length + trailer : 0,
  };
}

/** A call of any kind. */
export function anyStep(random: Random): Step {
  const size = random.pick(SIZES);
  switch (random.integer(0, 6)) {
    case 0:
      return read(size);
    case 1:
      return peek(size);
    case 2:
      return readExact(size, false);
    case 3:
      return readExact(size, true);
    case 4:
      return readUntil(
        random.pick([[LF], [13, LF], [1, 1, 2]]),
        random.pick(LIMITS),
      );
    case 5:
      return readFrame(random.pick(FRAMES));
    default:
      return readLine(random.pick(LIMITS));
  }
}

/** Aborts at once or some microtasks later; undefined for never. */
function abortSoon(random: Random): AbortSignal | undefined {
  if (random.next() < 0.6) return undefined;
  const giveUp = new AbortController();
  let left = random.pick([0, 1, 2, 5, 20]);
  const wait = (): void => {
    if (left-- === 0) giveUp.abort(GIVEN_UP);
    else queueMicrotask(wait);
  };
  wait();
  return giveUp.signal;
}

/** How a call ended. */
export async function endOf(call: Promise<End>): Promise<End> {
  try {
    return await call;
  } catch (error) {
    if (error === GIVEN_UP) return GIVEN_UP;
    const { code } = error as { code?: string };
    if (code === undefined) throw error;
    return code;
  }
}

async function once(random: Random): Promise<string> {
  const data = random.bytes(random.pick([0, 5, 300, 5000, 30_000])).map((
    byte,
  ) => byte < 8 ? LF : byte < 16 ? 13 : byte < 90 ? byte % 3 : byte);
  const isReset = random.next() < 0.3;
  const failure = isReset
    ? new Deno.errors.ConnectionReset("connection reset")
    : undefined;
  const end = isReset ? "ECONNRESET" : "EOF";
  const sizes = random.pick([[1, 2, 3], [1, 100, 1000], [5000, 9000, 70_000]]);
  const chunks = chop(random, data, sizes);
  using conn = memoryConn(chunks, random, { failure });
  let hasGivenUp = false;
  let at = 0;
  for (let turn = 0; turn < 60; turn++) {
    if (random.next() < 0.2) {
      const size = random.integer(0, conn.buffered + 1);
      const taken = conn.take(size);
      assertEquals(taken === null, size > conn.buffered + sizeOf(taken));
      assertEquals(taken ?? null, taken && data.slice(at, at + size));
      at += sizeOf(taken);
    }
    // Several at a time are served in the order of their calls.
    const steps = Array.from(
      { length: random.pick([1, 1, 2, 4]) },
      () => anyStep(random),
    );
    const calls = steps.map((step) => {
      const signal = abortSoon(random);
      return endOf(step.call(conn, signal === undefined ? {} : { signal }));
    });
    for (const [i, step] of steps.entries()) {
      const got = await calls[i]!;
      if (got === GIVEN_UP) {
        hasGivenUp = true;
        continue;
      }
      const rest = data.subarray(at);
      const expected = step.expect(rest, end);
      const where = `${step.name} at ${at} of ${data.length}`;
      if (step.name === "read(0)" && sizeOf(got) === 0) {
        // It need not look whether the stream has ended.
      } else if (
        step.name.startsWith("read(") && expected instanceof Uint8Array
      ) {
        // It may be any part of it, but nothing only where there is nothing.
        assert(got instanceof Uint8Array, where);
        assert(got.length > 0 === expected.length > 0, where);
        assertEquals(got, expected.slice(0, got.length), where);
      } else {
        const plain = expected instanceof Uint8Array
          ? expected.slice()
          : expected;
        assertEquals(got, plain, where);
      }
      at += step.takes(got);
    }
  }
  return hasGivenUp && random.next() < 0.5 ? "given up" : end;
}

/** The fuzzer. */
export const streamReads: FuzzTarget = {
  name: "reads",
  claim: "reads, given up or not, take the stream's bytes once and in order",
  tries: 200,
  outcomes: ["given up", "EOF", "ECONNRESET"],
  once,
};
