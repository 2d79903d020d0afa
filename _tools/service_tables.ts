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

/** The lines without comments, and words parted by one space. */
function compact(text: string): string {
  return text.split("\n")
    .map((line) => line.replace(/#.*/, "").trim().replace(/\s+/g, " "))
    .filter((line) => line !== "")
    .join("\n");
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
export const SERVICES: string = \`${
    compact(Deno.readTextFileSync("/etc/services"))
  }\`;

/** \`/etc/protocols\`, without its comments. */
export const PROTOCOLS: string = \`${
    compact(Deno.readTextFileSync("/etc/protocols"))
  }\`;
`,
);
