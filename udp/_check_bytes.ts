/** Why something cannot be sent from, or received into; undefined if it can. */
export function badBytes(
  bytes: Uint8Array,
  verb: string,
): TypeError | undefined {
  if (!(bytes instanceof Uint8Array)) {
    return new TypeError(`Cannot ${verb}: not a Uint8Array`);
  }
  // The runtimes differ: some would take it for empty, one would end the program.
  return bytes.length === 0 && (bytes.buffer as ArrayBuffer).detached
    ? new TypeError(`Cannot ${verb}: the memory of the bytes was transferred`)
    : undefined;
}
