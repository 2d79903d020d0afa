import { isDeno } from "./is_deno.ts";

type Timer = ReturnType<typeof setTimeout>;
/** A timer of Node and Bun. */
interface NodeTimer {
  ref(): unknown;
  unref(): unknown;
}

/** Lets a timer keep the program alive. */
export function refTimer(timer: Timer): void {
  if (isDeno) Deno.refTimer(timer);
  else (timer as unknown as NodeTimer).ref();
}

/** Lets the program end while a timer is pending. */
export function unrefTimer(timer: Timer): void {
  if (isDeno) Deno.unrefTimer(timer);
  else (timer as unknown as NodeTimer).unref();
}
