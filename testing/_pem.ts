/**
 * PEM, the text form of certificates and keys (RFC 7468).
 *
 * @module
 */

/** Writes bytes as PEM. */
export function formatPem(label: string, bytes: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...bytes));
  const lines = base64.replaceAll(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

/** Reads the first block with a label, or returns undefined if there is none. */
export function parsePem(
  label: string,
  text: string,
): Uint8Array<ArrayBuffer> | undefined {
  const begin = `-----BEGIN ${label}-----`;
  const from = text.indexOf(begin);
  const to = text.indexOf(`-----END ${label}-----`, from);
  if (from < 0 || to < 0) return undefined;
  try {
    const base64 = text.slice(from + begin.length, to).replaceAll(/\s/g, "");
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}
