import { isShortage } from "../internal/backends/mod.ts";
import { requireUnix } from "../internal/runtime/mod.ts";
import { isAbstract } from "./_path.ts";

/**
 * Returns the runtime's error if the process has no descriptor left. A socket's file
 * cannot be opened, and an abstract name that is taken cannot be bound: either
 * attempt needs a descriptor first, and leaves nothing behind.
 */
export function descriptorShortage(path: string): unknown {
  try {
    requireUnix(path); // never prompts
    if (isAbstract(path)) Deno.listen({ transport: "unix", path }).close();
    else Deno.openSync(path).close();
    return undefined;
  } catch (error) {
    return isShortage(error) ? error : undefined;
  }
}
