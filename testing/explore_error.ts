import type { Trace } from "./trace.ts";

/** How many events the message of an error shows. */
const SHOWN = 40;

/** What {@linkcode explore} has found. */
export interface Finding {
  /** The seed of the run that failed. */
  readonly seed: number;
  /** Which run failed, from 1. */
  readonly run: number;
  /** The random faults of that run, or the few of them with which it still fails. */
  readonly faults: readonly string[];
  /** How many random faults happened before they were shrunk. */
  readonly faultsBefore: number;
  /** How many runs it took to shrink them. */
  readonly shrinkRuns: number;
  /** Whether the test passes without any one of the faults. */
  readonly isMinimal: boolean;
  /** Whether a second run with the same seed did the same. */
  readonly isRepeatable: boolean;
  /** Whether the run had options besides the seed, such as `link`. */
  readonly hasOptions: boolean;
  /** What happened in the run with these faults. */
  readonly trace: Trace;
  /** What the test failed with in that run. */
  readonly cause: unknown;
}

/**
 * The error of {@linkcode explore}: the seed and the few random faults with which a test
 * fails, and what happened then.
 *
 * @example What a failure needs
 * ```ts
 * import { explore, ExploreError } from "@berkeley/sockets/testing";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const error = await assertRejects(
 *   () => explore({ link: { loss: 0.2 } }, async (network) => {
 *     const a = network.host("a");
 *     const b = network.host("b");
 *     using receiver = await b.bindUdp({ port: 7 });
 *     using sender = await a.connectUdp({ hostname: "b", port: 7 });
 *     await sender.send("hello");
 *     await receiver.receive({ timeout: 1000 });
 *   }),
 *   ExploreError,
 * );
 * assertEquals(error.faults, ["a>b drop 1"]);
 * ```
 */
export class ExploreError extends Error {
  /** The name of the class. */
  override readonly name = "ExploreError";
  /** The seed of the run that failed. */
  readonly seed: number;
  /** Which run failed, from 1. */
  readonly run: number;
  /**
   * The random faults with which the test still fails, as `network.faults` lists them:
   * the option `faults` of {@linkcode simulate} takes them.
   */
  readonly faults: readonly string[];
  /** How many random faults happened in the run that failed first. */
  readonly faultsBefore: number;
  /** How many runs it took to find out which faults it needs. */
  readonly shrinkRuns: number;
  /** Whether the test passes without any one of the faults. */
  readonly isMinimal: boolean;
  /** Whether a second run with the same seed did the same, event by event. */
  readonly isRepeatable: boolean;
  /** What happened in the run with these faults. Its error is the `cause`. */
  readonly trace: Trace;

  /**
   * Not for users: {@linkcode explore} makes these errors.
   *
   * @ignore
   */
  constructor(finding: Finding) {
    super(describe(finding), { cause: finding.cause });
    this.seed = finding.seed;
    this.run = finding.run;
    this.faults = finding.faults;
    this.faultsBefore = finding.faultsBefore;
    this.shrinkRuns = finding.shrinkRuns;
    this.isMinimal = finding.isMinimal;
    this.isRepeatable = finding.isRepeatable;
    this.trace = finding.trace;
  }
}

function describe(finding: Finding): string {
  const { seed, run, faults, cause } = finding;
  const [line] = String(cause).split("\n");
  const reason = line!.replace(` (seed ${seed})`, "");
  const lines = [
    `The test fails with seed ${seed}, in run ${run}: ${reason}`,
    ...describeFaults(finding),
  ];
  const list = faults.length === 0 && finding.faultsBefore === 0
    ? ""
    : `, faults: ${JSON.stringify(faults)}`;
  if (finding.isRepeatable) {
    const options = finding.hasOptions ? "...options, " : "";
    lines.push(
      `To repeat it: simulate({ ${options}seed: ${seed}${list} }, test)`,
    );
  } else {
    lines.push(
      "It is not repeatable: a second run with the same seed did something else. " +
        "The test depends on something outside of the simulation, such as variables " +
        "of an earlier run, files or real time",
    );
  }
  const events = String(finding.trace).trimEnd().split("\n");
  const omitted = events.length - SHOWN;
  lines.push(omitted > 0 ? `The last ${SHOWN} events:` : "The events:");
  return [...lines, ...events.slice(-SHOWN)].join("\n");
}

function describeFaults(finding: Finding): string[] {
  const { faults, faultsBefore, shrinkRuns, isMinimal } = finding;
  if (faultsBefore === 0) return ["No random fault happened."];
  if (faults.length === 0) {
    return [`It fails without any of the ${faultsBefore} random faults, too.`];
  }
  const effort = `${shrinkRuns} more ${shrinkRuns === 1 ? "run" : "runs"}`;
  const count = `${faults.length} of ${faultsBefore} random faults`;
  const title = shrinkRuns === 0
    ? `Random faults: ${faultsBefore}`
    : isMinimal
    ? `It needs ${count}, as ${effort} showed:`
    : `It needs at most ${count} (stopped after ${effort}):`;
  return [title, ...faults.slice(0, SHOWN).map((name) => `  ${name}`)];
}
