import { AF_UNIX } from "../address/mod.ts";
import { lengthOf, viewFrom } from "../internal/check/mod.ts";
import {
  rejectFairly,
  resolveFairly,
  type WaitOptions,
} from "../internal/wait/mod.ts";
import { refusalOf, requireBuffer } from "./_buffer.ts";
import { recvFromByMessage } from "./_message.ts";
import { IS_LINUX } from "./_platform.ts";
import { type Received, recvFromNow, recvNow } from "./_receive.ts";
import type { Parts } from "./_receive_whole.ts";
import { sendNow, sendToNow } from "./_send.ts";
import { coreOf, SocketBase } from "./socket_base.ts";
import { copyName, showName, type SocketName } from "./socket_name.ts";

/** How a call is to send or receive, and how long it may wait. */
export interface TransferOptions extends WaitOptions {
  /**
   * `MSG_…`, or'ed together.
   *
   * @default {0}
   */
  flags?: number | undefined;
}

const RECEIVE = { action: "receive", syscall: "recv" } as const;
const RECEIVE_FROM = { action: "receive", syscall: "recvfrom" } as const;

/** The parts of a receive into one buffer, which add up. */
function bufferParts<T extends { length: number }>(
  buffer: Uint8Array,
  receive: (rest: Uint8Array) => T | undefined,
): Parts<T> {
  const size = lengthOf(buffer);
  return {
    room() {
      requireBuffer(buffer, size);
      return lengthOf(buffer);
    },
    receive: (from) => receive(from === 0 ? buffer : viewFrom(buffer, from)),
    join: (first, second) => ({
      ...second,
      length: first.length + second.length,
    }),
    isLast: () => false,
  };
}

/** Returns the length of the bytes, as long as their memory is there. */
function sizeOf(bytes: Uint8Array): () => number {
  const size = lengthOf(bytes);
  return () => {
    requireBuffer(bytes, size);
    return lengthOf(bytes);
  };
}

/**
 * The part of a {@linkcode PosixSocket} that moves bytes between one buffer and the
 * kernel.
 *
 * @example The peer of a connection, or an address
 * ```ts
 * import { AF_INET, SOCK_DGRAM, socket } from "@berkeley/sockets/posix";
 * import { assertEquals } from "@std/assert";
 *
 * using a = socket(AF_INET, SOCK_DGRAM);
 * a.bind({ hostname: "127.0.0.1", port: 0 });
 * using b = socket(AF_INET, SOCK_DGRAM);
 * b.bind({ hostname: "127.0.0.1", port: 0 });
 *
 * await a.sendTo(new Uint8Array([1, 2]), b.getSockName());
 * b.connectNow(a.getSockName());
 * await b.send(new Uint8Array([3]));
 * assertEquals(await a.recv(new Uint8Array(8)), 1);
 * ```
 */
export class ByteSocket extends SocketBase {
  /**
   * Sends on a connection: C's `send`. Of a stream it sends all bytes, unless
   * MSG_DONTWAIT is given or the call is cancelled after some of them. Resolves with
   * how many it sent.
   *
   * @throws {BrokenPipeError} If the peer closed, or after `shutdown(SHUT_WR)`.
   * @throws {WouldBlockError} If it would have to wait, with MSG_DONTWAIT.
   *
   * @example All of it, or as much as there is room for
   * ```ts
   * import {
   *   AF_UNIX,
   *   MSG_DONTWAIT,
   *   SOCK_STREAM,
   *   socketPair,
   * } from "@berkeley/sockets/posix";
   * import { assert, assertEquals } from "@std/assert";
   *
   * const [a, b] = socketPair(AF_UNIX, SOCK_STREAM);
   * using _a = a, _b = b;
   *
   * assertEquals(await a.send(new Uint8Array(10)), 10);
   * const piece = new Uint8Array(50_000_000);
   * const sent = await a.send(piece, { flags: MSG_DONTWAIT });
   * assert(sent > 0 && sent < piece.length);
   * assertEquals(a.sendNow(piece), undefined); // there is no more room
   * b.close();
   * ```
   */
  send(bytes: Uint8Array, options?: TransferOptions): Promise<number> {
    const core = coreOf(this);
    const flags = options?.flags ?? 0;
    const refusal = refusalOf(flags, bytes);
    if (refusal !== undefined) return Promise.reject(refusal);
    const length = lengthOf(bytes);
    let sent = 0;
    if (options === undefined && !core.descriptor.isBusy("sending")) {
      try { // what most sends are: done at once, and nothing else is needed
        requireBuffer(bytes, length);
        const count = sendNow(core.fd("send", "send"), bytes, 0);
        if (count !== undefined) {
          if (!core.isStream || count === length) return resolveFairly(count);
          sent = count;
        }
      } catch (error) {
        return rejectFairly(error);
      }
    }
    const sending = {
      size: sizeOf(bytes),
      send: (from: number) => {
        const rest = from === 0 ? bytes : viewFrom(bytes, from);
        return sendNow(core.descriptor.fd, rest, flags);
      },
    };
    const call = { action: `send ${length} bytes`, syscall: "send" };
    return core.send(sending, options, flags, call, sent);
  }

