import type { Happened } from "./recorder.ts";

/** Returns a diagram in the language of Mermaid, with a note about omitted events. */
export function sequenceDiagram(
  events: readonly Happened[],
  omitted: number,
): string {
  const ids = participantsOf(events);
  const lines = [...ids].map(([name, id]) =>
    `  participant ${id} as ${escape(name)}`
  );
  const everybody = overAll([...ids.values()]);
  if (omitted > 0 && everybody !== undefined) {
    lines.push(`  Note over ${everybody}: ${omitted} earlier events omitted`);
  }
  for (const event of events) {
    const line = lineOf(event, ids, everybody);
    if (line !== undefined) lines.push(`  ${line}`);
  }
  return ["sequenceDiagram", ...lines].join("\n") + "\n";
}

/** An id for each host, in the order in which they appear: a name could be a keyword. */
function participantsOf(events: readonly Happened[]): Map<string, string> {
  const ids = new Map<string, string>();
  for (const { from, to } of events) {
    for (const name of [from, to]) {
      if (name !== undefined && !ids.has(name)) ids.set(name, `h${ids.size}`);
    }
  }
  return ids;
}

function lineOf(
  event: Happened,
  ids: ReadonlyMap<string, string>,
  everybody: string | undefined,
): string | undefined {
  const from = event.from === undefined ? undefined : ids.get(event.from);
  const to = event.to === undefined ? undefined : ids.get(event.to);
  const text = escape(`${event.time.toFixed(3)} ${event.label()}`);
  if (from !== undefined && to !== undefined) {
    return `${from}${event.isLost ? "-x" : "->>"}${to}: ${text}`;
  }
  const over = from ?? everybody;
  // A diagram without participants has no place for a note.
  return over === undefined ? `%% ${text}` : `Note over ${over}: ${text}`;
}

function overAll(ids: readonly string[]): string | undefined {
  return ids.length > 1 ? `${ids[0]},${ids.at(-1)}` : ids[0];
}

/**
 * Writes characters with a meaning in Mermaid as the numbers that it reads for them, and
 * the word "end", which would close a block.
 */
function escape(text: string): string {
  return text
    .replace(/[#;%<>&"{}\\]/g, (char) => `#${char.charCodeAt(0)};`)
    // deno-lint-ignore no-control-regex -- they would end the line
    .replace(/[\x00-\x1f\x7f\u2028\u2029]+/g, " ")
    .replace(/\bend\b/gi, (word) => `#${word.charCodeAt(0)};${word.slice(1)}`);
}
