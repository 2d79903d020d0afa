import {
  AF_INET,
  AF_INET6,
  parseIpAddress,
  tryParseIpAddress,
} from "../address/mod.ts";
import { showValue } from "../internal/check/mod.ts";
import { IS_LINUX, MAX_LINGER } from "./_platform.ts";
import { encode, scopeOf, SOCKADDR_SIZE } from "./_sockaddr.ts";
import { int32, struct } from "./_struct.ts";
import type { GroupRequest, PeerCredentials } from "./socket_options.ts";

/** How the value of an option lies in memory. */
export interface OptionCodec<T> {
  /** How many bytes `getsockopt` is given room for. */
  readonly size?: number;
  /** The bytes of a value; left out where it can only be read. */
  encode?(value: T): Uint8Array<ArrayBuffer>;
  /** The value of the bytes; left out where it can only be set. */
  decode?(bytes: DataView<ArrayBuffer>): T;
}

/** What Darwin and some protocols tell as one byte, Linux tells as an int. */
function number(bytes: DataView): number {
  return bytes.byteLength >= 4 ? bytes.getInt32(0, true) : bytes.getUint8(0);
}

/** The codec of an option that can only be read. */
export function readOnly<T>(codec: OptionCodec<T>): OptionCodec<T> {
  const { encode: _, ...rest } = codec;
  return rest;
}

/** An `int`. */
export const INT: OptionCodec<number> = {
  size: 4,
  encode: int32,
  decode: number,
};

/** An `int` that is 0 or 1. */
export const BOOL: OptionCodec<boolean> = {
  size: 4,
  encode(value) {
    if (typeof value === "boolean") return int32(value ? 1 : 0);
    throw new TypeError(`Cannot use ${showValue(value)}: not a boolean`);
  },
  decode: (bytes) => number(bytes) !== 0,
};

/** Text is not taken for the number that it may hold. */
function time(ms: number): number {
  if (typeof ms === "number" && ms >= 0 && ms < 2 ** 31 * 1000) return ms;
  throw new RangeError(
    `Cannot use ${showValue(ms)}: not a time in milliseconds`,
  );
}

/** An `int` of seconds, for us milliseconds; what is shorter is one second. */
export const SECONDS: OptionCodec<number> = {
  size: 4,
  encode: (ms) => int32(Number(ms) > 0 ? Math.ceil(time(ms) / 1000) : ms),
  decode: (bytes) => number(bytes) * 1000,
};

/** A `struct timeval`, for us milliseconds. */
export const TIMEVAL: OptionCodec<number> = {
  size: 16,
  encode(ms) {
    // Up, as 0 is for ever; and never a whole second of microseconds.
    const seconds = Math.floor(time(ms) / 1000);
    const micros = Math.min(Math.ceil((ms - seconds * 1000) * 1000), 999_999);
    return struct(16, [0, int32(seconds)], [8, int32(micros)]);
  },
  decode: (bytes) =>
    bytes.getInt32(0, true) * 1000 + bytes.getInt32(8, true) / 1000,
};

/** A `struct linger`. */
export const LINGER: OptionCodec<number | null> = {
  size: 8,
  encode(ms) {
    const seconds = ms === null ? 0 : Math.ceil(time(ms) / 1000);
    if (seconds > MAX_LINGER) {
      throw new RangeError(
        `Cannot use ${ms}: the longest time is ${MAX_LINGER * 1000} ms`,
      );
    }
    return struct(8, [0, int32(ms === null ? 0 : 1)], [4, int32(seconds)]);
  },
  decode: (bytes) =>
    bytes.getInt32(0, true) === 0 ? null : bytes.getInt32(4, true) * 1000,
};

/** Text, as names of interfaces and algorithms are: IFNAMSIZ, TCP_CA_NAME_MAX. */
export const TEXT: OptionCodec<string> = {
  size: 16,
  encode(value) {
    if (typeof value !== "string" || value.includes("\0")) {
      throw new TypeError(`Cannot use ${JSON.stringify(value)}: not a name`);
    }
    const bytes = new TextEncoder().encode(`${value}\0`);
    if (bytes.length <= 16) return bytes;
    throw new RangeError(`Cannot use ${JSON.stringify(value)}: too long`);
  },
  decode(bytes) {
    const all = new Uint8Array(bytes.buffer, 0, bytes.byteLength);
    const end = all.indexOf(0);
    return new TextDecoder().decode(end === -1 ? all : all.subarray(0, end));
  },
};

