import { IpAddress, IPPROTO_IP, IPPROTO_IPV6 } from "../address/mod.ts";
import { viewFrom } from "../internal/check/mod.ts";
import type { ControlMessage } from "./control_message.ts";
import { int32, ipBytes } from "./_option_codec.ts";
import { CMSGHDR, IS_LINUX, SOL_SOCKET } from "./_platform.ts";

type KnownType = Exclude<ControlMessage["type"], "other">;

/** How many bytes each has at least. */
const LEAST_SIZE: Readonly<Record<KnownType, number>> = {
  SCM_RIGHTS: 4,
  SCM_TIMESTAMP: 16,
  SO_RXQ_OVFL: 4,
  IP_PKTINFO: 12,
  IP_TTL: 1,
  IP_TOS: 1,
  IPV6_PKTINFO: 20,
  IPV6_HOPLIMIT: 1,
  IPV6_TCLASS: 1,
};

/** Level and number of each, as sent and received by this system. */
const PLACES: Readonly<Record<KnownType, [number, number]>> = {
  SCM_RIGHTS: [SOL_SOCKET, 1],
  SCM_TIMESTAMP: [SOL_SOCKET, IS_LINUX ? 29 : 2],
  SO_RXQ_OVFL: [SOL_SOCKET, IS_LINUX ? 40 : -1],
  IP_PKTINFO: [IPPROTO_IP, IS_LINUX ? 8 : 26],
  IP_TTL: [IPPROTO_IP, IS_LINUX ? 2 : 24],
  IP_TOS: [IPPROTO_IP, IS_LINUX ? 1 : 27],
  IPV6_PKTINFO: [IPPROTO_IPV6, IS_LINUX ? 50 : 46],
  IPV6_HOPLIMIT: [IPPROTO_IPV6, IS_LINUX ? 52 : 47],
  IPV6_TCLASS: [IPPROTO_IPV6, IS_LINUX ? 67 : 36],
};

/** Where a message is sent with another number than it is received with: IP_TOS. */
const SENT_PLACES: Partial<Record<KnownType, [number, number]>> = IS_LINUX
  ? {}
  : { IP_TOS: [IPPROTO_IP, 3] };

const TYPE_OF = new Map(
  Object.entries(PLACES).map(([type, place]) => [String(place), type]),
);

const align = (size: number) =>
  Math.ceil(size / CMSGHDR.alignment) * CMSGHDR.alignment;
/** Where the data of a message begins: C's `CMSG_DATA`. */
const HEADER = align(CMSGHDR.size);

/**
 * Where a message belongs.
 *
 * @throws {TypeError} When there is no such message.
 */
function placeOf(message: ControlMessage): readonly [number, number] {
  if (message.type === "other") return [message.level, message.number];
  if (Object.hasOwn(PLACES, message.type)) {
    return SENT_PLACES[message.type] ?? PLACES[message.type];
  }
  throw new TypeError(`Cannot send ${message.type}: no such control message`);
}

/**
 * Lays messages out as `msg_control`: C's `CMSG_FIRSTHDR` to `CMSG_NXTHDR`. `check`
 * throws for a level and number that may not be sent.
 */
export function encodeControl(
  messages: readonly ControlMessage[],
  check: (level: number, number: number) => void = () => {},
): Uint8Array<ArrayBuffer> {
  const parts = Array.from(messages, (each) => {
    const message = { ...each }; // each property is read once
    const [level, number] = placeOf(message);
    check(level, number);
    return { place: [int32(level), int32(number)], data: encodeData(message) };
  });
  const size = parts.reduce(
    (sum, { data }) => sum + HEADER + align(data.length),
    0,
  );
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { place: [level, number], data } of parts) {
    view.setUint32(at, HEADER + data.length, true);
    bytes.set(level!, at + CMSGHDR.level);
    bytes.set(number!, at + CMSGHDR.type);
    bytes.set(data, at + HEADER);
    at += HEADER + align(data.length);
  }
  return bytes;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

function encodeData(message: ControlMessage): Uint8Array {
  switch (message.type) {
    case "SCM_RIGHTS":
      // What is no number would be 0: this program's standard input.
      return concat(Array.from(message.descriptors, (fd) => int32(fd)));
    case "IP_PKTINFO": {
      const { interfaceIndex, address } = message;
      // ipi_ifindex, ipi_spec_dst, ipi_addr
      const own = ipBytes(address, 4);
      return concat([int32(interfaceIndex), own, new Uint8Array(4)]);
    }
    case "IPV6_PKTINFO":
      return concat([
        ipBytes(message.address, 6),
        int32(message.interfaceIndex),
      ]);
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
  const type = TYPE_OF.get(String([level, number])) as KnownType | undefined;
  // One that lost its end for want of room cannot be read.
  if (type === undefined || data.length < LEAST_SIZE[type]) {
    return { type: "other", level, number, data };
  }
  switch (type) {
    case "SCM_RIGHTS": {
      const descriptors = [];
      for (let at = 0; at + 4 <= data.length; at += 4) {
        descriptors.push(view.getInt32(at, true));
      }
      return { type, descriptors };
    }
    case "SCM_TIMESTAMP": {
      const seconds = Number(view.getBigInt64(0, true));
      return { type, time: seconds * 1000 + view.getInt32(8, true) / 1000 };
    }
    case "IP_PKTINFO": {
      const address = IpAddress.fromBytes(data.subarray(8, 12)).toString();
      return { type, interfaceIndex: view.getInt32(0, true), address };
    }
    case "IPV6_PKTINFO": {
      const address = IpAddress.fromBytes(data.subarray(0, 16)).toString();
      return { type, interfaceIndex: view.getUint32(16, true), address };
    }
    default: {
      // Some are an int, some one byte.
      const value = data.length >= 4 ? view.getInt32(0, true) : data[0]!;
      return { type, value };
    }
  }
}
