/**
 * Prints the flag that maps the `@std` packages to the stand-ins in this
 * folder, or nothing where the real packages can be had.
 *
 * Run it with `--cached-only`, so that looking into the cache never waits for
 * the network:
 *
 * ```sh
 * deno test $(deno run --cached-only --allow-import --allow-net=jsr.io offline/imports_flag.ts)
 * ```
 *
 * @module
 */

/** How long JSR may take to answer before the stand-ins are used. */
const PATIENCE_MS = 1500;

const PACKAGES = ["@std/assert", "@std/cli/parse-args", "@std/net"];

async function isCached(): Promise<boolean> {
  const loads = PACKAGES.map((specifier) => import(specifier));
  const results = await Promise.allSettled(loads);
  return results.every(({ status }) => status === "fulfilled");
}

async function answers(): Promise<boolean> {
  try {
    const response = await fetch("https://jsr.io/@std/assert/meta.json", {
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

if (await isCached()) {
  console.error("imports: the cached @std packages");
} else if (await answers()) {
  console.error("imports: the @std packages from JSR");
} else {
  console.error("imports: offline stand-ins (JSR does not answer)");
  console.log("--import-map=offline/imports.json");
}
