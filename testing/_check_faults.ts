import { checkInteger } from "../internal/check/mod.ts";
import type { StreamFaults } from "./stream_faults.ts";

/** Returns faults that were read once and checked. */
export function checkFaults(faults: StreamFaults = {}): StreamFaults {
  const { pieceSize, stallAfter, endAfter, resetAfter } = faults;
  const sizes = pieceSize === undefined
    ? undefined
    : typeof pieceSize === "number"
    ? [pieceSize]
    : [...pieceSize];
  if (sizes?.length === 0) {
    throw new RangeError("Cannot use pieceSize []: it must name a size");
  }
  for (const size of sizes ?? []) checkInteger("pieceSize", size, 1);
  for (
    const [name, count] of Object.entries({ stallAfter, endAfter, resetAfter })
  ) {
    if (count !== undefined) checkInteger(name, count, 0);
  }
  return { pieceSize: sizes, stallAfter, endAfter, resetAfter };
}
