/**
 * What two errors have in common if the test failed for the same reason: the name, the
 * code, and the first line of the message, without its numbers. Numbers are times,
 * ports, counts and the seed, and differ between runs.
 */
export function failureKey(error: unknown): string {
  const { name, code, message = error } = Object(error);
  const [line = ""] = String(message).split("\n");
  return [name, code, line.replaceAll(/\d+/g, "#").trim()].map(String).join(
    " ",
  );
}