  /**
   * Sends what it can without waiting and without a promise; undefined if it would
   * have to wait.
   * See the example of {@linkcode ByteSocket.prototype.send}.
   *
   * @throws {BrokenPipeError} If the peer closed, or after `shutdown(SHUT_WR)`.
   */
  sendNow(bytes: Uint8Array, flags = 0): number | undefined {
    const core = coreOf(this);
    const fd = core.fd("send", "send");
    const refusal = refusalOf(flags, bytes);
    if (refusal !== undefined) throw refusal;
    if (core.descriptor.isBusy("sending")) return undefined;
    requireBuffer(bytes, lengthOf(bytes));
    return sendNow(fd, bytes, flags);
  }

  /**
   * Receives on a connection: C's `recv`. Resolves with how many bytes, 0 at the
   * end of a stream.
   *
   * With MSG_WAITALL it fills the buffer, unless the stream ends or the call is
   * cancelled after some of it.
   *
   * @throws {ConnectionResetError} If the peer reset the connection.
   * @throws {WouldBlockError} If it would have to wait, with MSG_DONTWAIT.
   *
   * @example A whole header, a look at the rest, and the rest
   * ```ts
   * import {
   *   AF_UNIX,
   *   MSG_PEEK,
   *   MSG_WAITALL,
   *   SOCK_STREAM,
   *   socketPair,
   * } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socketPair(AF_UNIX, SOCK_STREAM);
   * using _a = a, _b = b;
   *
   * const receiving = b.recv(new Uint8Array(4), { flags: MSG_WAITALL });
   * await a.send(new Uint8Array([1, 2]));
   * await a.send(new Uint8Array([3, 4, 5]));
   * assertEquals(await receiving, 4);
   *
   * const rest = new Uint8Array(8);
   * assertEquals(await b.recv(rest, { flags: MSG_PEEK }), 1);
   * assertEquals(b.recvNow(rest), 1);
   * assertEquals(rest[0], 5);
   * assertEquals(b.recvNow(rest), undefined); // there is nothing
   * ```
   */
  recv(buffer: Uint8Array, options?: TransferOptions): Promise<number> {
    const core = coreOf(this);
    const flags = options?.flags ?? 0;
    const refusal = refusalOf(flags, buffer);
    if (refusal !== undefined) return Promise.reject(refusal);
    const { descriptor } = core;
    if (core.wantsAll(flags)) {
      const parts = bufferParts(buffer, (rest) => {
        if (lengthOf(rest) === 0) return { length: 0 }; // for which C would wait
        const length = recvNow(descriptor.fd, rest, flags);
        return length === undefined ? undefined : { length };
      });
      return core.receive(parts, options, flags, RECEIVE)
        .then(({ length }) => length);
    }
    const size = lengthOf(buffer);
    // Of a local stream, descriptors that come with it end what is received.
    const mayDrain = flags === 0 && core.isStream && core.family !== AF_UNIX;
    const attempt = () => {
      requireBuffer(buffer, size);
      const count = recvNow(descriptor.fd, buffer, flags);
      const isShort = count !== undefined && count < lengthOf(buffer);
      if (isShort && mayDrain) descriptor.drained();
      return count;
    };
    return core.transfer("receiving", attempt, options, flags, RECEIVE);
  }

