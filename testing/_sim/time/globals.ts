import { patchDate } from "./clock.ts";
import { guardIo } from "./guard.ts";
import { patchIntl } from "./intl.ts";
import { patchNodeTimers } from "./node_timers.ts";
import { Patches } from "./patches.ts";
import { patchPerformance, patchProcess } from "./performance.ts";
import { patchRandom } from "./randomness.ts";
import { patchRealWork } from "./real_work.ts";
import { patchTemporal } from "./temporal.ts";
import { patchTimers } from "./timers.ts";

/**
 * Replaces the globals that depend on time, on chance or on the outside. The
 * replacements do so inside of a simulation only; outside they call the originals.
 */
export function installGlobals(): Patches {
  const patches = new Patches();
  patchTimers(patches);
  patchNodeTimers(patches);
  patchDate(patches);
  patchIntl(patches);
  patchPerformance(patches);
  patchProcess(patches);
  patchTemporal(patches);
  patchRandom(patches);
  patchRealWork(patches);
  guardIo(patches);
  return patches;
}
