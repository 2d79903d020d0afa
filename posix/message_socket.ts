import { AF_UNIX } from "../address/mod.ts";
import { checkInteger, showValue } from "../internal/check/mod.ts";
import { receiveBatchNow, sendBatchNow } from "./_batch.ts";
import {
  buffersOf,
  guardOf,
  refusalOf,
  refusalOfAll,
  restOf,
  sizeOf,
} from "./_buffer.ts";
import { ByteSocket, type TransferOptions } from "./byte_socket.ts";
import { encodeControl } from "./_control.ts";
import type { ControlMessage } from "./control_message.ts";
import { addToBatch, type MessageBatch, partsOf } from "./message_batch.ts";
import {
  hasControl,
  joinMessages,
  type ReceivedMessage,
  recvMsgNow,
  sendMsgNow,
} from "./_message.ts";
import { permitOption } from "./_permit.ts";
import { encode } from "./_sockaddr.ts";
import type { SocketCore } from "./_socket_core.ts";
import { coreOf } from "./socket_base.ts";
import { copyName, type SocketName } from "./socket_name.ts";

/** What `sendMsg` sends. */
export interface Message {
  /** The bytes, in one piece or several: C's `msg_iov`. */
  data: Uint8Array | readonly Uint8Array[];
  /** For whom; left out where the socket is connected. */
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
const SEND_BATCH = { action: "send datagrams", syscall: "sendmmsg" } as const;
const RECEIVE_BATCH = {
  action: "receive datagrams",
  syscall: "recvmmsg",
} as const;

/** C's `sendmmsg`, up to a datagram that the program may not send. */
function sendPermitted(
  core: SocketCore,
  batch: MessageBatch,
  from: number,
  flags: number,
): number | undefined {
  const end = permittedEnd(core, batch, from);
  return sendBatchNow(core.descriptor.fd, batch, { from, end }, flags);
}

/**
 * The index where the datagrams end that the program may send now: before one
 * that is refused. Throws if that is the first one.
 */
function permittedEnd(
  core: SocketCore,
  batch: MessageBatch,
  from: number,
): number {
  // A batch that was received goes back to senders that nothing has checked.
  const count = partsOf(batch).fromSenders();
  if (count === 0 || core.permit.isEverything) return partsOf(batch).count();
  for (let i = from; i < count; i++) {
    const name = partsOf(batch).nameAt(i);
    if ("path" in name && name.path === "") continue;
    try {
      core.requireReach(name, "send to", "sendmmsg");
    } catch (error) {
      if (i === from) throw error;
      return i;
    }
  }
  return partsOf(batch).count();
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
    const core = coreOf(this);
    const flags = options?.flags ?? 0;
    const refusal = refusalOf(flags, NOTHING);
    if (refusal !== undefined) return Promise.reject(refusal);
    let sent = 0;
    const attempt = () => {
      while (sent < partsOf(batch).count()) {
        const count = sendPermitted(core, batch, sent, flags);
        if (count === undefined) return undefined;
        sent += count;
      }
      return sent;
    };
    const partial = () => sent === 0 ? undefined : sent;
    const isPaced = core.isLocalDatagram && partsOf(batch).hasNames();
    const call = { ...SEND_BATCH, partial, isPaced };
    return core.transfer("sending", attempt, options, flags, call);
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
    core.fd(SEND_BATCH.action, SEND_BATCH.syscall);
    const refusal = refusalOf(flags, NOTHING);
    if (refusal !== undefined) throw refusal;
    if (core.descriptor.isBusy("sending")) return undefined;
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
    core.requireReach(to, "send to", "sendmmsg");
    return addToBatch(batch, bytes, encode(to, core.family));
  }