/** A `struct ucred`. */
export const CREDENTIALS: OptionCodec<PeerCredentials> = {
  size: 12,
  decode: (bytes) => ({
    pid: bytes.getInt32(0, true),
    uid: bytes.getUint32(4, true),
    gid: bytes.getUint32(8, true),
  }),
};

/**
 * The bytes of an address of a family.
 *
 * @throws {TypeError} When it is of the other one.
 */
export function ipBytes(
  address: string,
  family: 4 | 6,
): Uint8Array<ArrayBuffer> {
  const ip = parseIpAddress(address);
  if (ip.family === family) return new Uint8Array(ip.toBytes());
  throw new TypeError(
    `Cannot use ${showValue(address)}: not an IPv${family} address`,
  );
}

/** An interface's index, of its number or its name. */
function indexOf(via: string | number | undefined): Uint8Array<ArrayBuffer> {
  if (typeof via !== "number") return int32(scopeOf(via));
  if (Number.isInteger(via) && via >= 0 && via < 2 ** 31) return int32(via);
  throw new RangeError(
    `Cannot use ${showValue(via)}: not the index of an interface`,
  );
}

/** Names may have dots, too: `eth0.100` is a VLAN. */
function isAddress(via: string | number | undefined): via is string {
  return typeof via === "string" && tryParseIpAddress(via)?.family === 4;
}

/** A `struct ip_mreqn`: the group, an address, an index. */
export const MREQ: OptionCodec<GroupRequest> = {
  encode: ({ address, interface: via }) =>
    struct(
      12,
      [0, ipBytes(address, 4)],
      isAddress(via) ? [4, ipBytes(via, 4)] : [8, indexOf(via)],
    ),
};

/** An index and a `sockaddr_storage` for each address. */
function group(
  index: Uint8Array,
  family: number,
  ...addresses: readonly string[]
): Uint8Array<ArrayBuffer> {
  const at = IS_LINUX ? 8 : 4; // Darwin packs the structure
  const names = addresses.map((hostname, i) =>
    [at + i * SOCKADDR_SIZE, encode({ hostname, port: 0 }, family)] as const
  );
  return struct(at + names.length * SOCKADDR_SIZE, [0, index], ...names);
}

/**
 * A `struct group_req` for a group and an index: macOS reads no index from a
 * `struct ip_mreqn` here, and would join on an interface of its choice. Undefined
 * where the interface is an address, or the system's choice.
 */
export function groupByIndex(
  { address, interface: via }: GroupRequest,
): Uint8Array<ArrayBuffer> | undefined {
  if (isAddress(via)) return undefined;
  const index = indexOf(via);
  if (index.every((byte) => byte === 0)) return undefined;
  ipBytes(address, 4); // refuses IPv6
  return group(index, AF_INET, address);
}

/** A `struct in_addr`, or a `struct ip_mreqn` with an index. */
export const INTERFACE: OptionCodec<string | number> = {
  size: 4,
  encode: (via) =>
    isAddress(via) ? ipBytes(via, 4) : struct(12, [8, indexOf(via)]),
  decode: ({ buffer }) => new Uint8Array(buffer, 0, 4).join("."),
};

/** A `struct ip_mreq_source`, whose parts have an order of their own per system. */
export const MREQ_SOURCE: OptionCodec<GroupRequest> = {
  encode: ({ address, interface: via = "0.0.0.0", source = "" }) =>
    struct(
      12,
      [0, ipBytes(address, 4)],
      [IS_LINUX ? 4 : 8, ipBytes(String(via), 4)],
      [IS_LINUX ? 8 : 4, ipBytes(source, 4)],
    ),
};

/** A `struct ipv6_mreq`: the group, an index. */
export const MREQ6: OptionCodec<GroupRequest> = {
  encode: ({ address, interface: via }) =>
    struct(20, [0, ipBytes(address, 6)], [16, indexOf(via)]),
};

/** A `struct group_source_req`: an index, and two `sockaddr_storage`. */
export const GROUP_SOURCE: OptionCodec<GroupRequest> = {
  encode({ address, interface: via, source = "" }) {
    const family = parseIpAddress(address).family === 4 ? AF_INET : AF_INET6;
    return group(indexOf(via), family, address, source);
  },
};
