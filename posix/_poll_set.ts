import { AF_UNIX, SOCK_STREAM } from "../address/mod.ts";
import { POLLIN } from "./constants.ts";
import { type InThread, loadLibc } from "./_libc.ts";
import { openPair } from "./_open.ts";
import { needsData } from "./_platform.ts";
import { type PollEntry, pollFds, pollNow, reportedBy } from "./_poll_now.ts";
import { LONGEST_WAIT, type OnEvent, type Poller } from "./_poller.ts";

/** What a descriptor is waited for. */
interface Wanted extends PollEntry {
  readonly id: number;
  events: number;
}

/** How often macOS is asked about errors and the end of the stream, in milliseconds. */
const LOOK_INTERVAL = 20;

/** C's `poll`, where there is no epoll: the set is written anew for each wait. */
export class PollSet implements Poller {
  /** `poll` in a thread: Linux can do so, too, for the tests. */
  readonly #inThread: InThread;
  readonly #wanted = new Map<number, Wanted>();
  readonly #readEnd: number;
  readonly #writeEnd: number;
  readonly #byte = new Uint8Array(64);
  #isWaiting = false;

  constructor(inThread: InThread) {
    this.#inThread = inThread;
    // A pipe would do, but not every table has it.
    [this.#readEnd, this.#writeEnd] = openPair(AF_UNIX, SOCK_STREAM, 0);
  }

  add(id: number, fd: number): void {
    this.#wanted.set(id, { id, fd, events: 0 });
  }

  want(id: number, events: number): void {
    const wanted = this.#wanted.get(id)!;
    const isNew = (events & ~wanted.events) !== 0;
    wanted.events = events;
    if (isNew && this.#isWaiting) this.wake();
  }

  remove(id: number): void {
    this.#wanted.delete(id);
    if (this.#isWaiting) this.wake();
  }

  /** What is waited for, with the end of the wake-up pair in front. */
  #entries(): Wanted[] {
    const wakeUp = { id: 0, fd: this.#readEnd, events: POLLIN };
    const wanted = [...this.#wanted.values()];
    return [wakeUp, ...wanted.filter(({ events }) => events !== 0)];
  }

  #report(entries: Wanted[], reported: number[], onEvent: OnEvent): number {
    let count = 0;
    for (const [i, { id }] of entries.entries()) {
      if (reported[i] === 0 || !this.#wanted.has(id)) continue;
      onEvent(id, reported[i]!);
      count++;
    }
    return count;
  }

  look(onEvent: OnEvent): number {
    const entries = this.#entries();
    return this.#report(entries, pollNow(entries), onEvent);
  }

  async wait(onEvent: OnEvent): Promise<void> {
    const entries = this.#entries();
    // Data that no call wants would end each wait at once: these are looked at.
    const watched = entries.filter(({ events }) => !needsData(events));
    const isLooking = watched.length < entries.length;
    const fds = pollFds(watched);
    this.#isWaiting = true;
    try {
      const timeout = isLooking ? LOOK_INTERVAL : LONGEST_WAIT;
      await this.#inThread(fds, watched.length, timeout);
    } finally {
      this.#isWaiting = false;
    }
    const reported = reportedBy(watched, fds);
    // Only here: a look must not take what is to end the wait of the thread.
    if (reported[0] !== 0) {
      loadLibc().read(this.#readEnd, this.#byte, this.#byte.length);
    }
    this.#report(watched, reported, onEvent);
    if (isLooking) this.look(onEvent);
  }

  wake(): void {
    loadLibc().write(this.#writeEnd, this.#byte, 1);
  }
}