  /**
   * Receives as many datagrams as there are and the batch has room for, at least
   * one: C's `recvmmsg`. Resolves with how many.
   *
   * @throws {TypeError} When another call receives into the batch already.
   * @throws {NotSupportedError} On macOS, which has no such call.
   *
   * @example What has come, in one call
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
    const core = coreOf(this);
    const flags = options?.flags ?? 0;
    const refusal = refusalOf(flags, NOTHING);
    if (refusal !== undefined) return Promise.reject(refusal);
    const attempt = () => receiveBatchNow(core.descriptor.fd, batch, flags);
    let release: () => void;
    try {
      release = partsOf(batch).lend();
    } catch (error) {
      return Promise.reject(error);
    }
    const receiving = core.transfer(
      ...["receiving", attempt, options, flags, RECEIVE_BATCH] as const,
    );
    receiving.then(release, release);
    return receiving;
  }

  /**
   * `recvMany` without waiting and without a promise; undefined if there is nothing.
   * See the example of {@linkcode MessageSocket.prototype.recvMany}.
   *
   * @throws {SocketError} As `recvMany` does.
   */
  recvManyNow(batch: MessageBatch, flags = 0): number | undefined {
    const core = coreOf(this);
    const fd = core.fd(RECEIVE_BATCH.action, RECEIVE_BATCH.syscall);
    const refusal = refusalOf(flags, NOTHING);
    if (refusal !== undefined) throw refusal;
    if (core.descriptor.isBusy("receiving")) return undefined;
    core.throwFault();
    return receiveBatchNow(fd, batch, flags);
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
    if (typeof message !== "object" || message === null) {
      const text = `Cannot send ${showValue(message)}: it must be a message`;
      return Promise.reject(new TypeError(text));
    }
    const core = coreOf(this);
    const { data, address, control = [] } = message;
    const flags = options?.flags ?? 0;
    const buffers = buffersOf(data);
    const refusal = refusalOfAll(flags, buffers);
    if (refusal !== undefined) return Promise.reject(refusal);
    let beside: Uint8Array<ArrayBuffer>;
    let to: SocketName | undefined;
    try {
      to = address && copyName(address, core.family);
      if (to) core.requireReach(to, "send to", "sendmsg");
      beside = encodeControl(control, (level, number) => {
        const call = { action: "send a control message", syscall: "sendmsg" };
        permitOption(level, number, call);
      });
    } catch (error) {
      return Promise.reject(error);
    }
    const guard = guardOf(buffers);
    const sending = {
      size() {
        guard();
        return sizeOf(buffers);
      },
      send(from: number) {
        const { fd } = core.descriptor;
        const name = to && encode(to, core.family);
        // The first bytes have taken the control messages along.
        const control = from === 0 ? beside : NOTHING;
        return sendMsgNow(fd, restOf(buffers, from), name, control, flags);
      },
    };
    const isPaced = to !== undefined && core.isLocalDatagram;
    const call = { action: "send a message", syscall: "sendmsg", isPaced };
    return core.send(sending, options, flags, call);
  }

  /**
   * Receives into several buffers, and control messages: C's `recvmsg`. MSG_WAITALL
   * is as with `recv`, but what comes beside the bytes of a local stream ends it.
   *
   * @throws {RangeError} When `controlSize` is not from 0 to 65536.
   *
   * @example From whom, and with which TTL
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
    const { flags = 0, controlSize = 512 } = options ?? {};
    const all = buffersOf(buffers);
    const refusal = refusalOfAll(flags, all);
    if (refusal !== undefined) return Promise.reject(refusal);
    try {
      checkInteger("controlSize", controlSize, 0, MAX_CONTROL);
    } catch (error) {
      return Promise.reject(error);
    }
    const core = coreOf(this);
    const guard = guardOf(all);
    const parts = {
      room() {
        guard();
        return sizeOf(all);
      },
      receive(from: number) {
        const rest = restOf(all, from);
        return recvMsgNow(core.descriptor.fd, rest, controlSize, flags);
      },
      join: joinMessages,
      // Descriptors and credentials belong to some of the bytes.
      isLast: (part: ReceivedMessage) =>
        core.family === AF_UNIX && hasControl(part),
    };
    const call = { action: "receive a message", syscall: "recvmsg" };
    return core.receive(parts, options, flags, call);
  }
}
