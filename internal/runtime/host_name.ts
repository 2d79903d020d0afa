import { builtIn } from "./_node.ts";
import { isDeno } from "./is_deno.ts";
import { isGranted } from "./permission.ts";

/** Returns the name of this host, or undefined if the program may not ask for it. Never prompts. */
export function hostName(): string | undefined {
  if (!isDeno) return builtIn("node:os").hostname();
  return isGranted({ name: "sys", kind: "hostname" })
    ? Deno.hostname()
    : undefined;
}
