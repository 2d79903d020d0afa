/** Refuses what is no integer of a range. */
export function checkInteger(
  name: string,
  value: number,
  least: number,
  most: number,
): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(
    `Cannot use ${name} ${value}: it must be an integer from ${least} to ${most}`,
  );
}
