import { isDeno } from "./is_deno.ts";

/** Whether the program was started with `--unstable-net`, a flag of Deno. */
export function hasUnstableNet(): boolean {
  if (!isDeno) return false;
  const { listenDatagram } = Deno as { listenDatagram?: unknown };
  return typeof listenDatagram === "function";
}
