/** The verifier passes what keeps the rules of framings, and names the broken rule. */
import {
  delimiterFraming,
  fixedFraming,
  FrameError,
  type Framing,
  lengthPrefixFraming,
  netstringFraming,
} from "@berkeley/sockets/stream";
import { FramingFault, verifyFraming } from "@berkeley/sockets/testing";
import { assert, assertEquals, assertThrows } from "@std/assert";

const LIMIT = { maxFrameSize: 5000 };
const TEXT = new TextEncoder().encode("a sample of 24 bytes ...");

const FRAMINGS: Record<string, Framing> = {
  "fixed size": fixedFraming(24),
  "1 byte of length": lengthPrefixFraming(1, { maxFrameSize: 255 }),
  "2 bytes of length": lengthPrefixFraming(2, LIMIT),
  "4 bytes of length, little endian": lengthPrefixFraming(4, {
    ...LIMIT,
    byteOrder: "little",
  }),
  "8 bytes of length that count themselves": lengthPrefixFraming(8, {
    ...LIMIT,
    countsItself: true,
  }),
  "a varint": lengthPrefixFraming("varint", LIMIT),
  "a line": delimiterFraming("\n", LIMIT),
  "a long delimiter": delimiterFraming("aab", LIMIT),
  netstring: netstringFraming(LIMIT),
};

for (const [name, framing] of Object.entries(FRAMINGS)) {
  Deno.test(`verifyFraming() accepts ${name}`, () => {
    const report = verifyFraming(framing, [TEXT], { seed: 3 });
    assertEquals(report.frames + report.refused, 101);
    assert(report.frames > 0);
  });
}

/** A right framing, one byte of length in front, for the wrong ones to begin from. */
const RIGHT: Framing = {
  maxFrameSize: 200,
  locate(bytes, start, end, bounds) {
    if (end === start) return false;
    const size = bytes[start]!;
    if (size > 200) throw FrameError.tooLarge("receive", size, 200);
    if (end - start - 1 < size) return false;
    bounds.frameStart = start + 1;
    bounds.frameEnd = bounds.end = start + 1 + size;
    return true;
  },
  encodedSize(frame) {
    if (frame.length > 200) {
      throw FrameError.tooLarge("send", frame.length, 200);
    }
    return 1 + frame.length;
  },
  encodeInto(frame, target, at) {
    target[at] = frame.length;
    target.set(frame, at + 1);
  },
};

