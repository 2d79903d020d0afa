/**
 * Why a half of a connection refuses work. An error with its stack is dear, and
 * most connections are closed with nobody asking: it is made for the first who
 * does.
 */
export type Refusal = () => Error;

/** A refusal that makes its error once. */
export function refusal(make: () => Error): Refusal {
  let error: Error | undefined;
  return () => error ??= make();
}
