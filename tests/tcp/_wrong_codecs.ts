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
