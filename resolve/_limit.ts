import { makeError } from "../internal/runtime/mod.ts";

/** A signal that aborts with another one, when the time is up, or when it is ended. */
export interface Limit extends Disposable {
  readonly signal: AbortSignal;
  /** Aborts now, with this reason. */
  end(reason: unknown): void;
  /** Leaves no more than so many milliseconds of the time, counted from the start. */
  shorten(milliseconds: number): void;
}

/** A reason that no caller sees: with none, an error with a stack would be made. */
const ENDED = "the work has ended";

/** What to do when work has taken a while. */
export interface Watch {
  /** After how many milliseconds; never, if undefined. */
  readonly after: number | undefined;
  /** Does it. */
  act(): void;
}

/**
 * Limits work to so many milliseconds, and to the time until `signal` aborts. It is
 * disposed of when the work has ended.
 */
export function limitOf(
  milliseconds: number,
  text: string,
  signal: AbortSignal,
  watch?: Watch,
): Limit {
  const controller = new AbortController();
  const start = performance.now();
  const end = (reason: unknown) => controller.abort(reason);
  const expire = () => end(makeError("TimedOut", text));
  const onAbort = () => end(signal.reason);
  signal.addEventListener("abort", onAbort);
  const shorten = (least: number) => {
    clearTimeout(timer);
    const passed = performance.now() - start;
    timer = setTimeout(expire, Math.max(least - passed, 0));
  };
  // Most work ends before: one timer serves for both.
  const after = watch?.after ?? Infinity;
  let timer = after < milliseconds
    ? setTimeout(() => {
      shorten(milliseconds);
      watch!.act();
    }, after)
    : setTimeout(expire, milliseconds);
  if (signal.aborted) onAbort();
  return {
    signal: controller.signal,
    end,
    shorten: (least) => shorten(Math.min(least, milliseconds)),
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      end(ENDED); // for what still goes on beside the work
    },
  };
}
