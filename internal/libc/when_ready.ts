import type { PosixSocket } from "../../posix/mod.ts";
import { rejectFairly, resolveFairly } from "../wait/mod.ts";

/** There is something to receive. From `poll.h`: an import of `posix/` would load it. */
export const POLLIN = 0x1;
/** There is room to send. */
export const POLLOUT = 0x4;

/** A call that waits for events, and can stop waiting without being settled. */
export interface Pause {
  /** Stops waiting. */
  stop?: () => void;
  /** Waits again; undefined if no call is pending. */
  resume?: (() => void) | undefined;
}

/**
 * Resolves with what `attempt` returns: now, or after events of the socket, as long
 * as it returns undefined. The queue and the timeouts are those of the caller.
 * `pause` gets the functions that stop and resume the wait.
 */
export function whenReady<T>(
  socket: PosixSocket,
  events: number,
  attempt: () => T | undefined,
  pause: Pause = {},
): Promise<T> {
  try {
    const result = attempt();
    if (result !== undefined) return resolveFairly(result);
  } catch (error) {
    return rejectFairly(error);
  }
  return new Promise((resolve, reject) => {
    const onEvents = () => {
      try {
        const result = attempt();
        if (result === undefined) return;
        resolve(result);
      } catch (error) {
        reject(error);
      }
      pause.resume = undefined;
      pause.stop?.();
    };
    const observer = { events, onEvents, onClose: reject };
    pause.stop = socket.observe(observer);
    pause.resume = () => {
      // An event that came during the pause is not reported again.
      pause.stop = socket.observe(observer);
      onEvents();
    };
  });
}
