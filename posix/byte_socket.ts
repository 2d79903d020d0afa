import { AF_UNIX } from "../address/mod.ts";
import { rejectFairly, resolveFairly } from "../internal/wait/mod.ts";
import { Buffers, checkBuffer, checkFlags, requireBuffer } from "./_buffers.ts";
import { recvFromByMessage } from "./_message.ts";
import { IS_LINUX } from "./_platform.ts";
import type { Receiving, TransferOptions } from "./_transfer.ts";
import {
  type Received,
  recvFromNow,
  recvNow,
  sendNow,
  sendToNow,
} from "./_calls.ts";
import { coreOf, SocketBase, transfer } from "./socket_base.ts";
import { copyName, showName, type SocketName } from "./socket_name.ts";

const SEND = { action: "send", syscall: "send" } as const;
const RECEIVE = { action: "receive", syscall: "recv" } as const;
const RECEIVE_FROM = { action: "receive", syscall: "recvfrom" } as const;

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
    return transfer(this, options, (call) => {
      const { descriptor, isStream, sending } = call.core;
      const length = checkBuffer(bytes);
      let sent = 0;
      if (options === undefined && !sending.isBusy) {
        try { // what most sends are: done at once, and nothing else is needed
          requireBuffer(bytes, length);
          const count = sendNow(descriptor.open(SEND), bytes, 0);
          if (count !== undefined) {
            if (!isStream || count === length) return resolveFairly(count);
            sent = count;
          }
        } catch (error) {
          return rejectFairly(error);
        }
      }
      const name = { action: `send ${length} bytes`, syscall: "send" };
      const send = ([rest]: readonly Uint8Array[]) =>
        sendNow(descriptor.fd, rest!, call.flags);
      return call.send(new Buffers(bytes), send, name, sent);
    });
  }

  /**
   * Sends what it can without waiting and without a promise; undefined if it would
   * have to wait.
   * See the example of {@linkcode ByteSocket.prototype.send}.
   *
   * @throws {BrokenPipeError} If the peer closed, or after `shutdown(SHUT_WR)`.
   */
  sendNow(bytes: Uint8Array, flags = 0): number | undefined {
    const { descriptor, sending } = coreOf(this);
    const fd = descriptor.open(SEND);
    checkFlags(flags);
    const size = checkBuffer(bytes);
    if (sending.isBusy) return undefined;
    requireBuffer(bytes, size);
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
    return transfer(this, options, (call) => {
      const { flags } = call;
      const { descriptor, family, isStream, receiving } = call.core;
      const size = checkBuffer(buffer);
      if (call.wantsAll) {
        const receive = ([rest]: readonly Uint8Array[]) => {
          // For no bytes C would wait.
          const length = checkBuffer(rest!) &&
            recvNow(descriptor.fd, rest!, flags);
          return length === undefined ? undefined : { length };
        };
        const whole = { buffers: new Buffers(buffer), receive };
        return call.receive(whole, RECEIVE).then(({ length }) => length);
      }
      // Of a local stream, descriptors that come with it end what is received.
      const mayDrain = flags === 0 && isStream && family !== AF_UNIX;
      const attempt = () => {
        requireBuffer(buffer, size);
        const count = recvNow(descriptor.fd, buffer, flags);
        const isShort = count !== undefined && count < checkBuffer(buffer);
        if (isShort && mayDrain) descriptor.drained();
        return count;
      };
      return call.perform(receiving, attempt, RECEIVE);
    });
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
    const fd = core.descriptor.open(RECEIVE);
    checkFlags(flags);
    const size = checkBuffer(buffer);
    if (core.receiving.isBusy) return undefined;
    core.throwFault();
    requireBuffer(buffer, size);
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
    if (descriptor.isDrained && descriptor.isRef) return undefined;
    const count = this.recvNow(buffer);
    if (count !== undefined && count < checkBuffer(buffer)) {
      descriptor.drained();
    }
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
    return transfer(this, options, (call) => {
      const { core, flags } = call;
      const { descriptor, family } = core;
      const size = checkBuffer(bytes);
      const to = copyName(name, family);
      core.requireReach(to, { action: "send to", syscall: "sendto" });
      const attempt = () => {
        requireBuffer(bytes, size);
        return sendToNow(descriptor.fd, bytes, flags, to, family);
      };
      return call.perform(core.sending, attempt, {
        action: `send ${size} bytes to ${showName(to)}`,
        syscall: "sendto",
        isPaced: core.isLocalDatagram,
      });
    });
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
    return transfer(this, options, (call) => {
      const { core: { descriptor, isStream }, flags } = call;
      checkBuffer(buffer);
      const receiving: Receiving<Received> = {
        buffers: new Buffers(buffer),
        receive: ([rest]) =>
          IS_LINUX || isStream
            ? recvFromNow(descriptor.fd, rest!, flags, !isStream)
            : recvFromByMessage(descriptor.fd, rest!, flags),
      };
      return call.receive(receiving, RECEIVE_FROM);
    });
  }
}
