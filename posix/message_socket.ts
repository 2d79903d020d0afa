import { AF_UNIX } from "../address/mod.ts";
import { checkInteger, showValue } from "../internal/check/mod.ts";
import { Buffers, checkFlags } from "./_buffers.ts";
import { encodeControl } from "./_control.ts";
import type { CallName } from "./_failure.ts";
import {
  joinMessages,
  type ReceivedMessage,
  recvMsgNow,
  sendMsgNow,
} from "./_message.ts";
import { permitOption } from "./_permit.ts";
import { encode } from "./_sockaddr.ts";
import type { SocketCore } from "./_socket_core.ts";
import type { Receiving, TransferOptions } from "./_transfer.ts";
import { ByteSocket } from "./byte_socket.ts";
import type { ControlMessage } from "./control_message.ts";
import { memoryOf, type MessageBatch } from "./message_batch.ts";
import { coreOf, transfer } from "./socket_base.ts";
import { copyName, type SocketName } from "./socket_name.ts";

/** What `sendMsg` sends. */
export interface Message {
  /** The bytes, in one piece or several: C's `msg_iov`. */
  data: Uint8Array | readonly Uint8Array[];
  /** The destination. A connected socket needs none. */
  address?: SocketName | undefined;
  /**
   * What goes beside the bytes.
   *
   * @default {[]}
   */
  control?: readonly ControlMessage[] | undefined;
}

/** How `recvMsg` receives. */
export interface RecvMsgOptions extends TransferOptions {
  /**
   * How many bytes there are for control messages; what exceeds them is lost.
   *
   * @default {512}
   */
  controlSize?: number | undefined;
}

const MAX_CONTROL = 64 * 1024;
const NOTHING = new Uint8Array(0);
const SEND_BATCH: CallName = { action: "send datagrams", syscall: "sendmmsg" };
const RECEIVE_BATCH: CallName = {
  action: "receive datagrams",
  syscall: "recvmmsg",
};
/** The same for one datagram of a batch, by its address. */
const SEND_EACH: CallName = { action: "send to", syscall: "sendmmsg" };

/**
 * C's `sendmmsg`, up to a datagram that the program may not send. Throws if that is
 * the first one.
 */
function sendPermitted(
  core: SocketCore,
  batch: MessageBatch,
  from: number,
  flags: number,
): number | undefined {
  const memory = memoryOf(batch);
  let end = memory.length;
  // A batch that was received goes back to senders that nothing has checked.
  const senders = memory.fromSenders;
  const unchecked = senders > 0 && core.permit.isEverything ? 0 : senders;
  for (let i = from; i < unchecked && end > i; i++) {
    const name = memory.address(i);
    if ("path" in name && name.path === "") continue;
    try {
      core.requireReach(name, SEND_EACH);
    } catch (error) {
      if (i === from) throw error;
      end = i;
    }
  }
  return memory.sendNow(core.descriptor.fd, from, end, flags);
}

/**
 * The part of a {@linkcode PosixSocket} that moves messages: batches of datagrams,
 * bytes in several pieces, and control messages.
 *
 * @example Three datagrams in two calls
 * ```ts
 * import {
 *   AF_UNIX,
 *   MessageBatch,
 *   SOCK_DGRAM,
 *   socketPair,
 * } from "@berkeley/sockets/posix";
 * import { assertEquals } from "@std/assert";
 *
 * const [a, b] = socketPair(AF_UNIX, SOCK_DGRAM);
 * using _a = a, _b = b;
 *
 * const batch = new MessageBatch();
 * for (const n of [1, 2, 3]) batch.push(new Uint8Array([n]));
 * await a.sendMany(batch);
 * assertEquals(await b.recvMany(batch), 3);
 * ```
 */
export class MessageSocket extends ByteSocket {
  /**
   * Sends a batch: C's `sendmmsg`. Resolves with how many datagrams were sent:
   * all, unless MSG_DONTWAIT is given, or the call is cancelled after some of them.
   *
   * When one fails, it rejects: those before it were sent, those after it not.
   * `sendManyNow` returns how many, and goes on from there.
   *
   * @throws {NotSupportedError} On macOS, which has no such call.
   *
   * @example Several datagrams in one call
   * ```ts
   * import {
   *   AF_INET,
   *   MessageBatch,
   *   SOCK_DGRAM,
   *   socket,
   * } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * using a = socket(AF_INET, SOCK_DGRAM);
   * a.bind({ hostname: "127.0.0.1", port: 0 });
   * using b = socket(AF_INET, SOCK_DGRAM);
   * b.bind({ hostname: "127.0.0.1", port: 0 });
   *
   * const batch = new MessageBatch({ capacity: 16 });
   * a.addTo(batch, new Uint8Array([1]), b.getSockName());
   * a.addTo(batch, new Uint8Array([2]), b.getSockName());
   * assertEquals(await a.sendMany(batch), 2);
   * assertEquals(await b.recv(new Uint8Array(8)), 1);
   * ```
   */
  sendMany(batch: MessageBatch, options?: TransferOptions): Promise<number> {
    return transfer(this, options, (call) => {
      const { core, flags } = call;
      const memory = memoryOf(batch);
      let sent = 0;
      const attempt = () => {
        while (sent < memory.length) {
          const count = sendPermitted(core, batch, sent, flags);
          if (count === undefined) return undefined;
          sent += count;
        }
        return sent;
      };
      const partial = () => sent === 0 ? undefined : sent;
      const isPaced = core.isLocalDatagram && memory.hasNames;
      const context = { ...SEND_BATCH, partial, isPaced };
      return call.perform(core.sending, attempt, context);
    });
  }

