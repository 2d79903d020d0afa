/**
 * Framings of users that break the contract of `Framing`.
 *
 * @module
 */
import {
  type FrameBounds,
  type Framing,
  lengthPrefixFraming,
} from "@berkeley/sockets/tcp";

const RIGHT = lengthPrefixFraming(1);

/** A framing with a byte of length in front, and some methods of its own. */
export function codec(methods: Partial<Framing>): Framing {
  return {
    maxFrameSize: RIGHT.maxFrameSize,
    locate: (bytes, start, end, bounds) =>
      RIGHT.locate(bytes, start, end, bounds),
    encodedSize: (frame) => RIGHT.encodedSize(frame),
    encodeInto: (frame, target, at) => RIGHT.encodeInto(frame, target, at),
    ...methods,
  };
}

/** What a faulty `locate` makes of the bounds of a frame, and of what else. */
const WRONG_BOUNDS: [string, (bounds: FrameBounds, end: number) => void][] = [
  ["an end beyond the data", (b, end) => b.end = end + 1],
  ["a frame beyond the data", (b, end) => b.end = b.frameEnd = end + 7],
  ["a frame beyond its end", (b) => b.frameEnd = b.end + 1],
  ["a frame of less than no bytes", (b) => b.frameEnd = b.frameStart - 1],
  ["a frame before the data", (b) => b.frameStart = -1],
  ["an end that is the start", (b) => b.end = b.frameEnd = b.frameStart = 0],
  ["a negative end", (b) => b.end = -3],
  ["NaN as an end", (b) => b.end = NaN],
  ["NaN as a start", (b) => b.frameStart = NaN],
  ["half a byte", (b) => b.frameEnd = b.end = b.end - 0.5],
  ["no number", (b) => b.end = undefined as unknown as number],
  ["text", (b) => b.frameEnd = "2" as unknown as number],
];

/** Each framing whose `locate` is at fault. */
export const WRONG_LOCATES: [string, Framing][] = [
  ...WRONG_BOUNDS.map(([name, spoil]): [string, Framing] => [
    name,
    codec({
      locate(bytes, start, end, bounds) {
        const isFound = RIGHT.locate(bytes, start, end, bounds);
        if (isFound) spoil(bounds, end);
        return isFound;
      },
    }),
  ]),
  ["nothing but true", codec({ locate: () => true })],
  [
    "an error of its own",
    codec({
      locate() {
        throw new Error("boom");
      },
    }),
  ],
];

/** Sizes that no frame has, and what `encodedSize` may do instead of returning one. */
const WRONG_SIZES: [string, (right: number) => unknown][] = [
  ["NaN", () => NaN],
  ["nothing", () => undefined],
  ["null", () => null],
  ["a negative size", () => -3],
  ["half a byte", (right) => right + 0.5],
  ["infinity", () => Infinity],
  ["text", (right) => `${right}`],
  ["a promise", (right) => Promise.resolve(right)],
  ["more than there is memory for", () => Number.MAX_SAFE_INTEGER],
];

/** Each framing at fault in sending, with the method that its error names. */
export const WRONG_ENCODERS: [string, string, Framing][] = [
  ...WRONG_SIZES.map(([name, size]): [string, string, Framing] => [
    `encodedSize() returns ${name}`,
    "encodedSize()",
    codec({ encodedSize: (frame) => size(RIGHT.encodedSize(frame)) as number }),
  ]),
  ["encodedSize() throws", "encodedSize()", codec({ encodedSize: fail })],
  ["encodeInto() throws", "encodeInto()", codec({ encodeInto: fail })],
  [
    "encodeInto() throws after it has written",
    "encodeInto()",
    codec({
      encodeInto(frame, target, at) {
        RIGHT.encodeInto(frame, target, at);
        throw new Error("boom");
      },
    }),
  ],
  [
    "encodedSize() returns a byte too many",
    "encodedSize()",
    codec({ encodedSize: (frame) => RIGHT.encodedSize(frame) + 1 }),
  ],
  [
    "encodedSize() returns far too many",
    "encodedSize()",
    codec({ encodedSize: (frame) => RIGHT.encodedSize(frame) + 3000 }),
  ],
  [
    "encodedSize() returns more than a chunk too many",
    "encodedSize()",
    codec({ encodedSize: (frame) => RIGHT.encodedSize(frame) + 70_000 }),
  ],
  [
    "encodedSize() returns a byte too few",
    "encodedSize()",
    codec({ encodedSize: (frame) => RIGHT.encodedSize(frame) - 1 }),
  ],
  [
    "encodeInto() writes nothing",
    "encodeInto()",
    codec({ encodeInto() {} }),
  ],
];

function fail(): never {
  throw new Error("boom");
}
