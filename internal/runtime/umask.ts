import { builtIn, nodeProcess } from "./_node.ts";
import { isDeno } from "./is_deno.ts";
import { isGranted } from "./permission.ts";

/** Whether the program may change umask. Workers of Node cannot. Never prompts. */
export function mayUmask(): boolean {
  return isDeno
    ? isGranted({ name: "sys", kind: "umask" })
    : builtIn("node:worker_threads").isMainThread;
}

/** Sets umask, and returns what it was. */
export function setUmask(mask: number): number {
  return isDeno ? Deno.umask(mask) : nodeProcess().umask(mask);
}

/** Returns umask. */
export function getUmask(): number {
  return isDeno ? Deno.umask() : nodeProcess().umask();
}
