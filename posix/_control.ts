import { IpAddress, IPPROTO_IP, IPPROTO_IPV6 } from "../address/mod.ts";
import { viewFrom } from "../internal/check/mod.ts";
import type { ControlMessage } from "./control_message.ts";
import { ipBytes } from "./_option_codec.ts";
import { CMSGHDR, IS_LINUX, SOL_SOCKET } from "./_platform.ts";
import { int32, struct } from "./_struct.ts";

type KnownType = Exclude<ControlMessage["type"], "other">;

/**
 * Level and number of each, as sent and received by this system, and how many bytes
 * it has at least; and the number to send it with, if that is another one.
 */
const TABLE: Readonly<
  Record<
    KnownType,
    readonly [level: number, number: number, least: number, sent?: number]
  >
> = {
  SCM_RIGHTS: [SOL_SOCKET, 1, 4],
  SCM_TIMESTAMP: [SOL_SOCKET, IS_LINUX ? 29 : 2, 16],
  SO_RXQ_OVFL: [SOL_SOCKET, IS_LINUX ? 40 : -1, 4],
  IP_PKTINFO: [IPPROTO_IP, IS_LINUX ? 8 : 26, 12],
  IP_TTL: [IPPROTO_IP, IS_LINUX ? 2 : 24, 1],
  IP_TOS: [IPPROTO_IP, IS_LINUX ? 1 : 27, 1, IS_LINUX ? 1 : 3],
  IPV6_PKTINFO: [IPPROTO_IPV6, IS_LINUX ? 50 : 46, 20],
  IPV6_HOPLIMIT: [IPPROTO_IPV6, IS_LINUX ? 52 : 47, 1],
  IPV6_TCLASS: [IPPROTO_IPV6, IS_LINUX ? 67 : 36, 1],
};

/** `struct in_pktinfo` and `struct in6_pktinfo`: where index and address are. */
const PACKET_INFO = {
  IP_PKTINFO: { family: 4, size: 12, index: 0, sent: 4, received: 8 },
  IPV6_PKTINFO: { family: 6, size: 20, index: 16, sent: 0, received: 0 },
} as const;

const align = (size: number) =>
  Math.ceil(size / CMSGHDR.alignment) * CMSGHDR.alignment;
/** Where the data of a message begins: C's `CMSG_DATA`. */
const HEADER = align(CMSGHDR.size);

/**
 * Where a message belongs.
 *
 * @throws {TypeError} When there is no such message.
 */
function placeOf(message: ControlMessage): [level: number, number: number] {
  if (message.type === "other") return [message.level, message.number];
  if (!Object.hasOwn(TABLE, message.type)) {
    throw new TypeError(
      `Cannot send ${message.type}: no such control message`,
    );
  }
  const entry = TABLE[message.type];
  return [entry[0], entry[3] ?? entry[1]];
}

/**
 * Lays messages out as `msg_control`: C's `CMSG_FIRSTHDR` to `CMSG_NXTHDR`. `check`
 * throws for a level and number that may not be sent.
 */
export function encodeControl(
  messages: readonly ControlMessage[],
  check: (level: number, number: number) => void = () => {},
): Uint8Array<ArrayBuffer> {
  return concat(Array.from(messages, (each) => {
    const message = { ...each }; // each property is read once
    const [level, number] = placeOf(message);
    check(level, number);
    const data = encodeData(message);
    return struct(
      HEADER + align(data.length),
      [0, int32(HEADER + data.length)],
      [CMSGHDR.level, int32(level)],
      [CMSGHDR.type, int32(number)],
      [HEADER, data],
    );
  }));
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

function encodeData(message: ControlMessage): Uint8Array {
  switch (message.type) {
    case "SCM_RIGHTS":
      // What is no number would be 0: this program's standard input.
      return concat(Array.from(message.descriptors, (fd) => int32(fd)));
    case "IP_PKTINFO":
    case "IPV6_PKTINFO": {
      const { size, index, sent, family } = PACKET_INFO[message.type];
      return struct(
        size,
        [index, int32(message.interfaceIndex)],
        [sent, ipBytes(message.address, family)],
      );
    }
    case "other":
      return viewFrom(message.data, 0);
    case "SCM_TIMESTAMP":
    case "SO_RXQ_OVFL":
      throw new TypeError(`Cannot send ${message.type}: it is only received`);
    default:
      return int32(message.value);
  }
}

/** Reads what `recvmsg` has left in `msg_control`. */
export function decodeControl(
  bytes: Uint8Array<ArrayBuffer>,
  length: number,
): ControlMessage[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const messages: ControlMessage[] = [];
  for (let at = 0; at + HEADER <= length;) {
    const size = view.getUint32(at, true);
    if (size < HEADER || at + size > length) break;
    const level = view.getInt32(at + CMSGHDR.level, true);
    const number = view.getInt32(at + CMSGHDR.type, true);
    const data = bytes.slice(at + HEADER, at + size);
    messages.push(decodeData(level, number, data));
    at += align(size);
  }
  return messages;
}

function decodeData(
  level: number,
  number: number,
  data: Uint8Array<ArrayBuffer>,
): ControlMessage {
  const view = new DataView(data.buffer);
  const known = Object.entries(TABLE).find(([, [its, itsNumber, least]]) =>
    its === level && itsNumber === number && data.length >= least
  );
  const type = (known?.[0] ?? "other") as ControlMessage["type"];
  switch (type) {
    case "other":
      return { type, level, number, data };
    case "SCM_RIGHTS":
      return {
        type,
        descriptors: [...new Int32Array(data.buffer, 0, data.length >> 2)],
      };
    case "SCM_TIMESTAMP": {
      const seconds = Number(view.getBigInt64(0, true));
      return { type, time: seconds * 1000 + view.getInt32(8, true) / 1000 };
    }
    case "IP_PKTINFO":
    case "IPV6_PKTINFO": {
      const { index, received, family } = PACKET_INFO[type];
      const bytes = data.subarray(received, received + (family === 4 ? 4 : 16));
      const address = IpAddress.fromBytes(bytes).toString();
      return { type, interfaceIndex: view.getInt32(index, true), address };
    }
    default:
      return {
        type,
        value: data.length >= 4 ? view.getInt32(0, true) : data[0]!,
      };
  }
}
