import { checkCall } from "./_failure.ts";
import { loadLibc } from "./_libc.ts";
import { askedEvents, toldEvents } from "./_platform.ts";

/** Linux: the peer has sent FIN. */
export const POLLRDHUP = 0x2000;

/** What a descriptor is asked for; a negative one is passed over. */
export interface PollEntry {
  readonly fd: number;
  /** Bits of `poll.h`. */
  readonly events: number;
}

/** An array of `struct pollfd`: a descriptor, and two halves for what is asked and told. */
export function pollFds(
  entries: readonly PollEntry[],
): Int32Array<ArrayBuffer> {
  return Int32Array.from(
    entries.flatMap(({ fd, events }) => [fd, askedEvents(events) & 0xffff]),
  );
}

/** What there is for each, 0 for nothing. */
export function toldOf(
  entries: readonly PollEntry[],
  fds: Int32Array,
): number[] {
  return entries.map(({ events }, i) =>
    toldEvents(events, fds[2 * i + 1]! >> 16)
  );
}

/** C's `poll` without waiting: what there is for each, 0 for nothing. */
export function pollNow(entries: readonly PollEntry[]): number[] {
  const fds = pollFds(entries);
  checkCall(loadLibc().poll(fds, entries.length, 0), "poll", "poll");
  return toldOf(entries, fds);
}
