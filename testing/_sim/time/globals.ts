import { patchDate, patchPerformance } from "./clock.ts";
import { Patches } from "./patches.ts";
import { patchRandom } from "./randomness.ts";
import { patchTimers } from "./timers.ts";

/**
 * Replaces the globals that depend on time, on chance or on the outside. The
 * replacements do so inside of a simulation only; outside they call the originals.
 */
export function installGlobals(): Patches {
  const patches = new Patches();
  patchTimers(patches);
  patchDate(patches);
  patchPerformance(patches);
  patchRandom(patches);
  return patches;
}
