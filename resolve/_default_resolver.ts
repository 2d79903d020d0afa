import { Resolver } from "./resolver.ts";

let shared: Resolver | undefined;

/** The resolver behind the functions, made with the default options when it is first needed. */
export function defaultResolver(): Resolver {
  return shared ??= new Resolver();
}
