/**
 * The getters that every typed array inherits. What a subclass says of its length is
 * not what memory may rely on: other memory would be read or written.
 */
const TYPED_ARRAY = Object.getPrototypeOf(Uint8Array.prototype);
const [BYTE_LENGTH, BYTE_OFFSET, BUFFER] = [
  "byteLength",
  "byteOffset",
  "buffer",
]
  .map((name) => Object.getOwnPropertyDescriptor(TYPED_ARRAY, name)!.get!) as [
    () => number,
    () => number,
    () => ArrayBufferLike,
  ];
const { apply } = Reflect;

/**
 * Returns the true length of a buffer in bytes; 0 once its memory is gone.
 *
 * @throws {TypeError} If it is not a typed array.
 */
export function lengthOf(buffer: Uint8Array): number {
  return apply(BYTE_LENGTH, buffer, []);
}

/** Returns the memory of a buffer. */
export function memoryOf(buffer: Uint8Array): ArrayBufferLike {
  return apply(BUFFER, buffer, []);
}

/** Returns the bytes of a buffer from one on, whatever class the buffer is of. */
export function viewFrom(
  buffer: Uint8Array,
  from: number,
): Uint8Array<ArrayBuffer> {
  const length = lengthOf(buffer);
  const skipped = Math.min(from, length);
  const at = apply(BYTE_OFFSET, buffer, []) + skipped;
  return new Uint8Array(memoryOf(buffer) as ArrayBuffer, at, length - skipped);
}

const PLAIN = Uint8Array;

/** Returns the bytes, or a plain view of them if their class says another length. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.constructor === PLAIN) return bytes;
  return bytes.length === lengthOf(bytes) ? bytes : viewFrom(bytes, 0);
}

/** The error of a caller who transferred a buffer that was still in use. */
export function takenAway(action: "read into" | "write"): TypeError {
  return new TypeError(
    `Cannot ${action} the buffer: its memory was taken away; transfer it when the call has settled`,
  );
}

/** Returns why a buffer cannot be sent from or received into; undefined if it can. */
export function refusedBytes(
  bytes: Uint8Array,
  verb: "receive" | "send",
): TypeError | undefined {
  if (!(bytes instanceof Uint8Array)) {
    return new TypeError(`Cannot ${verb}: not a Uint8Array`);
  }
  // The runtimes differ: some would take it for empty, one would end the program.
  return bytes.length === 0 && (bytes.buffer as ArrayBuffer).detached
    ? new TypeError(`Cannot ${verb}: the memory of the bytes was transferred`)
    : undefined;
}

const encoder = new TextEncoder();

/** Returns what is sent: a text as UTF-8, bytes as they are. */
export function encoded(data: Uint8Array | string): Uint8Array {
  return typeof data === "string" ? encoder.encode(data) : data;
}
