/** Whether the program was started with `--unstable-net`. */
export function hasUnstableNet(): boolean {
  const { listenDatagram } = Deno as { listenDatagram?: unknown };
  return typeof listenDatagram === "function";
}
