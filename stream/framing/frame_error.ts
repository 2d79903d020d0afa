import { errnoOf, SocketError } from "../../errors/mod.ts";

/**
 * A frame that is too large (`EMSGSIZE`) or malformed (`EBADMSG`). The stream
 * cannot be followed any further: close the connection.
 *
 * @example A peer that promises too much
 * ```ts
 * import { decodeFrames, FrameError, lengthPrefixFraming } from "@berkeley/sockets/stream";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const framing = lengthPrefixFraming(4, { maxFrameSize: 1000 });
 * const error = assertThrows(
 *   () => decodeFrames(framing, new Uint8Array([0, 1, 0, 0])),
 *   FrameError,
 * );
 * assertEquals([error.size, error.limit], [65536, 1000]);
 * ```
 */
export class FrameError extends SocketError {
  /** The size of the frame in bytes, where it is known. */
  declare readonly size?: number;
  /** The limit in bytes, where the frame is over it. */
  declare readonly limit?: number;

  /** Makes an error of this code. */
  constructor(
    message: string,
    code: "EMSGSIZE" | "EBADMSG",
    sizes: { size?: number; limit?: number } = {},
  ) {
    super(`${message} (${code})`, code, { errno: errnoOf(code) });
    this.name = "FrameError";
    Object.assign(this, sizes);
  }

  /**
   * The error of a frame over the limit.
   *
   * @example In a framing of one's own
   * ```ts
   * import { FrameError } from "@berkeley/sockets/stream";
   * import { assertEquals } from "@std/assert";
   *
   * const error = FrameError.tooLarge("send", 300, 255);
   * assertEquals(error.code, "EMSGSIZE");
   * assertEquals([error.size, error.limit], [300, 255]);
   * ```
   */
  static tooLarge(
    verb: "receive" | "send",
    size: number,
    limit: number,
  ): FrameError {
    return new FrameError(
      `Cannot ${verb} a frame of ${size} bytes: the limit is ${limit}`,
      "EMSGSIZE",
      { size, limit },
    );
  }

  /**
   * The error of bytes that are no frame.
   *
   * @example In a framing of one's own
   * ```ts
   * import { FrameError } from "@berkeley/sockets/stream";
   * import { assertEquals } from "@std/assert";
   *
   * const error = FrameError.malformed("it begins with a wrong byte");
   * assertEquals(error.code, "EBADMSG");
   * ```
   */
  static malformed(reason: string): FrameError {
    return new FrameError(`Cannot receive a frame: ${reason}`, "EBADMSG");
  }
}
