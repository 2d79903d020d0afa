import { AF_UNIX, SOCK_DGRAM, SOCK_STREAM } from "../address/mod.ts";
import {
  checkWait,
  isLoopStarved,
  rejectFairly,
  resolveFairly,
  type WaitOptions,
} from "../internal/wait/mod.ts";
import { MSG_DONTWAIT, MSG_OOB, MSG_PEEK, MSG_WAITALL } from "./constants.ts";
import {
  type CallContext,
  Descriptor,
  errorOf,
  type Side,
} from "./_descriptor.ts";
import { nameOf } from "./_name.ts";
import { Permit } from "./_permit.ts";
import { type Parts, peekWhole, receiveWhole } from "./_receive_whole.ts";
import type { SocketName } from "./socket_name.ts";

/** What is sent, in one step or, of a stream, in as many as it takes. */
export interface Sending {
  /**
   * How many bytes there are.
   *
   * @throws {TypeError} If the memory was taken away.
   */
  size(): number;
  /** C's call, for what is left from a byte on; undefined if there is no room. */
  send(from: number): number | undefined;
}

/** What the calls of a socket share. */
export class SocketCore {
  readonly family: number;
  readonly type: number;
  readonly descriptor: Descriptor;
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
    this.descriptor.mayLinger = this.isStream && family !== AF_UNIX;
  }

  /** The descriptor, or throws if it is closed. */
  fd(action: string, syscall: string): number {
    const { fd } = this.descriptor;
    if (fd === -1) throw errorOf("EBADF", { action, syscall });
    return fd;
  }

  /** The name of the socket now. */
  readonly here = (): SocketName => nameOf(this.descriptor.fd, "getsockname");

  /** Throws unless the program may connect or send to a name. */
  requireReach(name: SocketName, action: string, syscall: string): void {
    this.permit.toReach(name, action, syscall, this.here);
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
    { size, send }: Sending,
    options: WaitOptions | undefined,
    flags: number,
    context: CallContext<number>,
    sent = 0,
  ): Promise<number> {
    const attempt = () => {
      for (;;) {
        const most = size();
        const count = send(sent);
        if (count === undefined) return undefined;
        sent += count;
        if (!this.isStream || sent >= most) return sent;
        if (this.#mustPause("sending", flags)) return undefined;
      }
    };
    const partial = () => sent === 0 ? undefined : sent;
    const call = { ...context, partial };
    return this.transfer("sending", attempt, options, flags, call);
  }

  /** Receives: of a stream, with MSG_WAITALL, until there is no more room. */
  receive<T extends { readonly length: number }>(
    parts: Parts<T>,
    options: WaitOptions | undefined,
    flags: number,
    context: CallContext<T>,
  ): Promise<T> {
    if (!this.wantsAll(flags)) {
      const attempt = () => {
        parts.room();
        return parts.receive(0);
      };
      return this.transfer("receiving", attempt, options, flags, context);
    }
    const { attempt, partial } = (flags & MSG_PEEK) !== 0
      ? peekWhole(this.descriptor, parts)
      : receiveWhole(parts, {
        keepFault: (error) => this.#fault = error,
        mustPause: () => this.#mustPause("receiving", flags),
      });
    const call = { ...context, partial };
    return this.transfer("receiving", attempt, options, flags, call);
  }

  /** Whether a receive waits until its memory is full. */
  wantsAll(flags: number): boolean {
    return (flags & MSG_WAITALL) !== 0 && this.isStream;
  }

  /** Whether a call in several steps goes on after the event loop had its turn. */
  #mustPause(side: Side, flags: number): boolean {
    if ((flags & MSG_DONTWAIT) !== 0 || !isLoopStarved()) return false;
    this.descriptor.continueLater(side);
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
    const guarded = side === "sending" ? attempt : () => {
      this.throwFault();
      return descriptor.isDrained ? undefined : attempt();
    };
    if ((flags & MSG_DONTWAIT) === 0) {
      return descriptor.perform(side, guarded, options, context);
    }
    try {
      checkWait(options);
      this.fd(context.action, context.syscall);
      descriptor.undrained();
      const result = descriptor.isBusy(side)
        ? undefined
        : guarded() ?? context.partial?.();
      if (result !== undefined) return resolveFairly(result);
      throw errorOf("EAGAIN", context);
    } catch (error) {
      return rejectFairly(error);
    }
  }
}
