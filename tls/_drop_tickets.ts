import type { Timers } from "../internal/wait/mod.ts";
import type { StreamTransport } from "../stream/_seam.ts";

/** How long to wait for session tickets, and then for more, in milliseconds. */
const TICKETS = 1000;
const MORE_TICKETS = 5;
/** How many bytes they may have. */
const MAX_TICKETS = 16 * 1024;

/** Ends the writing half, where that can be done. */
export async function endWriting(below: StreamTransport): Promise<void> {
  if (below.lacks?.has("closeWrite")) return;
  await below.closeWrite?.();
}

/**
 * Waits for the session tickets that a server sends after the handshake, if no call has
 * read them before a close: a close with unread bytes is a reset, and takes with it what
 * was sent before. `reading` is the read that is pending.
 */
export async function dropTickets(
  below: StreamTransport,
  reading: Promise<number | null> | undefined,
  timers: Timers,
): Promise<void> {
  let read = reading;
  let limit = TICKETS;
  try {
    below.holdRead?.(true);
    await endWriting(below); // so that the server ends its side, too
    for (let dropped = 0; dropped < MAX_TICKETS;) {
      read ??= below.read(new Uint8Array(MAX_TICKETS));
      const count = await within(limit, read, timers);
      if (count === null) return;
      dropped += count;
      limit = MORE_TICKETS;
      read = undefined;
    }
  } catch {
    // The peer has gone.
  }
}

/** Resolves as the read does, or with null after `limit` milliseconds. */
async function within(
  limit: number,
  read: Promise<number | null>,
  timers: Timers,
): Promise<number | null> {
  const { promise, resolve } = Promise.withResolvers<null>();
  const stop = timers.start(() => resolve(null), limit);
  read.catch(() => {}); // closing ends it
  try {
    return await Promise.race([read, promise]);
  } finally {
    stop();
  }
}
