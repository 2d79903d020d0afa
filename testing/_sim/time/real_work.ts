import type { Patches } from "./patches.ts";
import { currentScope } from "./scope.ts";

type Call = (...args: unknown[]) => Promise<unknown>;

/**
 * Has the clock stand while `crypto.subtle` works in another thread: how long that
 * takes in real time decides nothing.
 */
export function patchRealWork(patches: Patches): void {
  const { prototype } = SubtleCrypto;
  for (const key of Object.getOwnPropertyNames(prototype)) {
    if (key === "constructor") continue;
    patches.replace(prototype, key, `crypto.subtle.${key}`, (original) => {
      const outer = original();
      if (typeof outer !== "function") return outer;
      return function (this: SubtleCrypto, ...args: unknown[]) {
        const work = () => Reflect.apply(outer as Call, this, args);
        const scope = currentScope();
        return scope === undefined ? work() : scope.world.real(work);
      };
    });
  }
}
