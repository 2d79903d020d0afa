/** Refuses what is no count of bytes. */
export function checkCount(
  count: number,
  most: number = Number.MAX_SAFE_INTEGER,
): void {
  if (Number.isInteger(count) && count >= 0 && count <= most) return;
  throw new RangeError(
    `Cannot read ${count} bytes: the count must be an integer from 0 to ${most}`,
  );
}

/** Returns the limit, if it is one. */
export function checkLimit(limit: number): number {
  if (Number.isInteger(limit) && limit > 0) return limit;
  throw new RangeError(
    `Cannot read within ${limit} bytes: the limit must be a positive integer`,
  );
}

/** The longest idle time that Linux takes (MAX_TCP_KEEPIDLE), in milliseconds. */
const MAX_IDLE = 32_767_000;

/** Refuses what is no time of TCP_KEEPIDLE: some systems would just not take it. */
export function checkIdle(idle: number): void {
  if (idle > 0 && idle <= MAX_IDLE) return;
  throw new RangeError(
    `Cannot use keepAlive ${idle}: an idle time must be more than 0 and at most ${MAX_IDLE} ms`,
  );
}

/** Refuses what is no high-water mark. */
export function checkHighWaterMark(mark: number | undefined): void {
  if (mark === undefined || (Number.isInteger(mark) && mark > 0)) return;
  throw new RangeError(
    `Cannot use highWaterMark ${mark}: it must be a positive integer`,
  );
}
