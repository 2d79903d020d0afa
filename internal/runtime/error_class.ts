import { isDeno } from "./runtime.ts";

/**
 * The classes of `Deno.errors` that this package throws or looks for, and the code
 * that an error has instead in other runtimes.
 */
const CODES = {
  AddrInUse: "EADDRINUSE",
  AddrNotAvailable: "EADDRNOTAVAIL",
  BadResource: "EBADF",
  BrokenPipe: "EPIPE",
  Busy: "EBUSY",
  ConnectionAborted: "ECONNABORTED",
  ConnectionRefused: "ECONNREFUSED",
  ConnectionReset: "ECONNRESET",
  Interrupted: "EINTR",
  InvalidData: "EBADMSG",
  NetworkUnreachable: "ENETUNREACH",
  NotCapable: "ENOTCAPABLE",
  NotConnected: "ENOTCONN",
  NotFound: "ENOENT",
  NotSupported: "ENOTSUP",
  PermissionDenied: "EACCES",
  TimedOut: "ETIMEDOUT",
  UnexpectedEof: "EOF",
  WouldBlock: "EAGAIN",
} as const;

/** The name of a class of `Deno.errors`. */
export type ErrorClassName = keyof typeof CODES;

/** A class of errors. */
export type ErrorClass = new (
  message?: string,
  options?: ErrorOptions,
) => Error;

/** Returns the class, or undefined in a runtime other than Deno. */
export function errorClass(name: ErrorClassName): ErrorClass | undefined {
  return isDeno ? Deno.errors[name] : undefined;
}

/** Whether an error is of the class; in other runtimes, whether it has the code. */
export function isError(error: unknown, name: ErrorClassName): boolean {
  if (isDeno) return error instanceof Deno.errors[name];
  return (error as { code?: unknown } | null)?.code === CODES[name];
}

/** Makes an error of the class; in other runtimes, one that has the code. */
export function makeError(name: ErrorClassName, message: string): Error {
  if (isDeno) return new Deno.errors[name](message);
  return Object.assign(new Error(message), { code: CODES[name] });
}
