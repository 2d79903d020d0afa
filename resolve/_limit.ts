/** A signal that aborts with another one, when the time is up, or when it is ended. */
export interface Limit extends Disposable {
  readonly signal: AbortSignal;
  /** Aborts now, with this reason. */
  end(reason: unknown): void;
  /** Leaves no more than so many milliseconds of the time, counted from the start. */
  shorten(milliseconds: number): void;
}

/** A reason that nobody sees: with none, an error with a stack would be made. */
const ENDED = "the work has ended";

/**
 * Limits work to so many milliseconds, and to the time until `signal` aborts. It is
 * disposed of when the work has ended.
 */
export function limitOf(
  milliseconds: number,
  text: string,
  signal: AbortSignal,
): Limit {
  const controller = new AbortController();
  const start = performance.now();
  const end = (reason: unknown) => controller.abort(reason);
  const expire = () => end(new Deno.errors.TimedOut(text));
  const onAbort = () => end(signal.reason);
  signal.addEventListener("abort", onAbort);
  let timer = setTimeout(expire, milliseconds);
  if (signal.aborted) onAbort();
  return {
    signal: controller.signal,
    end,
    shorten(least) {
      if (least >= milliseconds) return;
      clearTimeout(timer);
      const passed = performance.now() - start;
      timer = setTimeout(expire, Math.max(least - passed, 0));
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      end(ENDED); // for what still goes on beside the work
    },
  };
}
