import { AF_UNIX, SOCK_DGRAM, SOCK_STREAM } from "../address/mod.ts";
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
  POLLIN,
  POLLOUT,
} from "./constants.ts";
import { Descriptor } from "./_descriptor.ts";
import { type CallName, errorOf } from "./_failure.ts";
import { Permit } from "./_permit.ts";
import { peekWhole, receiveWhole, type Receiving } from "./_receive_whole.ts";
import { type CallContext, Side } from "./_side.ts";
import { nameOf } from "./_sockaddr.ts";
import type { SocketName } from "./socket_name.ts";

/** How a call is to send or receive, and how long it may wait. */
export interface TransferOptions extends WaitOptions {
  /**
   * `MSG_…`, or'ed together.
   *
   * @default {0}
   */
  flags?: number | undefined;
}

/** Makes a call that returns a promise; what it throws rejects. */
export function promised<T>(call: () => Promise<T>): Promise<T> {
  try {
    return call();
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * Returns the flags of a call.
 *
 * @throws {TypeError} When they are not a number.
 */
export function checkedFlags(options: TransferOptions | undefined): number {
  const flags = options?.flags ?? 0;
  checkFlags(flags);
  return flags;
}

/** What the calls of a socket share. */
export class SocketCore {
  readonly family: number;
  readonly type: number;
  readonly descriptor: Descriptor;
  readonly receiving: Side;
  readonly sending: Side;
  readonly permit: Permit = new Permit();
  readonly isStream: boolean;
  readonly isLocalDatagram: boolean;
  /** The error that followed some bytes: for the next receive. */
  #fault: unknown;

  constructor(fd: number, family: number, type: number) {
    this.family = family;
    this.type = type;
    this.isStream = type === SOCK_STREAM;
    this.isLocalDatagram = family === AF_UNIX && type === SOCK_DGRAM;
    this.descriptor = new Descriptor(fd);
    this.receiving = new Side(this.descriptor, POLLIN);
    this.sending = new Side(this.descriptor, POLLOUT);
  }

  /** The descriptor, or throws if it is closed. */
  fd(action: string, syscall: string): number {
    return this.descriptor.open({ action, syscall });
  }

  /** The name of the socket now. */
  readonly here = (): SocketName => nameOf(this.descriptor.fd, "getsockname");

  /** Throws unless the program may connect or send to a name. */
  requireReach(name: SocketName, call: CallName): void {
    this.permit.check(name, call, this.here);
  }

  /** Throws the error that a receive has left for the next one. */
  throwFault(): void {
    if (this.#fault === undefined) return;
    const fault = this.#fault;
    this.#fault = undefined;
    throw fault;
  }

  /** Sends: of a stream all bytes, unless the call is cancelled. */
  send(
    buffers: Buffers,
    send: (rest: readonly Uint8Array<ArrayBuffer>[]) => number | undefined,
    options: WaitOptions | undefined,
    flags: number,
    context: CallContext<number>,
    sent = 0,
  ): Promise<number> {
    const attempt = () => {
      for (;;) {
        const most = buffers.size();
        const count = send(buffers.from(sent));
        if (count === undefined) return undefined;
        sent += count;
        if (!this.isStream || sent >= most) return sent;
        if (this.#mustPause(this.sending, flags)) return undefined;
      }
    };
    const partial = () => sent === 0 ? undefined : sent;
    const call = { ...context, partial };
    return this.transfer(this.sending, attempt, options, flags, call);
  }

  /** Receives: of a stream, with MSG_WAITALL, until there is no more room. */
  receive<T extends { readonly length: number }>(
    receiving: Receiving<T>,
    options: WaitOptions | undefined,
    flags: number,
    call: CallName,
  ): Promise<T> {
    const { buffers } = receiving;
    const whole = !this.wantsAll(flags)
      ? {
        attempt() {
          buffers.size();
          return receiving.receive(buffers.from(0));
        },
      }
      : (flags & MSG_PEEK) !== 0
      ? peekWhole(this.descriptor, receiving)
      : receiveWhole(receiving, {
        keepFault: (error) => this.#fault = error,
        mustPause: () => this.#mustPause(this.receiving, flags),
      });
    const context = { ...call, partial: whole.partial };
    return this.transfer(
      ...[this.receiving, whole.attempt, options, flags, context] as const,
    );
  }

  /** Whether a receive waits until its memory is full. */
  wantsAll(flags: number): boolean {
    return (flags & MSG_WAITALL) !== 0 && this.isStream;
  }

  /** Whether a call in several steps goes on after the event loop had its turn. */
  #mustPause(side: Side, flags: number): boolean {
    if ((flags & MSG_DONTWAIT) !== 0 || !isLoopStarved()) return false;
    side.continueLater();
    return true;
  }

  /** Does what `attempt` does, in turn; with MSG_DONTWAIT now or not at all. */
  transfer<T>(
    side: Side,
    attempt: () => T | undefined,
    options: WaitOptions | undefined,
    flags: number,
    context: CallContext<T>,
  ): Promise<T> {
    const { descriptor } = this;
    if ((flags & MSG_OOB) !== 0) descriptor.expectUrgent();
    const guarded = side === this.sending ? attempt : () => {
      this.throwFault();
      return descriptor.isDrained ? undefined : attempt();
    };
    if ((flags & MSG_DONTWAIT) === 0) {
      return side.perform(guarded, options, context);
    }
    try {
      checkWait(options);
      descriptor.open(context);
      descriptor.undrained();
      const result = side.isBusy ? undefined : guarded() ?? context.partial?.();
      if (result !== undefined) return resolveFairly(result);
      throw errorOf("EAGAIN", context);
    } catch (error) {
      return rejectFairly(error);
    }
  }

  /** Closes the socket: pending calls reject. */
  close(): void {
    this.descriptor.close(this.isStream && this.family !== AF_UNIX);
    this.receiving.onClose();
    this.sending.onClose();
  }
}
