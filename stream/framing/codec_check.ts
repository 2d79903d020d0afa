import { SocketError } from "../../errors/mod.ts";
import { type Framing, isBuiltIn } from "./framing.ts";

/** The methods of a framing that a user may have written. */
type CodecMethod = "locate" | "encodedSize" | "encodeInto";

/** Returns the error of a framing that breaks the contract of `Framing`. */
export function codecFault(
  method: CodecMethod,
  fault: string,
  cause?: unknown,
): TypeError {
  const verb = method === "locate" ? "receive" : "send";
  return new TypeError(
    `Cannot ${verb} a frame: ${method}() of the framing ${fault}`,
    { cause },
  );
}

/**
 * Returns the error to throw when a method of a framing throws. A `SocketError`,
 * such as `FrameError`, is the framing's verdict on the frame and stays as it is;
 * anything else is a fault of the framing.
 */
export function codecFailure(method: CodecMethod, error: unknown): unknown {
  return error instanceof SocketError
    ? error
    : codecFault(method, `threw ${nameOf(error)}`, error);
}

function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown}` : `a ${typeof thrown}`;
}

/**
 * Returns how to locate the frames of a framing. For one made by a user it checks
 * what `locate` returns: the frame lies in `bytes[start, end)`, and takes at least
 * a byte of the stream.
 *
 * @throws {FrameError} If the frame is larger than the limit, or malformed.
 * @throws {TypeError} If `locate` throws anything else, or returns other bounds.
 */
export function checkedFraming(framing: Framing): Pick<Framing, "locate"> {
  if (isBuiltIn(framing)) return framing;
  return {
    locate(bytes, start, end, bounds) {
      try {
        if (!framing.locate(bytes, start, end, bounds)) return false;
      } catch (error) {
        throw codecFailure("locate", error);
      }
      const { frameStart, frameEnd, end: next } = bounds;
      const isInside = start <= frameStart && frameStart <= frameEnd &&
        frameEnd <= next && start < next && next <= end &&
        Number.isInteger(frameStart) && Number.isInteger(frameEnd) &&
        Number.isInteger(next);
      if (isInside) return true;
      throw codecFault(
        "locate",
        `returned frameStart ${frameStart}, frameEnd ${frameEnd} and end ${next} for the bytes from ${start} to ${end}`,
      );
    },
  };
}
