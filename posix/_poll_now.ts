import { lastError, loadLibc } from "./_libc.ts";
import { askedEvents, toldEvents } from "./_platform.ts";

/** Linux: the peer has sent FIN. */
export const POLLRDHUP = 0x2000;

/** `struct pollfd`: descriptor, events, what there is. */
export const POLLFD_SIZE = 8;

/** What a descriptor is asked for; a negative one is passed over. */
export interface PollEntry {
  readonly fd: number;
  /** Bits of `poll.h`. */
  readonly events: number;
}

/** C's `poll` without waiting: what there is for each, 0 for nothing. */
export function pollNow(entries: readonly PollEntry[]): number[] {
  const set = new DataView(new ArrayBuffer(entries.length * POLLFD_SIZE));
  entries.forEach(({ fd, events }, i) => {
    set.setInt32(i * POLLFD_SIZE, fd, true);
    set.setInt16(i * POLLFD_SIZE + 4, askedEvents(events), true);
  });
  const bytes = new Uint8Array(set.buffer);
  if (loadLibc().all.poll(bytes, entries.length, 0) === -1) {
    throw lastError("poll", "poll");
  }
  return entries.map(({ events }, i) =>
    toldEvents(events, set.getInt16(i * POLLFD_SIZE + 6, true))
  );
}
