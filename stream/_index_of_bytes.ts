/** Where `needle` stands in `bytes[start, end)`, or -1. */
export function indexOfBytes(
  bytes: Uint8Array,
  needle: Uint8Array,
  start: number,
  end: number,
): number {
  const first = needle[0]!;
  const last = end - needle.length;
  for (let at = start; at <= last; at++) {
    at = bytes.indexOf(first, at);
    if (at < 0 || at > last) return -1;
    let i = 1;
    while (i < needle.length && bytes[at + i] === needle[i]) i++;
    if (i === needle.length) return at;
  }
  return -1;
}
