/** A promise, and what settles it. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T | Promise<T>) => void;
  readonly reject: (reason: unknown) => void;
}

// deno-lint-ignore no-explicit-any -- of whichever promise was made last
let lastResolve: (value: any) => void;
let lastReject: (reason: unknown) => void;

function keep(resolve: typeof lastResolve, reject: typeof lastReject): void {
  lastResolve = resolve;
  lastReject = reject;
}

/** As `Promise.withResolvers()`, and faster. */
export function defer<T>(): Deferred<T> {
  const promise = new Promise<T>(keep);
  return { promise, resolve: lastResolve, reject: lastReject };
}