/** Framings that break one rule each, with what the fault must say. */
const WRONG: readonly [name: string, change: Partial<Framing>, rule: string][] =
  [
    ["finds prefixes", {
      locate(bytes, start, end, bounds) {
        if (end === start) return false;
        bounds.frameStart = start + 1;
        bounds.frameEnd = bounds.end = start + 1 + bytes[start]!;
        return true;
      },
    }, "false for a prefix"],
    ["looks behind the end", {
      locate(bytes, start, _end, bounds) {
        return RIGHT.locate(bytes, start, bytes.length, bounds);
      },
    }, "false for a prefix"],
    ["takes the buffer's start for the frame's", {
      locate(bytes, start, end, bounds) {
        return RIGHT.locate(bytes.subarray(start), 0, end - start, bounds);
      },
    }, "must return the frame that was encoded"],
    ["returns the length as a part of the frame", {
      locate(bytes, start, end, bounds) {
        const isFound = RIGHT.locate(bytes, start, end, bounds);
        if (isFound) bounds.frameStart = start;
        return isFound;
      },
    }, "must return the frame that was encoded"],
    ["leaves a byte of the frame in the stream", {
      locate(bytes, start, end, bounds) {
        const isFound = RIGHT.locate(bytes, start, end, bounds);
        if (isFound) bounds.end = Math.max(start + 1, bounds.end - 1);
        return isFound;
      },
    }, "end must be"],
    ["changes the bytes", {
      locate(bytes, start, end, bounds) {
        const isFound = RIGHT.locate(bytes, start, end, bounds);
        if (isFound) bytes[start] = 0;
        return isFound;
      },
    }, "must not change the bytes"],
    ["never finds anything", { locate: () => false }, "must find"],
    ["keeps state", {
      locate: (() => {
        let calls = 0;
        return (
          ...args: Parameters<Framing["locate"]>
        ) => ++calls % 50 !== 0 && RIGHT.locate(...args);
      })(),
    }, "must find"],
    ["forgets to reset searched", {
      locate(bytes, start, end, bounds) {
        bounds.searched = 1;
        return RIGHT.locate(bytes, start, end, bounds);
      },
    }, "searched must be 0"],
    ["throws a RangeError for what is too large", {
      locate(bytes, start, end, bounds) {
        if (end > start && bytes[start]! > 200) {
          throw new RangeError("too large");
        }
        return RIGHT.locate(bytes, start, end, bounds);
      },
    }, "may throw SocketErrors only"],
    ["receives more than its limit", { maxFrameSize: 20 }, "too large"],
    ["sends more than its limit", {
      encodedSize: (frame) => 1 + frame.length,
    }, "over maxFrameSize"],
    ["waits for a frame without a limit", {
      locate(bytes, start, end, bounds) {
        try {
          return RIGHT.locate(bytes, start, end, bounds);
        } catch {
          return false;
        }
      },
    }, "does not end within maxFrameSize"],
    ["counts too few bytes", {
      encodedSize: (frame) => RIGHT.encodedSize(frame) - 1 || 1,
    }, "only the bytes that encodedSize() counts"],
    ["counts a half", { encodedSize: () => 1.5 }, "an integer of 1 or more"],
    ["refuses its samples", {
      encodedSize(frame) {
        throw FrameError.tooLarge("send", frame.length, 0);
      },
    }, "must accept each sample"],
    ["throws in encodeInto", {
      encodeInto() {
        throw FrameError.malformed("something");
      },
    }, "must not throw for what encodedSize() accepts"],
    ["changes what it is given", {
      encodeInto(frame, target, at) {
        RIGHT.encodeInto(frame, target, at);
        frame.fill(0);
      },
    }, "must not change the frame"],
    ["has no limit", { maxFrameSize: NaN }, "maxFrameSize must be"],
  ];

Deno.test("verifyFraming() accepts the framing that the wrong ones begin from", () => {
  assertEquals(
    verifyFraming(RIGHT, [TEXT], { randomFrames: 10 }).frames > 1,
    true,
  );
});

for (const [name, change, rule] of WRONG) {
  Deno.test(`verifyFraming() refuses a framing that ${name}`, () => {
    const wrong: Framing = { ...RIGHT, ...change };
    const fault = assertThrows(
      () => verifyFraming(wrong, [TEXT, new Uint8Array(0)]),
      FramingFault,
    );
    assert(fault.message.includes(rule), fault.message);
    assert(fault.bytes instanceof Uint8Array);
  });
}

Deno.test("verifyFraming() tries the same frames for the same seed", () => {
  const sizesOf = (seed: number) => {
    const sizes: number[] = [];
    verifyFraming(
      {
        ...RIGHT,
        encodedSize(frame) {
          sizes.push(frame.length);
          return RIGHT.encodedSize(frame);
        },
      },
      [TEXT],
      { seed },
    );
    return sizes;
  };
  assertEquals(sizesOf(5), sizesOf(5));
  assert(sizesOf(5).join() !== sizesOf(6).join());
});

Deno.test("verifyFraming() refuses bad arguments", () => {
  assertThrows(() => verifyFraming(RIGHT, []), RangeError, "without a sample");
  for (const options of [{ randomFrames: -1 }, { seed: 1.5 }]) {
    assertThrows(() => verifyFraming(RIGHT, [TEXT], options), RangeError);
  }
});
