/**
 * How messages are told apart in a stream of bytes.
 *
 * @module
 */
export * from "./bytes.ts";
export * from "./delimiter.ts";
export * from "./fixed.ts";
export * from "./frame_error.ts";
export {
  DEFAULT_MAX_FRAME_SIZE,
  type FrameBounds,
  type Framing,
  type FramingOptions,
} from "./framing.ts";
export * from "./length_prefix.ts";
export * from "./netstring.ts";
export * from "./streams.ts";
