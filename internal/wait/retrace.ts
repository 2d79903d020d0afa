import { AddrInfoError, SocketError } from "../../errors/mod.ts";
import type { Deferred } from "./deferred.ts";

/** Errors whose stack names the awaiting caller already. */
const traced = new WeakSet<Error>();

function isUntraced(error: unknown): error is Error {
  return (error instanceof SocketError || error instanceof AddrInfoError) &&
    !traced.has(error);
}

/*
 * What it gives: most errors are made by a timer or by the end of a runtime's call,
 * with no frame of the caller on the stack. Traced, the stack names the calls that
 * await the result ("at async handler (server.ts:7)"); tests/errors/stack_test.ts
 * watches that. What it costs: about 5 microseconds for an error, and four turns of
 * the microtask queue before the rejection. Calls that succeed, or fail at once, pay
 * nothing.
 */

/**
 * The error, with a stack that leads from here to whoever awaits: most errors
 * are made by a timer or by the end of a runtime's call, where nothing of the
 * user's is on the stack. For the catch clause of an async function.
 */
export function retrace<E>(error: E): E {
  if (isUntraced(error)) {
    traced.add(error);
    Error.captureStackTrace(error, retrace);
  }
  return error;
}

/**
 * Rejects a promise, and names the callers that await it in the stack of the
 * error. It costs a few turns of the microtask queue, on this path only; an error
 * that is not ours rejects at once. Not for a promise that is settled: the
 * error would be reported as unhandled.
 */
export function rejectTraced(
  { resolve, reject }: Pick<Deferred<never>, "resolve" | "reject">,
  error: unknown,
): void {
  if (isUntraced(error)) resolve(throwLater(error));
  else reject(error);
}

/** Rejects late: the promise that follows it must be attached before. */
async function throwLater(error: Error): Promise<never> {
  await undefined;
  await undefined;
  throw retrace(error);
}
