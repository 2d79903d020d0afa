const encoder = new TextEncoder();

/**
 * Reads the names of application protocols once.
 *
 * @throws {TypeError} If it is no array of strings, or a name is not of 1 to 255 bytes
 * (RFC 7301 section 3.1).
 */
export function readAlpnProtocols(protocols: unknown): string[] | undefined {
  if (protocols === undefined) return undefined;
  if (!Array.isArray(protocols)) {
    throw new TypeError(
      "Cannot use alpnProtocols: it must be an array of strings",
    );
  }
  return Array.from(protocols, (name) => {
    const length = typeof name === "string" ? encoder.encode(name).length : 0;
    if (length >= 1 && length <= 255) return name as string;
    throw new TypeError(
      "Cannot use alpnProtocols: each name must be a string of 1 to 255 bytes",
    );
  });
}
