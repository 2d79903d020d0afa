import { type Addr, toSocketError } from "../../errors/mod.ts";

/** Errors of C's `socket`, which the runtime calls together with the others. */
const OF_SOCKET = new Set([
  ...["EAFNOSUPPORT", "EPROTONOSUPPORT", "EMFILE", "ENFILE"],
  ...["ENOBUFS", "ENOMEM"],
]);
/** Errors of C's `bind`. */
const OF_BIND = new Set([
  ...["EACCES", "EADDRINUSE", "EADDRNOTAVAIL", "EINVAL"],
  ...["ENOTCAPABLE", "EPERM"],
]);

/**
 * Makes the error of a socket that could not be opened. `last` is the last of the
 * calls of C that opening it takes. The runtime does not say which of them failed,
 * but the code shows it.
 */
export function openingError(
  error: unknown,
  { reason, ...context }: {
    action: string;
    localAddr: Addr;
    /** What stands in the message instead of the usual text of a code. */
    reason?: (code: string) => string | undefined;
  },
  last: "bind" | "listen",
): Error {
  const { action } = context;
  const made: Error & { code?: string; syscall?: string } = toSocketError(
    error,
    { action },
  );
  const { code = "", syscall } = made;
  const isOfBind = last === "bind" || OF_BIND.has(code);
  const guess = OF_SOCKET.has(code) ? "socket" : isOfBind ? "bind" : "listen";
  return toSocketError(made, {
    ...context,
    syscall: syscall ?? guess,
    reason: reason?.(code),
  });
}

/** Whether it is EMFILE or ENFILE, which have no class of the runtime. */
export function isShortage(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return code === "EMFILE" || code === "ENFILE" ||
    /\(os error (?:23|24)\)/.test(message ?? "");
}
