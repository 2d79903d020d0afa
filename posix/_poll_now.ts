import { checkCall } from "./_failure.ts";
import { loadLibc } from "./_libc.ts";
import { askedEvents, reportedEvents } from "./_platform.ts";

/** Linux: the peer has sent FIN. */
export const POLLRDHUP = 0x2000;

/** What a descriptor is asked for; a negative one is passed over. */
export interface PollEntry {
  readonly fd: number;
  /** Bits of `poll.h`. */
  readonly events: number;
}

/** An array of `struct pollfd`: a descriptor, and the events asked for and reported. */
export function pollFds(
  entries: readonly PollEntry[],
): Int32Array<ArrayBuffer> {
  return Int32Array.from(
    entries.flatMap(({ fd, events }) => [fd, askedEvents(events) & 0xffff]),
  );
}

/** Returns the events that were reported of each entry; 0 for none. */
export function reportedBy(
  entries: readonly PollEntry[],
  fds: Int32Array,
): number[] {
  return entries.map(({ events }, i) =>
    reportedEvents(events, fds[2 * i + 1]! >> 16)
  );
}

/** C's `poll` without waiting: what there is for each, 0 for nothing. */
export function pollNow(entries: readonly PollEntry[]): number[] {
  const fds = pollFds(entries);
  checkCall(loadLibc().poll(fds, entries.length, 0), "poll", "poll");
  return reportedBy(entries, fds);
}
