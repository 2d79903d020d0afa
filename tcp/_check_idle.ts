/** The longest idle time that Linux takes (MAX_TCP_KEEPIDLE), in milliseconds. */
const MAX_IDLE = 32_767_000;

/** Refuses what is no time of TCP_KEEPIDLE: some systems would just not take it. */
export function checkIdle(idle: number): void {
  if (idle > 0 && idle <= MAX_IDLE) return;
  throw new RangeError(
    `Cannot use keepAlive ${idle}: an idle time must be more than 0 and at most ${MAX_IDLE} ms`,
  );
}