  /**
   * `sendMany` without waiting and without a promise; how many were sent, undefined
   * if it would have to wait.
   *
   * @throws {SocketError} As `sendMany` does.
   *
   * @example The rest of a batch
   * ```ts
   * import {
   *   AF_INET,
   *   MessageBatch,
   *   SOCK_DGRAM,
   *   socket,
   * } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * using a = socket(AF_INET, SOCK_DGRAM);
   * a.bind({ hostname: "127.0.0.1", port: 0 });
   * using b = socket(AF_INET, SOCK_DGRAM);
   * b.bind({ hostname: "127.0.0.1", port: 0 });
   *
   * const batch = new MessageBatch({ capacity: 2 });
   * for (const n of [1, 2]) a.addTo(batch, new Uint8Array([n]), b.getSockName());
   * assertEquals(a.sendManyNow(batch, 1), 1); // the second only
   * const buffer = new Uint8Array(8);
   * await b.recv(buffer);
   * assertEquals(buffer[0], 2);
   * ```
   */
  sendManyNow(batch: MessageBatch, from = 0, flags = 0): number | undefined {
    const core = coreOf(this);
    core.descriptor.open(SEND_BATCH);
    checkFlags(flags);
    if (core.sending.isBusy) return undefined;
    return sendPermitted(core, batch, from, flags);
  }

  /**
   * Adds a datagram for an address to a batch; false if there is no room.
   * See the example of {@linkcode MessageSocket.prototype.sendMany}.
   *
   * @throws {NotCapableError} When the program may not send there.
   */
  addTo(batch: MessageBatch, bytes: Uint8Array, name: SocketName): boolean {
    const core = coreOf(this);
    const to = copyName(name, core.family);
    core.requireReach(to, SEND_EACH);
    return memoryOf(batch).add(bytes, encode(to, core.family));
  }

  /**
   * Receives as many datagrams as there are and the batch has room for, at least
   * one: C's `recvmmsg`. Resolves with how many.
   *
   * @throws {TypeError} When another call receives into the batch already.
   * @throws {NotSupportedError} On macOS, which has no such call.
   *
   * @example All pending datagrams in one call
   * ```ts
   * import {
   *   AF_INET,
   *   MessageBatch,
   *   SOCK_DGRAM,
   *   socket,
   * } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * using a = socket(AF_INET, SOCK_DGRAM);
   * a.bind({ hostname: "127.0.0.1", port: 0 });
   * using b = socket(AF_INET, SOCK_DGRAM);
   * b.bind({ hostname: "127.0.0.1", port: 0 });
   *
   * for (const n of [1, 2, 3]) await a.sendTo(new Uint8Array([n]), b.getSockName());
   * const batch = new MessageBatch({ capacity: 64, size: 1500 });
   * let sum = 0;
   * for (let count = 0; count < 3; count += batch.length) {
   *   await b.recvMany(batch, { timeout: 5000 });
   *   for (let i = 0; i < batch.length; i++) sum += batch.data(i)[0]!;
   * }
   * assertEquals(sum, 6);
   * assertEquals(b.recvManyNow(batch), undefined); // there is no more
   * ```
   */
  recvMany(batch: MessageBatch, options?: TransferOptions): Promise<number> {
    return transfer(this, options, (call) => {
      const { core: { descriptor, receiving }, flags } = call;
      const memory = memoryOf(batch);
      const attempt = () => memory.receiveNow(descriptor.fd, flags);
      const release = memory.lend();
      const received = call.perform(receiving, attempt, RECEIVE_BATCH);
      received.then(release, release);
      return received;
    });
  }

  /**
   * `recvMany` without waiting and without a promise; undefined if there is nothing.
   * See the example of {@linkcode MessageSocket.prototype.recvMany}.
   *
   * @throws {SocketError} As `recvMany` does.
   */
  recvManyNow(batch: MessageBatch, flags = 0): number | undefined {
    const core = coreOf(this);
    const fd = core.descriptor.open(RECEIVE_BATCH);
    checkFlags(flags);
    if (core.receiving.isBusy) return undefined;
    core.throwFault();
    return memoryOf(batch).receiveNow(fd, flags);
  }

