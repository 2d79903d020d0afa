/** What a poller tells of a socket: bits of `poll.h`. */
export type OnEvent = (id: number, events: number) => void;

/**
 * For how long a thread waits at most, in milliseconds; -1 for ever. One that waits
 * for a Worker which is terminated meanwhile has nobody to wake it.
 */
export const LONGEST_WAIT: number = "WorkerGlobalScope" in globalThis
  ? 1000
  : -1;

/**
 * What the system must provide to wait for many sockets at once. One file
 * implements it for one system call.
 */
export interface Poller {
  /**
   * Begins to watch a descriptor. From then on it is told when there is
   * something new: whoever waits has tried before and found nothing.
   */
  add(id: number, fd: number): void;
  /** What is waited for from now on: POLLIN, POLLOUT, both or 0. */
  want(id: number, events: number): void;
  /** Ends watching, before the descriptor is closed. */
  remove(id: number, fd: number): void;
  /** Tells what there is at once; how many events it told. */
  look(onEvent: OnEvent): number;
  /** Waits in a thread until there is something, or `wake` is called; tells it. */
  wait(onEvent: OnEvent): Promise<void>;
  /** Ends a wait. */
  wake(): void;
}
