/**
 * Writes `resolve/_service_tables.ts`, the services and protocols that are
 * known where the system's own files may not be read.
 *
 * The input is `/etc/services` and `/etc/protocols` of Debian's netbase
 * package, which follow the IANA registries. On a Debian system with netbase:
 *
 * ```sh
 * deno run --allow-read --allow-write=resolve --allow-run=dpkg-query _tools/service_tables.ts
 * ```
 *
 * @module
 */

/** How long the lines of the table are. */
const WIDTH = 78;

/**
 * The lines without comments, and words parted by one space; several of them in each
 * line of the source.
 */
function compact(text: string): string {
  const lines = text.split("\n")
    .map((line) => line.replace(/#.*/, "").trim().replace(/\s+/g, " "))
    .filter((line) => line !== "");
  const rows: string[] = [];
  for (const line of lines) {
    const row = `${rows.at(-1)}; ${line}`;
    if (rows.length > 0 && row.length <= WIDTH) rows[rows.length - 1] = row;
    else rows.push(line);
  }
  return rows.join("\n");
}

function version(): string {
  const { stdout } = new Deno.Command("dpkg-query", {
    args: ["-W", "-f", "${Version}", "netbase"],
  }).outputSync();
  return new TextDecoder().decode(stdout);
}

const output = new URL("../resolve/_service_tables.ts", import.meta.url);
Deno.writeTextFileSync(
  output,
  `// Written by _tools/service_tables.ts from Debian's netbase ${version()}; do not edit.

/** \`/etc/services\`, without its comments. */
export const SERVICES: string = lines(\`${
    compact(Deno.readTextFileSync("/etc/services"))
  }\`);

/** \`/etc/protocols\`, without its comments. */
export const PROTOCOLS: string = lines(\`${
    compact(Deno.readTextFileSync("/etc/protocols"))
  }\`);

function lines(rows: string): string {
  return rows.replaceAll("; ", "\\n");
}
`,
);