  /**
   * Receives what is there without waiting and without a promise; undefined if
   * there is nothing.
   * See the example of {@linkcode ByteSocket.prototype.recv}.
   *
   * @throws {ConnectionResetError} If the peer reset the connection.
   */
  recvNow(buffer: Uint8Array, flags = 0): number | undefined {
    const core = coreOf(this);
    const fd = core.fd("receive", "recv");
    const refusal = refusalOf(flags, buffer);
    if (refusal !== undefined) throw refusal;
    if (core.descriptor.isBusy("receiving")) return undefined;
    core.throwFault();
    requireBuffer(buffer, lengthOf(buffer));
    return recvNow(fd, buffer, flags);
  }

  /**
   * Not for users: `recvNow` for an owner that observes the socket when it returns
   * undefined. It makes no call before the next event if there is nothing.
   *
   * @ignore
   */
  recvSeen(buffer: Uint8Array): number | undefined {
    const core = coreOf(this);
    const { descriptor } = core;
    const fd = core.fd("receive", "recv");
    if (descriptor.isDrained && descriptor.isRef) return undefined;
    core.throwFault();
    const size = lengthOf(buffer);
    requireBuffer(buffer, size);
    const count = recvNow(fd, buffer, 0);
    if (count !== undefined && count < size) descriptor.drained();
    return count;
  }

  /**
   * Sends a datagram to an address: C's `sendto`.
   * See the example of {@linkcode ByteSocket.prototype.recvFrom}.
   *
   * @throws {MessageTooLongError} If it is too large for one datagram.
   * @throws {NotCapableError} If the program may not send there.
   */
  sendTo(
    bytes: Uint8Array,
    name: SocketName,
    options?: TransferOptions,
  ): Promise<number> {
    const core = coreOf(this);
    const flags = options?.flags ?? 0;
    const refusal = refusalOf(flags, bytes);
    if (refusal !== undefined) return Promise.reject(refusal);
    let to: SocketName;
    try {
      to = copyName(name, core.family);
      core.requireReach(to, "send to", "sendto");
    } catch (error) {
      return Promise.reject(error);
    }
    const size = sizeOf(bytes);
    const attempt = () => {
      size();
      return sendToNow(core.descriptor.fd, bytes, flags, to, core.family);
    };
    const action = `send ${lengthOf(bytes)} bytes to ${showName(to)}`;
    const isPaced = core.isLocalDatagram;
    const call = { action, syscall: "sendto", isPaced };
    return core.transfer("sending", attempt, options, flags, call);
  }

  /**
   * Receives, and returns the sender: C's `recvfrom`. MSG_WAITALL is as with `recv`.
   *
   * @throws {ConnectionRefusedError} If it has a peer, which refuses datagrams.
   *
   * @example An answer to the sender
   * ```ts
   * import { AF_INET, SOCK_DGRAM, socket } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * using a = socket(AF_INET, SOCK_DGRAM);
   * a.bind({ hostname: "127.0.0.1", port: 0 });
   * using b = socket(AF_INET, SOCK_DGRAM);
   * b.bind({ hostname: "127.0.0.1", port: 0 });
   *
   * await a.sendTo(new TextEncoder().encode("ping"), b.getSockName());
   * const buffer = new Uint8Array(64);
   * const { length, address } = await b.recvFrom(buffer);
   * await b.sendTo(buffer.subarray(0, length), address);
   * assertEquals(await a.recv(new Uint8Array(64)), 4);
   * ```
   */
  recvFrom(buffer: Uint8Array, options?: TransferOptions): Promise<Received> {
    const core = coreOf(this);
    const flags = options?.flags ?? 0;
    const refusal = refusalOf(flags, buffer);
    if (refusal !== undefined) return Promise.reject(refusal);
    const { descriptor, isStream } = core;
    const parts = bufferParts(
      buffer,
      (rest) =>
        IS_LINUX || isStream
          ? recvFromNow(descriptor.fd, rest, flags, !isStream)
          : recvFromByMessage(descriptor.fd, rest, flags),
    );
    return core.receive(parts, options, flags, RECEIVE_FROM);
  }
}
