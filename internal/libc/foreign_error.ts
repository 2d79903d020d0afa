/**
 * A failure of `posix` as a runtime's own API would have it: with its code and the C
 * call, for the classes above to say what it was that failed. What they have nothing to add to is
 * as it was.
 */
export function foreignError(error: unknown): unknown {
  const { code, syscall, message } = error as {
    code?: string;
    syscall?: string;
    message: string;
  };
  const isWhole = code === "ENOTCAPABLE" || code === "ENOTSUP";
  return code === undefined || !/^E[A-Z0-9]+$/.test(code) || isWhole
    ? error
    : Object.assign(new Error(message), { code, syscall });
}

/** Throws the {@linkcode foreignError} of a failure. */
export function throwForeign(error: unknown): never {
  throw foreignError(error);
}
