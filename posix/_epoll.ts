import { POLLIN, POLLOUT, POLLPRI } from "./constants.ts";
import { lastError, type Libc } from "./_libc.ts";
import { EPOLL_EVENT } from "./_platform.ts";
import { LONGEST_WAIT, type OnEvent, type Poller } from "./_poller.ts";

const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CLOEXEC = 0x80000;
const EPOLLRDHUP = 0x2000;
const EPOLLET = 0x80000000;
const EFD_NONBLOCK_CLOEXEC = 0x80800;
/** How many events one call tells. */
const MAX_EVENTS = 256;
/** Stands for the eventfd, where others have their id. */
const WAKE_ID = 0;

/** Epoll of Linux, told of changes alone (edge-triggered). */
export class Epoll implements Poller {
  readonly #all: Libc["all"];
  readonly #linux: NonNullable<Libc["linux"]>;
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

  constructor({ all, linux }: Libc) {
    this.#all = all;
    this.#linux = linux!;
    this.#epoll = this.#linux.epoll_create1(EPOLL_CLOEXEC);
    if (this.#epoll === -1) {
      throw lastError("wait for sockets", "epoll_create1");
    }
    this.#eventfd = this.#linux.eventfd(0, EFD_NONBLOCK_CLOEXEC);
    if (this.#eventfd === -1) {
      const error = lastError("wait for sockets", "eventfd");
      this.#all.close(this.#epoll);
      throw error;
    }
    this.add(WAKE_ID, this.#eventfd);
  }

  add(id: number, fd: number): void {
    const events = (POLLIN | POLLPRI | POLLOUT | EPOLLRDHUP | EPOLLET) >>> 0;
    this.#event.setUint32(0, events, true);
    this.#event.setUint32(EPOLL_EVENT.data, id, true);
    const { epoll_ctl } = this.#linux;
    if (epoll_ctl(this.#epoll, EPOLL_CTL_ADD, fd, this.#event) === -1) {
      throw lastError("wait for a socket", "epoll_ctl");
    }
  }

  want(): void {
    // Every change is told anyway.
  }

  remove(_id: number, fd: number): void {
    this.#linux.epoll_ctl(this.#epoll, EPOLL_CTL_DEL, fd, this.#event);
  }

  look(onEvent: OnEvent): number {
    const { epoll_wait } = this.#linux;
    const count = epoll_wait(this.#epoll, this.#now, MAX_EVENTS, 0);
    this.#tell(this.#now, count, onEvent);
    return count;
  }

  async wait(onEvent: OnEvent): Promise<void> {
    const { epollWaitInThread } = this.#linux;
    const count = await epollWaitInThread(
      ...[this.#epoll, this.#later, MAX_EVENTS, LONGEST_WAIT] as const,
    );
    this.#tell(this.#later, count, onEvent);
  }

  #tell(events: DataView, count: number, onEvent: OnEvent): void {
    for (let i = 0; i < count; i++) {
      const at = i * EPOLL_EVENT.size;
      const id = events.getUint32(at + EPOLL_EVENT.data, true);
      if (id === WAKE_ID) this.#all.read(this.#eventfd, this.#count, 8);
      else onEvent(id, events.getUint32(at, true));
    }
  }

  wake(): void {
    this.#all.write(this.#eventfd, this.#one, 8);
  }
}
