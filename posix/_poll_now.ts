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

/** `struct pollfd`: descriptor, events, what there is. */
const POLLFD_SIZE = 8;

/** An array of `struct pollfd`. */
export class PollFds {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #entries: readonly PollEntry[];
  readonly #view: DataView;

  constructor(entries: readonly PollEntry[]) {
    this.#entries = entries;
    this.bytes = new Uint8Array(entries.length * POLLFD_SIZE);
    this.#view = new DataView(this.bytes.buffer);
    entries.forEach(({ fd, events }, i) => {
      this.#view.setInt32(i * POLLFD_SIZE, fd, true);
      this.#view.setInt16(i * POLLFD_SIZE + 4, askedEvents(events), true);
    });
  }

  /** What there is for each, 0 for nothing. */
  told(): number[] {
    return this.#entries.map(({ events }, i) =>
      toldEvents(events, this.#view.getInt16(i * POLLFD_SIZE + 6, true))
    );
  }
}

/** C's `poll` without waiting: what there is for each, 0 for nothing. */
export function pollNow(entries: readonly PollEntry[]): number[] {
  const fds = new PollFds(entries);
  checkCall(loadLibc().poll(fds.bytes, entries.length, 0), "poll", "poll");
  return fds.told();
}
