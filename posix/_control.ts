import { IpAddress, IPPROTO_IP, IPPROTO_IPV6 } from "../address/mod.ts";
import { viewFrom } from "../internal/check/mod.ts";
import type { ControlMessage, NumberMessage } from "./control_message.ts";
import { ipBytes } from "./_option_codec.ts";
import { CMSGHDR, IS_LINUX, SOL_SOCKET } from "./_platform.ts";
import { int32, struct } from "./_struct.ts";

type KnownType = Exclude<ControlMessage["type"], "other">;

/**
 * Level and number of each, as sent and received by this system, and how many bytes
 * it has at least.
 */
const TABLE: Readonly<
  Record<KnownType, readonly [level: number, number: number, least: number]>
> = {
  SCM_RIGHTS: [SOL_SOCKET, 1, 4],
  SCM_TIMESTAMP: [SOL_SOCKET, IS_LINUX ? 29 : 2, 16],
  SO_RXQ_OVFL: [SOL_SOCKET, IS_LINUX ? 40 : -1, 4],
  IP_PKTINFO: [IPPROTO_IP, IS_LINUX ? 8 : 26, 12],
  IP_TTL: [IPPROTO_IP, IS_LINUX ? 2 : 24, 1],
  IP_TOS: [IPPROTO_IP, IS_LINUX ? 1 : 27, 1],
  IPV6_PKTINFO: [IPPROTO_IPV6, IS_LINUX ? 50 : 46, 20],
  IPV6_HOPLIMIT: [IPPROTO_IPV6, IS_LINUX ? 52 : 47, 1],
  IPV6_TCLASS: [IPPROTO_IPV6, IS_LINUX ? 67 : 36, 1],
};

/** The number that IP_TOS is sent with: another than it is received with on macOS. */
const SENT_TOS = IS_LINUX ? 1 : 3;

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
  const [level, number] = TABLE[message.type];
  return [level, message.type === "IP_TOS" ? SENT_TOS : number];
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
    case "IP_PKTINFO": {
      const index = int32(message.interfaceIndex);
      // ipi_ifindex, ipi_spec_dst, ipi_addr
      return struct(12, [0, index], [4, ipBytes(message.address, 4)]);
    }
    case "IPV6_PKTINFO": {
      const index = int32(message.interfaceIndex);
      return struct(20, [0, ipBytes(message.address, 6)], [16, index]);
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
  const [type] =
    Object.entries(TABLE).find(([, [itsLevel, its, least]]) =>
      itsLevel === level && its === number && data.length >= least
    ) ?? ["other"];
  const textOf = (at: number, length: number) =>
    IpAddress.fromBytes(data.subarray(at, at + length)).toString();
  switch (type as ControlMessage["type"]) {
    case "other":
      return { type: "other", level, number, data };
    case "SCM_RIGHTS": {
      const descriptors = [...new Int32Array(data.buffer, 0, data.length >> 2)];
      return { type: "SCM_RIGHTS", descriptors };
    }
    case "SCM_TIMESTAMP": {
      const seconds = Number(view.getBigInt64(0, true));
      const time = seconds * 1000 + view.getInt32(8, true) / 1000;
      return { type: "SCM_TIMESTAMP", time };
    }
    case "IP_PKTINFO":
      return {
        type: "IP_PKTINFO",
        interfaceIndex: view.getInt32(0, true),
        address: textOf(8, 4),
      };
    case "IPV6_PKTINFO":
      return {
        type: "IPV6_PKTINFO",
        interfaceIndex: view.getUint32(16, true),
        address: textOf(0, 16),
      };
    default: {
      const value = data.length >= 4 ? view.getInt32(0, true) : data[0]!;
      return { type: type as NumberMessage["type"], value };
    }
  }
}
