/**
 * Runs the test with only some of the faults. Resolves with those that happened if it
 * fails in the same way, and with undefined if it does not.
 */
export type FailsWith = (
  faults: readonly string[],
) => Promise<readonly string[] | undefined>;

/** Faults without which the test does not fail. */
export interface ShrunkFaults {
  /** What is left of the faults. */
  readonly faults: readonly string[];
  /** How many runs it took. */
  readonly runs: number;
  /** Whether the test passes without any one of them; false if the runs were used up. */
  readonly isMinimal: boolean;
}

/** The runs are used up. */
const ENOUGH = Symbol("enough");

/**
 * Finds few of the faults with which a test still fails: delta debugging (Zeller and
 * Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002), with at most
 * `maxRuns` runs.
 */
export async function shrinkFaults(
  faults: readonly string[],
  failsWith: FailsWith,
  maxRuns: number,
): Promise<ShrunkFaults> {
  let runs = 0;
  let left = faults;
  /** Tries some of the faults, and keeps only them if they suffice. */
  const suffice = async (some: readonly string[]): Promise<boolean> => {
    if (runs === maxRuns) throw ENOUGH;
    runs++;
    const happened = await failsWith(some);
    if (happened !== undefined) left = happened;
    return happened !== undefined;
  };
  const anyOf = async (candidates: readonly string[][]): Promise<boolean> => {
    for (const some of candidates) if (await suffice(some)) return true;
    return false;
  };
  try {
    if (left.length > 0) await suffice([]);
    for (let count = 2; left.length > 1;) {
      const parts = split(left, count);
      const rests = parts.map((part) => without(left, part));
      if (await anyOf(parts)) {
        count = 2;
      } else if (count > 2 && await anyOf(rests)) {
        count--;
      } else if (count === left.length) {
        break; // none of them can be missed
      } else {
        count *= 2;
      }
      count = Math.max(2, Math.min(count, left.length));
    }
    return { faults: left, runs, isMinimal: true };
  } catch (error) {
    if (error !== ENOUGH) throw error;
    return { faults: left, runs, isMinimal: false };
  }
}

/** Cuts a list into so many parts, of almost the same size. */
function split(list: readonly string[], count: number): string[][] {
  return Array.from({ length: count }, (_, i) =>
    list.slice(
      Math.floor(list.length * i / count),
      Math.floor(list.length * (i + 1) / count),
    ));
}

function without(list: readonly string[], part: readonly string[]): string[] {
  const left = new Set(part);
  return list.filter((name) => !left.has(name));
}
