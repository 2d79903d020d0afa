import { POLLIN, POLLOUT, POLLPRI } from "./constants.ts";
import { checkCall, lastError } from "./_failure.ts";
import { type Libc, loadLibc } from "./_libc.ts";
import { EPOLL_EVENT } from "./_platform.ts";
import { LONGEST_WAIT, type OnEvent, type Poller } from "./_poller.ts";

const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CLOEXEC = 0x80000;
const EPOLLRDHUP = 0x2000;
const EPOLLET = 0x80000000;
const EFD_NONBLOCK_CLOEXEC = 0x80800;
const ALL_EVENTS = (POLLIN | POLLPRI | POLLOUT | EPOLLRDHUP | EPOLLET) >>> 0;
/** How many events one call tells. */
const MAX_EVENTS = 256;
/** Stands for the eventfd, where others have their id. */
const WAKE_ID = 0;

/** Epoll of Linux, told of changes alone (edge-triggered). */
export class Epoll implements Poller {
  readonly #libc: Libc = loadLibc();
  readonly #epoll: number;
  readonly #eventfd: number;
  readonly #event = new DataView(new ArrayBuffer(EPOLL_EVENT.size));
  readonly #now = new DataView(new ArrayBuffer(EPOLL_EVENT.size * MAX_EVENTS));
  /** The thread's: not touched by anything else while it waits. */
  readonly #later = new DataView(
    new ArrayBuffer(EPOLL_EVENT.size * MAX_EVENTS),
  );
  readonly #one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);
  readonly #count = new Uint8Array(8);

  constructor() {
    const { close, epoll_create1, eventfd } = this.#libc;
    this.#epoll = epoll_create1(EPOLL_CLOEXEC);
    checkCall(this.#epoll, "wait for sockets", "epoll_create1");
    this.#eventfd = eventfd(0, EFD_NONBLOCK_CLOEXEC);
    if (this.#eventfd === -1) {
      const error = lastError("wait for sockets", "eventfd");
      close(this.#epoll);
      throw error;
    }
    this.add(WAKE_ID, this.#eventfd, POLLIN);
  }

  add(id: number, fd: number, events: number = ALL_EVENTS): void {
    this.#event.setUint32(0, events, true);
    this.#event.setUint32(EPOLL_EVENT.data, id, true);
    const { epoll_ctl } = this.#libc;
    const result = epoll_ctl(this.#epoll, EPOLL_CTL_ADD, fd, this.#event);
    checkCall(result, "wait for a socket", "epoll_ctl");
  }

  want(): void {
    // Every change is told anyway.
  }

  remove(_id: number, fd: number): void {
    this.#libc.epoll_ctl(this.#epoll, EPOLL_CTL_DEL, fd, this.#event);
  }

  look(onEvent: OnEvent): number {
    const { epoll_wait } = this.#libc;
    const count = epoll_wait(this.#epoll, this.#now, MAX_EVENTS, 0);
    return this.#report(this.#now, count, onEvent);
  }

  async wait(onEvent: OnEvent): Promise<void> {
    const { waitInThread } = this.#libc;
    const count = await waitInThread(
      ...[this.#epoll, this.#later, MAX_EVENTS, LONGEST_WAIT] as const,
    );
    // Only here: a look must not take what is to end the wait of the thread.
    const reported = this.#report(this.#later, count, onEvent);
    if (reported < count) this.#libc.read(this.#eventfd, this.#count, 8);
  }

  /** Reports all events but that of the eventfd; returns how many. */
  #report(events: DataView, count: number, onEvent: OnEvent): number {
    let reported = 0;
    for (let i = 0; i < count; i++) {
      const at = i * EPOLL_EVENT.size;
      const id = events.getUint32(at + EPOLL_EVENT.data, true);
      if (id === WAKE_ID) continue;
      onEvent(id, events.getUint32(at, true));
      reported++;
    }
    return reported;
  }

  wake(): void {
    this.#libc.write(this.#eventfd, this.#one, 8);
  }
}
