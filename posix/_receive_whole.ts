import { POLLPRI } from "./constants.ts";
import { pollNow, POLLRDHUP } from "./_poll_now.ts";

/** What one call of C's received. */
interface Part {
  readonly length: number;
}

/** A receive that is made of several. */
export interface Parts<T extends Part> {
  /**
   * How many bytes there is room for.
   *
   * @throws {TypeError} When the memory was taken away.
   */
  room(): number;
  /** C's call, for what is left from a byte on; undefined where there is nothing. */
  receive(from: number): T | undefined;
  /** What two of them are together. */
  join(first: T, second: T): T;
  /** Whether nothing may follow it in the same receive. */
  isLast(part: T): boolean;
}

/** How a call is tried, and what it has when it is given up. */
export interface WholeReceive<T> {
  attempt(): T | undefined;
  partial(): T | undefined;
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
  parts: Parts<T>,
  owner: WholeOwner,
): WholeReceive<T> {
  let whole: T | undefined;
  const attempt = () => {
    for (;;) {
      const room = parts.room();
      let part: T | undefined;
      try {
        part = parts.receive(whole?.length ?? 0);
      } catch (error) {
        if (whole === undefined) throw error;
        owner.keepFault(error);
        return whole;
      }
      if (part === undefined) return undefined;
      if (part.length === 0) return whole ?? part;
      whole = whole === undefined ? part : parts.join(whole, part);
      if (whole.length >= room || parts.isLast(part)) return whole;
      if (owner.mustPause()) return undefined;
    }
  };
  return { attempt, partial: () => whole };
}

/** The same with MSG_PEEK: each try begins anew, as all stays where it is. */
export function peekWhole<T extends Part>(
  source: { readonly fd: number },
  parts: Parts<T>,
): WholeReceive<T> {
  let got: T | undefined;
  const attempt = () => {
    const room = parts.room();
    const part = parts.receive(0);
    if (part === undefined) return undefined;
    got = part;
    const isAll = part.length === room || parts.isLast(part);
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
