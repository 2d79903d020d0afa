/**
 * Throws a failure of `posix` as a runtime's own API would: with its code, for the
 * classes above to say what it was that failed. What they have nothing to add to is
 * thrown as it is.
 */
export function throwForeign(error: unknown): never {
  const { code, message } = error as { code?: string; message: string };
  const isWhole = code === "ENOTCAPABLE" || code === "ENOTSUP";
  throw code === undefined || !/^E[A-Z0-9]+$/.test(code) || isWhole
    ? error
    : Object.assign(new Error(message), { code });
}
