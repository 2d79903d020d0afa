/**
 * Node and Bun, from the npm registry.
 *
 * @module
 */

/** The versions that the tests run on, as npm names them. */
export const VERSIONS = {
  node22: "node@22",
  node24: "node@24",
  bun: "bun@1.4",
  tsc: "typescript@5.9",
} as const;

/** A program that a package of npm brings. */
export type Program = keyof typeof VERSIONS;

/** Runs `npx`, which installs the package unless it is in npm's cache; returns what it prints. */
async function npx(program: Program, command: string): Promise<string> {
  const args = ["-y", "-p", VERSIONS[program], "-c", command];
  const { success, stdout, stderr } = await new Deno.Command("npx", {
    args,
    stdin: "null",
    env: { npm_config_update_notifier: "false" },
  }).output();
  const [out, problem] = [stdout, stderr].map((bytes) =>
    new TextDecoder().decode(bytes).trim()
  );
  if (success && out) return out;
  throw new Error(`npx ${args.join(" ")}: ${problem}`);
}

/** The path of a program's executable. Rejects where npm has none. */
export async function install(program: Program): Promise<string> {
  const name = program.replace(/\d+$/, "");
  return (await npx(program, `command -v ${name}`)).split("\n").pop()!;
}
