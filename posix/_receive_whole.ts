import type { Buffers } from "./_buffers.ts";
import { POLLPRI } from "./constants.ts";
import { pollNow, POLLRDHUP } from "./_poll_now.ts";

/** What one call of C's received. */
interface Part {
  readonly length: number;
}

/** A receive that may be made of several. */
export interface Receiving<T extends Part> {
  /** Where the bytes go. */
  readonly buffers: Buffers;
  /** C's call, into what is left; undefined where there is nothing. */
  receive(rest: readonly Uint8Array<ArrayBuffer>[]): T | undefined;
  /** What two of them are together. */
  join(first: T, second: T): T;
  /** Whether nothing may follow it in the same receive. */
  isLast?(part: T): boolean;
}

/** How a call is tried, and what it has when it is cancelled. */
export interface WholeReceive<T> {
  attempt(): T | undefined;
  partial?(): T | undefined;
}

/** What a receive in several parts needs of its socket. */
export interface WholeOwner {
  /** Keeps an error that follows some bytes, for the next call. */
  keepFault(error: unknown): void;
  /** Whether to stop here; the next try then follows by itself. */
  mustPause(): boolean;
}

/** MSG_WAITALL: each try goes on where the last one stopped. */
export function receiveWhole<T extends Part>(
  { buffers, receive, join, isLast }: Receiving<T>,
  owner: WholeOwner,
): WholeReceive<T> {
  let whole: T | undefined;
  const attempt = () => {
    for (;;) {
      const room = buffers.size();
      const got = whole?.length ?? 0;
      let part: T | undefined;
      try {
        part = receive(buffers.from(got));
      } catch (error) {
        if (whole === undefined) throw error;
        owner.keepFault(error);
        return whole;
      }
      if (part === undefined) return undefined;
      if (part.length === 0) return whole ?? part;
      whole = whole === undefined ? part : join(whole, part);
      if (whole.length >= room || isLast?.(part)) return whole;
      if (owner.mustPause()) return undefined;
    }
  };
  return { attempt, partial: () => whole };
}

/** The same with MSG_PEEK: each try begins anew, as all stays where it is. */
export function peekWhole<T extends Part>(
  source: { readonly fd: number },
  { buffers, receive, isLast }: Receiving<T>,
): WholeReceive<T> {
  let got: T | undefined;
  const attempt = () => {
    const room = buffers.size();
    const part = receive(buffers.from(0));
    if (part === undefined) return undefined;
    got = part;
    const isAll = part.length === room || isLast?.(part);
    return isAll || isSplit(source.fd) ? part : undefined;
  };
  const partial = () => got?.length === 0 ? undefined : got;
  return { attempt, partial };
}

/** Whether what is there will not grow: the stream ends, or urgent data splits it. */
function isSplit(fd: number): boolean {
  const [told] = pollNow([{ fd, events: POLLRDHUP | POLLPRI }]);
  return told !== 0;
}
