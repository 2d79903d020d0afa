import { nodeProcess } from "./_node.ts";
import { isDeno } from "./is_deno.ts";
import { isGranted } from "./permission.ts";

/** Returns a variable of the environment, or undefined if the program may not read it. Never prompts. */
export function envVariable(name: string): string | undefined {
  if (!isDeno) return nodeProcess().env[name];
  return isGranted({ name: "env", variable: name })
    ? Deno.env.get(name)
    : undefined;
}
