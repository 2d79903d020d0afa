/** How many bytes of a frame a message shows. */
const SHOWN = 16;

/** How a message shows a frame. */
function show(frame: Uint8Array): string {
  const more = frame.length > SHOWN ? ", …" : "";
  return `[${frame.subarray(0, SHOWN).join(", ")}${more}]`;
}

/**
 * A rule of {@linkcode Framing} that a framing breaks, with the frame or the bytes that
 * show it. See the example of {@linkcode verifyFraming}.
 */
export class FramingFault extends Error {
  /** The frame, or the bytes from the stream. */
  readonly bytes: Uint8Array<ArrayBuffer>;

  /** Makes the fault of breaking `rule`. */
  constructor(rule: string, bytes: Uint8Array, options?: ErrorOptions) {
    const size = `${bytes.length} bytes`;
    super(
      `The framing breaks a rule: ${rule}, with ${show(bytes)} (${size})`,
      options,
    );
    this.name = "FramingFault";
    this.bytes = new Uint8Array(bytes);
  }
}
