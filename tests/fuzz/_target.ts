/**
 * What a fuzzer is: one try with random input, which throws where the input
 * finds a fault.
 *
 * @module
 */
import type { Random } from "../_random.ts";

/** A fuzzer. */
export interface FuzzTarget {
  /** What is fuzzed, in a word for the command line. */
  readonly name: string;
  /** What must hold for any input. */
  readonly claim: string;
  /** How many tries the test suite makes. */
  readonly tries: number;
  /** Kinds of outcomes that must all come up, so that no claim is idle. */
  readonly outcomes: readonly string[];
  /** Whether it talks to itself over loopback. */
  readonly usesNetwork?: boolean;
  /** One try; the kind of its outcome. */
  once(random: Random): string | Promise<string>;
}
