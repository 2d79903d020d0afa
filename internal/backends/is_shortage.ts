/** Whether it is EMFILE or ENFILE, which have no class of the runtime. */
export function isShortage(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return code === "EMFILE" || code === "ENFILE" ||
    /\(os error (?:23|24)\)/.test(message ?? "");
}
