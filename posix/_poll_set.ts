import { POLLIN } from "./constants.ts";
import { lastError, type Libc } from "./_libc.ts";
import { configure } from "./_open.ts";
import { askedEvents, needsData, toldEvents } from "./_platform.ts";
import { POLLFD_SIZE } from "./_poll_now.ts";
import { LONGEST_WAIT, type OnEvent, type Poller } from "./_poller.ts";

/** What `poll` waits in a thread by: Linux can do so, too, for the tests. */
export type PollInThread = (
  fds: Uint8Array<ArrayBuffer>,
  count: number,
  timeout: number,
) => Promise<number>;

/** What a descriptor is waited for. */
interface Wanted {
  readonly fd: number;
  events: number;
}

/** How often macOS is asked about errors and the end alone, in milliseconds. */
const LOOK_INTERVAL = 20;

/** C's `poll`, where there is no epoll: the set is written anew for each wait. */
export class PollSet implements Poller {
  readonly #all: Libc["all"];
  readonly #inThread: PollInThread;
  readonly #wanted = new Map<number, Wanted>();
  readonly #readEnd: number;
  readonly #writeEnd: number;
  readonly #byte = new Uint8Array(64);
  #isWaiting = false;

  constructor(libc: Libc, inThread: PollInThread) {
    this.#all = libc.all;
    this.#inThread = inThread;
    const ends = new Int32Array(2);
    // AF_UNIX, SOCK_STREAM: a pipe would do, but not every table has it.
    if (libc.all.socketpair(1, 1, 0, ends) === -1) {
      throw lastError("wait for sockets", "socketpair");
    }
    [this.#readEnd, this.#writeEnd] = [ends[0]!, ends[1]!];
    for (const fd of ends) configure(libc, fd);
  }

  add(id: number, fd: number): void {
    this.#wanted.set(id, { fd, events: 0 });
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

  #active(): [id: number, wanted: Wanted][] {
    return [...this.#wanted].filter(([, { events }]) => events !== 0);
  }

  /** The set as `poll` reads it, with the end of the wake-up pair in front. */
  #write(active = this.#active()): {
    ids: number[];
    bytes: Uint8Array<ArrayBuffer>;
    view: DataView;
  } {
    const bytes = new Uint8Array((active.length + 1) * POLLFD_SIZE);
    const view = new DataView(bytes.buffer);
    view.setInt32(0, this.#readEnd, true);
    view.setInt16(4, POLLIN, true);
    active.forEach(([, { fd, events }], i) => {
      view.setInt32((i + 1) * POLLFD_SIZE, fd, true);
      view.setInt16((i + 1) * POLLFD_SIZE + 4, askedEvents(events), true);
    });
    return { ids: active.map(([id]) => id), bytes, view };
  }

  #tell(ids: number[], view: DataView, onEvent: OnEvent): number {
    if (view.getInt16(6, true) !== 0) {
      this.#all.read(this.#readEnd, this.#byte, this.#byte.length);
    }
    let told = 0;
    ids.forEach((id, i) => {
      const wanted = this.#wanted.get(id);
      if (wanted === undefined) return;
      const there = view.getInt16((i + 1) * POLLFD_SIZE + 6, true);
      const events = toldEvents(wanted.events, there);
      if (events === 0) return;
      onEvent(id, events);
      told++;
    });
    return told;
  }

  look(onEvent: OnEvent): number {
    const { ids, bytes, view } = this.#write();
    if (this.#all.poll(bytes, ids.length + 1, 0) <= 0) return 0;
    return this.#tell(ids, view, onEvent);
  }

  async wait(onEvent: OnEvent): Promise<void> {
    const active = this.#active();
    // Data that nobody wants would end each wait at once: these are looked at.
    const watched = active.filter(([, { events }]) => !needsData(events));
    const isLooking = watched.length < active.length;
    const { ids, bytes, view } = this.#write(watched);
    this.#isWaiting = true;
    try {
      const timeout = isLooking ? LOOK_INTERVAL : LONGEST_WAIT;
      await this.#inThread(bytes, ids.length + 1, timeout);
    } finally {
      this.#isWaiting = false;
    }
    this.#tell(ids, view, onEvent);
    if (isLooking) this.look(onEvent);
  }

  wake(): void {
    this.#all.write(this.#writeEnd, this.#byte, 1);
  }
}
