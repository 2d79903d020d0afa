/**
 * Compares contenders at the same work in one run: rounds in which each has its
 * turn, medians of the rates, and medians of the ratios to the first in the same
 * round. Absolute numbers say as much about the machine as about the code, and
 * change while it runs; the ratios are what counts.
 *
 * @module
 */

/** One way to do the work. */
export interface Contender {
  /** Its name in the table. */
  readonly name: string;
  /** Does the work once; the rate at which it did, or undefined if it cannot. */
  run(): Promise<number | undefined>;
}

/** What came out for one contender. */
export interface Row {
  /** Its name. */
  readonly name: string;
  /** The median rate. */
  readonly median: number;
  /** The median of the ratios to the first contender, where that says something. */
  readonly ratio: number | undefined;
}

/** How much is done. */
export interface Effort {
  /** How often each contender has its turn. */
  readonly rounds: number;
  /** Which share of the work it does then. */
  readonly share: number;
  /** Only works whose title contains this. */
  readonly only: string;
}

/** One comparison. */
export interface Table {
  /** What was compared. */
  readonly title: string;
  /** What the rates count. */
  readonly unit: string;
  /** A row for each contender, the baseline first. */
  readonly rows: readonly Row[];
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[middle]!
    : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Runs the contenders in turns; the first is the baseline. */
export async function compare(
  title: string,
  unit: string,
  contenders: readonly Contender[],
  rounds: number,
): Promise<Table> {
  const all = contenders.map(() => new Array<number | undefined>(rounds));
  for (let round = 0; round < rounds; round++) {
    // Each round begins with another one, so that no place in it is the better.
    for (let i = 0; i < contenders.length; i++) {
      const at = (i + round) % contenders.length;
      all[at]![round] = await contenders[at]!.run();
    }
  }
  const rows = contenders.flatMap(({ name }, at) => {
    const rates = all[at]!.filter((rate) => rate !== undefined);
    if (rates.length === 0) return [];
    const ratios = all[at]!.flatMap((rate, round) => {
      const base = all[0]![round];
      return rate === undefined || base === undefined ? [] : [rate / base];
    });
    const ratio = ratios.length > 0 ? median(ratios) : undefined;
    return [{ name, median: median(rates), ratio }];
  });
  return { title, unit, rows };
}

function round(value: number | undefined): string {
  if (value === undefined) return "";
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString("en", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** A table as a person likes to read it; it is Markdown, too. */
export function format({ title, unit, rows }: Table): string {
  const head = `| ${title} | ${unit} | ratio |\n|---|---:|---:|`;
  const lines = rows.map(({ name, median, ratio }) =>
    `| ${name} | ${round(median)} | ${round(ratio)} |`
  );
  return [head, ...lines, ""].join("\n");
}

/** What the run was made on. */
export function machine(): string {
  const cpus = navigator.hardwareConcurrency;
  return `Deno ${Deno.version.deno}, ${Deno.build.os} ${Deno.osRelease()} (${Deno.build.arch}), ${cpus} cores`;
}
