/**
 * The words of each line of a Unix database file: `#` begins a comment, and
 * lines end in LF or CRLF.
 */
export function* wordsOfLines(text: string): Generator<string[]> {
  for (const line of text.split("\n")) {
    const end = line.indexOf("#");
    const content = (end < 0 ? line : line.slice(0, end)).trim();
    if (content !== "") yield content.split(/\s+/);
  }
}
