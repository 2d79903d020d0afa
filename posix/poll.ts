import { checkWait, type WaitOptions } from "../wait/mod.ts";
import { POLLIN, POLLNVAL, POLLOUT, POLLPRI } from "./constants.ts";
import { lastError, loadLibc } from "./_libc.ts";
import { descriptorIn, type PosixSocket } from "./socket.ts";

/** A socket, and what it is asked for: C's `struct pollfd`. */
export interface PollRequest {
  /** The socket. */
  socket: PosixSocket;
  /** POLLIN, POLLPRI and POLLOUT, or'ed together. */
  events: number;
}

/** `struct pollfd`: descriptor, events, what there is. */
const POLLFD_SIZE = 8;

/**
 * Waits until one of several sockets is ready: C's `poll` and `select`.
 *
 * Resolves with what there is for each, in their order: the events that were asked
 * for, and POLLERR, POLLHUP and POLLNVAL in any case.
 *
 * @throws {TimedOutError} When nothing is ready in time; C returns 0.
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
  const now = pollNow(requests);
  if (now !== undefined) return now;
  // Whoever is first ends the waits of the others.
  const others = new AbortController();
  const signal = options?.signal === undefined
    ? others.signal
    : AbortSignal.any([options.signal, others.signal]);
  const waits = requests.flatMap(({ socket, events }) => {
    const attempt = () => pollNow(requests);
    const call = { action: "poll", syscall: "poll" };
    const wait = (side: "receiving" | "sending") =>
      descriptorIn(socket).perform(side, attempt, { ...options, signal }, call);
    return [
      ...(events & (POLLIN | POLLPRI) ? [wait("receiving")] : []),
      ...(events & POLLOUT ? [wait("sending")] : []),
    ];
  });
  try {
    return await Promise.race(waits);
  } finally {
    others.abort();
    await Promise.allSettled(waits);
  }
}

/** What there is at once; undefined for nothing. */
function pollNow(requests: readonly PollRequest[]): number[] | undefined {
  const { all } = loadLibc();
  const set = new DataView(new ArrayBuffer(requests.length * POLLFD_SIZE));
  requests.forEach(({ socket, events }, i) => {
    set.setInt32(i * POLLFD_SIZE, socket.fd, true);
    set.setInt16(i * POLLFD_SIZE + 4, events, true);
  });
  const bytes = new Uint8Array(set.buffer);
  const count = all.poll(bytes, requests.length, 0);
  if (count === -1) throw lastError("poll", "poll");
  const told = requests.map(({ socket }, i) =>
    // poll passes over a negative descriptor, which stands for a closed socket.
    socket.isClosed ? POLLNVAL : set.getInt16(i * POLLFD_SIZE + 6, true)
  );
  return told.some((events) => events !== 0) ? told : undefined;
}
