import {
  checkWait,
  resolveFairly,
  waitFor,
  type WaitOptions,
} from "../internal/wait/mod.ts";
import { POLLNVAL } from "./constants.ts";
import { errorOf } from "./_failure.ts";
import { pollNow } from "./_poll_now.ts";
import type { PosixSocket } from "./socket.ts";
import { coreOf } from "./socket_base.ts";

/** A socket, and what it is asked for: C's `struct pollfd`. */
export interface PollRequest {
  /** The socket. */
  socket: PosixSocket;
  /** POLLIN, POLLPRI and POLLOUT, or'ed together; 0 for errors and the end alone. */
  events: number;
}

/**
 * Waits until one of several sockets is ready: C's `poll` and `select`.
 *
 * Resolves with what there is for each, in their order: the events that were asked
 * for, and POLLERR, POLLHUP and POLLNVAL in any case. It keeps no call waiting: what
 * it tells of may be taken by one that waits already.
 *
 * @throws {TimedOutError} When nothing is ready in time; C returns 0.
 * @throws {ClosedError} When one of them is closed meanwhile.
 *
 * @example The one of two that has something
 * ```ts
 * import {
 *   AF_UNIX,
 *   poll,
 *   POLLIN,
 *   SOCK_STREAM,
 *   socketPair,
 * } from "@berkeley/sockets/posix";
 * import { assertEquals } from "@std/assert";
 *
 * const [a, b] = socketPair(AF_UNIX, SOCK_STREAM);
 * await a.send(new Uint8Array([1]));
 * const events = await poll([
 *   { socket: a, events: POLLIN },
 *   { socket: b, events: POLLIN },
 * ]);
 * assertEquals(events, [0, POLLIN]);
 * a.close();
 * b.close();
 * ```
 */
export async function poll(
  requests: readonly PollRequest[],
  options?: WaitOptions,
): Promise<number[]> {
  checkWait(options);
  const asked = Array.from(
    requests,
    ({ socket, events }) => ({ socket, events }),
  );
  const now = look(asked);
  if (now !== undefined) return await resolveFairly(now);
  const { promise, resolve, reject } = Promise.withResolvers<number[]>();
  const onEvents = () => {
    try {
      const told = look(asked);
      if (told !== undefined) resolve(told);
    } catch (error) {
      reject(error);
    }
  };
  const descriptors = asked.map(({ socket }) => coreOf(socket).descriptor);
  const observers = asked.map(({ events }) => (
    { events, onEvents, onClose: reject }
  ));
  try {
    descriptors.forEach((each, i) => each.observe(observers[i]!));
    // The timeout keeps the program alive as long as one of the sockets does.
    const owner = descriptors.find(({ isRef }) => isRef) ?? descriptors[0];
    const timeout = () =>
      errorOf("ETIMEDOUT", { action: "poll", syscall: "poll" });
    return await waitFor(promise, options, timeout, undefined, owner?.timers);
  } finally {
    descriptors.forEach((each, i) => each.unobserve(observers[i]!));
  }
}

/** What there is at once; undefined for nothing. */
function look(requests: readonly PollRequest[]): number[] | undefined {
  const told = pollNow(
    requests.map(({ socket: { fd }, events }) => ({ fd, events })),
  ).map((events, i) => requests[i]!.socket.isClosed ? POLLNVAL : events);
  return told.some((events) => events !== 0) ? told : undefined;
}
