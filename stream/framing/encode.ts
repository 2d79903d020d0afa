import { codecFailure, codecFault } from "./codec_check.ts";
import type { Framing } from "./framing.ts";

/** The size of the memory that frames share, in bytes; larger frames get their own. */
const SCRATCH = 64 * 1024;
/** Two bytes of which at least one differs from what a framing writes. */
const MARKS = [0xa5, 0x5a];

/** Memory for small frames; undefined while a framing writes to it. */
let scratch: Uint8Array<ArrayBuffer> | undefined;

/**
 * Returns a frame as it goes over the wire, encoded by a framing that need not
 * keep the contract of `Framing`. Below 64 KiB, the bytes are valid until the next
 * call only.
 *
 * @throws {FrameError} If the frame is larger than the limit, or cannot be framed.
 * @throws {TypeError} If `encodedSize` or `encodeInto` breaks its contract.
 */
export function encodeShared(
  framing: Framing,
  frame: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const size = sizeOf(framing, frame);
  const target = memoryFor(size);
  try {
    encodeChecked(framing, frame, target, size);
  } finally {
    if (target.length === SCRATCH) scratch = target;
  }
  return target.subarray(0, size);
}

function sizeOf(framing: Framing, frame: Uint8Array): number {
  let size: number;
  try {
    size = framing.encodedSize(frame);
  } catch (error) {
    throw codecFailure("encodedSize", error);
  }
  if (Number.isSafeInteger(size) && size >= 0) return size;
  const text = typeof size === "number" ? `${size}` : `a ${typeof size}`;
  throw codecFault(
    "encodedSize",
    `returned ${text}: it must be an integer of 0 or more`,
  );
}

/** Returns memory for so many bytes and a guard behind them. */
function memoryFor(size: number): Uint8Array<ArrayBuffer> {
  if (size < SCRATCH) {
    const target = scratch ?? new Uint8Array(SCRATCH);
    scratch = undefined;
    return target;
  }
  try {
    return new Uint8Array(size + 1);
  } catch (error) {
    throw codecFault(
      "encodedSize",
      `returned ${size}: there is not that much memory`,
      error,
    );
  }
}

/**
 * Encodes, and checks that the last byte was written and the guard was not. Where
 * the last byte is the mark by chance, it is encoded again around another mark.
 */
function encodeChecked(
  framing: Framing,
  frame: Uint8Array,
  target: Uint8Array,
  size: number,
): void {
  for (const mark of MARKS) {
    target.fill(0, 0, size);
    if (size > 0) target[size - 1] = mark;
    target[size] = mark;
    try {
      framing.encodeInto(frame, target, 0);
    } catch (error) {
      throw codecFailure("encodeInto", error);
    }
    if (target[size] !== mark) {
      throw codecFault(
        "encodeInto",
        `wrote more than the ${size} bytes that encodedSize() returned`,
      );
    }
    if (size === 0 || target[size - 1] !== mark) return;
  }
  throw codecFault(
    "encodeInto",
    `wrote fewer than the ${size} bytes that encodedSize() returned`,
  );
}
