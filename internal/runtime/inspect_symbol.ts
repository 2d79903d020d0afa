import { isDeno } from "./is_deno.ts";

/** The key of the method that returns what `console.log` prints of an object. */
export const INSPECT: symbol = Symbol.for(
  isDeno ? "Deno.customInspect" : "nodejs.util.inspect.custom",
);