  /**
   * Sends pieces of bytes as one, and control messages: C's `sendmsg`. Of a stream,
   * all bytes, as `send` does. Descriptors must stay open until it resolves.
   *
   * @throws {RangeError} When a control message holds what is no number of C.
   * @throws {TypeError} When a control message is not one that can be sent.
   * @throws {MessageTooLongError} When it is too large for one datagram.
   * @throws {NotCapableError} When the program may not send there.
   *
   * @example A head and a body without copying them together
   * ```ts
   * import { AF_INET, SOCK_DGRAM, socket } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * using a = socket(AF_INET, SOCK_DGRAM);
   * a.bind({ hostname: "127.0.0.1", port: 0 });
   * using b = socket(AF_INET, SOCK_DGRAM);
   * b.bind({ hostname: "127.0.0.1", port: 0 });
   *
   * const head = new Uint8Array([0, 3]);
   * const body = new Uint8Array([7, 8, 9]);
   * await a.sendMsg({ data: [head, body], address: b.getSockName() });
   * const buffer = new Uint8Array(8);
   * const count = await b.recv(buffer);
   * assertEquals([...buffer.subarray(0, count)], [0, 3, 7, 8, 9]);
   * ```
   */
  sendMsg(message: Message, options?: TransferOptions): Promise<number> {
    return transfer(this, options, (call) => {
      if (typeof message !== "object" || message === null) {
        throw new TypeError(
          `Cannot send ${showValue(message)}: it must be a message`,
        );
      }
      const { core, flags } = call;
      const { descriptor, family } = core;
      const { data, address, control = [] } = message;
      const buffers = new Buffers(data);
      const to = address && copyName(address, family);
      if (to) core.requireReach(to, { action: "send to", syscall: "sendmsg" });
      const beside = encodeControl(control, (level, number) => {
        const name = { action: "send a control message", syscall: "sendmsg" };
        permitOption(level, number, name);
      });
      let isFirst = true;
      const send = (rest: readonly Uint8Array<ArrayBuffer>[]) => {
        const name = to && encode(to, family);
        // The first bytes have taken the control messages along.
        const own = isFirst ? beside : NOTHING;
        const count = sendMsgNow(descriptor.fd, rest, name, own, flags);
        if (count !== undefined && count > 0) isFirst = false;
        return count;
      };
      const isPaced = to !== undefined && core.isLocalDatagram;
      const name = { action: "send a message", syscall: "sendmsg", isPaced };
      return call.send(buffers, send, name);
    });
  }

  /**
   * Receives into several buffers, and control messages: C's `recvmsg`. MSG_WAITALL
   * is as with `recv`, but what comes beside the bytes of a local stream ends it.
   *
   * @throws {RangeError} When `controlSize` is not from 0 to 65536.
   *
   * @example The sender, and the TTL
   * ```ts
   * import { AF_INET, SOCK_DGRAM, socket } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * using a = socket(AF_INET, SOCK_DGRAM);
   * a.bind({ hostname: "127.0.0.1", port: 0 });
   * using b = socket(AF_INET, SOCK_DGRAM);
   * b.bind({ hostname: "127.0.0.1", port: 0 });
   *
   * b.setSockOpt("IP_RECVTTL", true);
   * a.setSockOpt("IP_TTL", 7);
   * await a.sendTo(new Uint8Array([1, 2]), b.getSockName());
   * const { length, address, control } = await b.recvMsg(new Uint8Array(8));
   * assertEquals([length, address], [2, a.getSockName()]);
   * assertEquals(control, [{ type: "IP_TTL", value: 7 }]);
   * ```
   */
  recvMsg(
    buffers: Uint8Array | readonly Uint8Array[],
    options?: RecvMsgOptions,
  ): Promise<ReceivedMessage> {
    return transfer(this, options, (call) => {
      const { core: { descriptor, family }, flags } = call;
      const controlSize = options?.controlSize ?? 512;
      const receiving: Receiving<ReceivedMessage> = {
        buffers: new Buffers(buffers),
        receive: (rest) => recvMsgNow(descriptor.fd, rest, controlSize, flags),
        join: joinMessages,
        // Descriptors and credentials belong to some of the bytes.
        isLast: ({ control, controlTruncated }) =>
          family === AF_UNIX && (control.length > 0 || controlTruncated),
      };
      checkInteger("controlSize", controlSize, 0, MAX_CONTROL);
      const name = { action: "receive a message", syscall: "recvmsg" };
      return call.receive(receiving, name);
    });
  }
}
