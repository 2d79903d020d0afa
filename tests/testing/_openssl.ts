/**
 * OpenSSL's opinion of certificates.
 *
 * @module
 */
import { hasOpenSsl } from "../_programs.ts";

/** Whether OpenSSL 3 is installed. */
export const HAS_OPENSSL: boolean = hasOpenSsl();

const decoder = new TextDecoder();

/** Runs `openssl` in a folder that has these files; returns its exit code and output. */
export async function openssl(
  files: Record<string, string>,
  ...args: string[]
): Promise<{ code: number; output: string }> {
  const cwd = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${cwd}/${name}`, text);
    }
    const { code, stdout, stderr } = await new Deno.Command("openssl", {
      args,
      cwd,
      stdin: "null",
    }).output();
    return { code, output: decoder.decode(stdout) + decoder.decode(stderr) };
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}
