import {
  codeOf,
  errnoOf,
  type SocketError,
  socketError,
} from "../errors/mod.ts";
import { loadLibc } from "./_libc.ts";

/** What a call of C is called in messages. */
export interface CallName {
  /** What could not be done: `receive`. */
  readonly action: string;
  /** The C call. */
  readonly syscall: string;
}

/** The error of a call that has not reached libc. */
export function errorOf(
  code: string,
  { action, syscall }: CallName,
): SocketError {
  return socketError(code, { action, syscall });
}

/** The error of a call that has just failed, or of its `errno`. */
export function lastError(
  action: string,
  syscall: string,
  errno: number = loadLibc().errno(),
): SocketError {
  return socketError(codeOf(errno) ?? `E${errno}`, { action, syscall, errno });
}

/** Returns what a call has returned, and throws its error if it has failed. */
export function checkCall(
  result: number,
  action: string,
  syscall: string,
): number {
  if (result === -1) throw lastError(action, syscall);
  return result;
}

const EAGAIN = errnoOf("EAGAIN")!;
const EINTR = errnoOf("EINTR")!;

/**
 * Returns undefined if the call that has just failed is to be made again later, and
 * throws its error if not.
 */
export function mustWait(action: string, syscall: string): undefined {
  const errno = loadLibc().errno();
  if (errno !== EAGAIN && errno !== EINTR) throw lastError(action, syscall);
}
