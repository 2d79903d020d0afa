import {
  checkWait,
  isLoopStarved,
  rejectFairly,
  resolveFairly,
  type WaitOptions,
} from "../internal/wait/mod.ts";
import { type Buffers, checkFlags } from "./_buffers.ts";
import {
  MSG_DONTWAIT,
  MSG_OOB,
  MSG_PEEK,
  MSG_WAITALL,
  POLLPRI,
} from "./constants.ts";
import { type CallName, errorOf } from "./_failure.ts";
import { pollNow, POLLRDHUP } from "./_poll_now.ts";
import type { CallContext, Side } from "./_side.ts";
import type { SocketCore } from "./_socket_core.ts";

/** How a call is to send or receive, and how long it may wait. */
export interface TransferOptions extends WaitOptions {
  /**
   * `MSG_…`, or'ed together.
   *
   * @default {0}
   */
  flags?: number | undefined;
}

/** A receive that may be made of several. */
export interface Receiving<T extends { readonly length: number }> {
  /** Where the bytes go. */
  readonly buffers: Buffers;
  /** C's call, into what is left; undefined where there is nothing. */
  receive(rest: readonly Uint8Array<ArrayBuffer>[]): T | undefined;
  /** What two of them are together. */
  join?(first: T, second: T): T;
  /** Whether nothing may follow it in the same receive. */
  isLast?(part: T): boolean;
}

/** What two receives into one buffer are together. */
function joined<T extends { length: number }>(first: T, second: T): T {
  return { ...second, length: first.length + second.length };
}

/** Whether the received bytes cannot grow: the stream ends, or urgent data splits it. */
function isSplit(fd: number): boolean {
  const [events] = pollNow([{ fd, events: POLLRDHUP | POLLPRI }]);
  return events !== 0;
}

/** One call that sends or receives. */
export class Transfer {
  readonly core: SocketCore;
  readonly flags: number;
  readonly #options: TransferOptions | undefined;

  /** @throws {TypeError} When the flags are not a number. */
  constructor(core: SocketCore, options: TransferOptions | undefined) {
    this.core = core;
    this.flags = checkFlags(options?.flags ?? 0);
    this.#options = options;
  }

  /** Sends: of a stream all bytes, unless the call is cancelled. */
  send(
    buffers: Buffers,
    send: (rest: readonly Uint8Array<ArrayBuffer>[]) => number | undefined,
    call: CallContext<number>,
    sent = 0,
  ): Promise<number> {
    const attempt = () => {
      for (;;) {
        const most = buffers.size();
        const count = send(buffers.from(sent));
        if (count === undefined) return undefined;
        sent += count;
        if (!this.core.isStream || sent >= most) return sent;
        if (this.#mustPause(this.core.sending)) return undefined;
      }
    };
    const partial = () => sent === 0 ? undefined : sent;
    return this.perform(this.core.sending, attempt, { ...call, partial });
  }

  /**
   * Receives: of a stream, with MSG_WAITALL, until there is no more room. Each try
   * goes on where the last one stopped, or with MSG_PEEK begins anew.
   */
  receive<T extends { readonly length: number }>(
    { buffers, receive, join = joined, isLast }: Receiving<T>,
    call: CallName,
  ): Promise<T> {
    const { core, wantsAll } = this;
    const isPeek = (this.flags & MSG_PEEK) !== 0;
    let whole: T | undefined;
    const attempt = () => {
      for (;;) {
        const room = buffers.size();
        let part: T | undefined;
        try {
          part = receive(buffers.from(isPeek ? 0 : whole?.length ?? 0));
        } catch (error) {
          if (isPeek || whole === undefined) throw error;
          core.fault = error;
          return whole;
        }
        if (part === undefined || !wantsAll) return part;
        if (part.length === 0 && !isPeek) return whole ?? part;
        const all = isPeek || whole === undefined ? part : join(whole, part);
        if (all.length >= room || isLast?.(part)) return all;
        whole = all;
        if (isPeek) return isSplit(core.descriptor.fd) ? part : undefined;
        if (this.#mustPause(core.receiving)) return undefined;
      }
    };
    const partial = () => whole?.length === 0 ? undefined : whole;
    return this.perform(core.receiving, attempt, { ...call, partial });
  }

  /** Whether a receive waits until its memory is full. */
  get wantsAll(): boolean {
    return (this.flags & MSG_WAITALL) !== 0 && this.core.isStream;
  }

  get #isNow(): boolean {
    return (this.flags & MSG_DONTWAIT) !== 0;
  }

  /** Whether a call in several steps goes on after the event loop had its turn. */
  #mustPause(side: Side): boolean {
    if (this.#isNow || !isLoopStarved()) return false;
    side.continueLater();
    return true;
  }

  /** Does what `attempt` does, in turn; with MSG_DONTWAIT now or not at all. */
  perform<T>(
    side: Side,
    attempt: () => T | undefined,
    call: CallContext<T>,
  ): Promise<T> {
    const { core } = this;
    const { descriptor } = core;
    if ((this.flags & MSG_OOB) !== 0) descriptor.expectUrgent();
    const guarded = side === core.sending ? attempt : () => {
      core.throwFault();
      return descriptor.isDrained ? undefined : attempt();
    };
    if (!this.#isNow) return side.perform(guarded, this.#options, call);
    try {
      checkWait(this.#options);
      descriptor.open(call);
      descriptor.isDrained = false;
      const result = side.isBusy ? undefined : guarded() ?? call.partial?.();
      if (result !== undefined) return resolveFairly(result);
      throw errorOf("EAGAIN", call);
    } catch (error) {
      return rejectFairly(error);
    }
  }
}
