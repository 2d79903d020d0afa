import { showValue } from "../../internal/check/mod.ts";

/** What a failed simulation adds to its error. */
export interface Simulation {
  readonly seed: number;
  /** The trace of the network, which becomes text when it is read. */
  readonly trace: unknown;
  /** The host whose program failed, if it was not the test itself. */
  readonly where?: string | undefined;
  /** Real I/O that was refused. */
  readonly refused: readonly string[];
}

/** Returns the words that say how to repeat the failure. */
function describe({ seed, where, refused }: Simulation): string {
  return [
    ...(where === undefined ? [] : [`on host ${where}`]),
    ...refused.map((name) => `${name} was refused`),
    `seed ${seed}`,
  ].join(", ");
}

/** Adds text to the end of the error's message, and to the copy of it in its stack. */
function extendMessage(error: Error, text: string): void {
  const { message, stack } = error;
  const longer = message.includes("\n")
    ? `${message}\n(${text})`
    : `${message}${message && " "}(${text})`;
  const { defineProperty } = Object;
  const attributes = { writable: true, configurable: true };
  defineProperty(error, "message", { ...attributes, value: longer });
  if (typeof stack !== "string") return;
  const at = stack.indexOf(message);
  const value = at < 0
    ? stack
    : stack.slice(0, at) + longer + stack.slice(at + message.length);
  defineProperty(error, "stack", { ...attributes, value });
}

/**
 * Returns the error of a failed simulation: the error itself, whose message names the
 * seed and which has the trace as `simulation.trace`. What is no error, or cannot be
 * extended, becomes the cause of a new error.
 */
export function describeFailure(error: unknown, simulation: Simulation): Error {
  const isOurs = error instanceof Error && Object.isExtensible(error);
  if (isOurs && "simulation" in error) return error; // thrown by an earlier run
  const failure = isOurs ? error : new Error(
    error instanceof Error
      ? error.message
      : `The simulated test threw ${showValue(error)}`,
    { cause: error },
  );
  extendMessage(failure, describe(simulation));
  const { seed, trace } = simulation;
  // Not enumerable: the console would print the whole trace.
  Object.defineProperty(failure, "simulation", { value: { seed, trace } });
  return failure;
}
