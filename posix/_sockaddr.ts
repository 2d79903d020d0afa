import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  IpAddress,
  tryParseIpAddress,
} from "../address/mod.ts";
import { showValue } from "../internal/check/mod.ts";
import { lastError } from "./_failure.ts";
import { loadLibc } from "./_libc.ts";
import { familyOf, IS_LINUX, nativeFamily } from "./_platform.ts";
import { struct } from "./_struct.ts";
import type { InetName, SocketName, UnixName } from "./socket_name.ts";

/** `struct sockaddr_storage`. */
export const SOCKADDR_SIZE = 128;
const IN_SIZE = 16;
const IN6_SIZE = 28;
/** Where `sun_path` begins, and how much it holds. */
const PATH_AT = 2;
const PATH_SIZE = IS_LINUX ? 108 : 104;
/** How many addresses are remembered, each way. */
const MAX_REMEMBERED = 1024;

/** A name as C has it. */
export type Sockaddr = Uint8Array<ArrayBuffer>;

/** A name of a family, without its address. */
export function begin(family: number, size: number): Sockaddr {
  const native = nativeFamily(family);
  // Darwin has sin_len in front of the family.
  return struct(size, [
    0,
    Uint8Array.from(IS_LINUX ? [native] : [size, native]),
  ]);
}

const encoded = new Map<string, Sockaddr>();

/**
 * Writes a name, of which `copyName` has made sure, as a `sockaddr` of the socket's
 * family. An IPv4 address for an IPv6 socket becomes IPv4-mapped.
 *
 * @throws {TypeError} When the address is not one of the family.
 * @throws {RangeError} When the path is too long.
 */
export function encode(name: SocketName, family: number): Sockaddr {
  if (family === AF_UNIX) return encodePath((name as UnixName).path);
  const { hostname, port } = name as InetName;
  const key = family === AF_INET ? hostname : `${hostname}/6`;
  let bytes = encoded.get(key);
  if (bytes === undefined) {
    bytes = encodeIp(hostname, family);
    // The index of an interface changes with the interface.
    if (!key.includes("%")) remember(encoded, key, bytes);
  }
  // The port changes in place: libc has read the bytes when its call returns.
  bytes[2] = port >> 8;
  bytes[3] = port;
  return bytes;
}

function remember<K, V>(known: Map<K, V>, key: K, value: V): void {
  if (known.size === MAX_REMEMBERED) known.clear();
  known.set(key, value);
}

function encodeIp(hostname: string, family: number): Sockaddr {
  const ip = tryParseIpAddress(hostname);
  if (ip === undefined) {
    throw new TypeError(
      `Cannot use the address ${JSON.stringify(hostname)}: not an IP address`,
    );
  }
  if (family === AF_INET) {
    const v4 = ip.unmap();
    if (v4.family !== 4) {
      throw new TypeError(
        `Cannot use ${showValue(hostname)}: the socket is of AF_INET`,
      );
    }
    const bytes = begin(AF_INET, IN_SIZE);
    bytes.set(v4.toBytes(), 4);
    return bytes;
  }
  const bytes = begin(AF_INET6, IN6_SIZE);
  bytes.set((ip.family === 4 ? ip.toV4Mapped() : ip).toBytes(), 8);
  new DataView(bytes.buffer).setUint32(24, scopeOf(ip.zone), true);
  return bytes;
}

/**
 * The index of an interface, of its name or its number as text.
 *
 * @throws {TypeError} When there is no interface of that name.
 *
 * @example A number, and none
 * ```ts
 * import { interfaceIndex } from "@berkeley/sockets/posix";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(interfaceIndex("7"), 7);
 * assertEquals(interfaceIndex(undefined), 0);
 * assertThrows(() => interfaceIndex("no such one"), TypeError);
 * ```
 */
export function scopeOf(zone: string | undefined): number {
  if (zone === undefined) return 0;
  if (/^\d{1,9}$/.test(zone)) return Number(zone);
  const name = new TextEncoder().encode(`${zone}\0`);
  const index = loadLibc().if_nametoindex(name);
  if (index !== 0) return index;
  throw new TypeError(
    `Cannot use the zone ${showValue(zone)}: no interface of that name`,
  );
}

function encodePath(text: string): Sockaddr {
  const isAbstract = text.startsWith("\0");
  if (isAbstract && !IS_LINUX) {
    throw new TypeError("Cannot use an abstract name: Linux alone has them");
  }
  if (!isAbstract && text.includes("\0")) {
    throw new TypeError("Cannot use the path: it has a NUL in it");
  }
  const path = new TextEncoder().encode(text);
  const most = isAbstract ? PATH_SIZE : PATH_SIZE - 1;
  if (path.length === 0 || path.length > most) {
    throw new RangeError(
      `Cannot use a path of ${path.length} bytes: it must have 1 to ${most}`,
    );
  }
  const bytes = begin(AF_UNIX, PATH_AT + path.length + (isAbstract ? 0 : 1));
  bytes.set(path, PATH_AT);
  return bytes;
}

/** Memory in which libc returns a name, until the next call that does. */
class NameReply {
  readonly bytes: Uint8Array<ArrayBuffer> = new Uint8Array(SOCKADDR_SIZE);
  readonly #length = new Uint32Array(1);

  /** The length for the call, with all the room that there is. */
  room(): Uint32Array<ArrayBuffer> {
    this.#length[0] = SOCKADDR_SIZE;
    return this.#length;
  }

  /** The length that the call has returned. */
  get length(): number {
    return this.#length[0]!;
  }

  /** The name that the call has returned. */
  name(): SocketName {
    return decode(this.bytes, 0, this.length);
  }
}

/** The memory of all calls: what is returned is read at once. */
export const reply: NameReply = new NameReply();

/** C's `getsockname` and `getpeername`, of any descriptor. */
export function nameOf(
  fd: number,
  syscall: "getsockname" | "getpeername",
): SocketName {
  if (!readName(fd, syscall)) throw lastError("read a name", syscall);
  return reply.name();
}

/** The same into {@linkcode reply}; false if it fails, which `errno` explains. */
export function readName(
  fd: number,
  syscall: "getsockname" | "getpeername",
): boolean {
  return loadLibc()[syscall](fd, reply.bytes, reply.room()) !== -1;
}

/** Texts of IPv4 addresses, by the address as a number. */
const texts = new Map<number, string>();

/** Reads a `sockaddr`. The name of a family that is not known is an empty path. */
export function decode(
  bytes: Uint8Array,
  at: number,
  length: number,
): SocketName {
  if (length < 2) return { path: "" };
  const family = familyOf(IS_LINUX ? bytes[at]! : bytes[at + 1]!);
  const port = bytes[at + 2]! << 8 | bytes[at + 3]!;
  if (family === AF_INET) return { hostname: ipv4Text(bytes, at + 4), port };
  if (family === AF_INET6) return { hostname: ipv6Text(bytes, at), port };
  return decodePath(bytes.subarray(at + PATH_AT, at + length));
}

function ipv4Text(bytes: Uint8Array, at: number): string {
  const [a, b] = [bytes[at]!, bytes[at + 1]!];
  const [c, d] = [bytes[at + 2]!, bytes[at + 3]!];
  const number = (a << 24 | b << 16 | c << 8 | d) >>> 0;
  let text = texts.get(number);
  if (text === undefined) {
    text = `${a}.${b}.${c}.${d}`;
    remember(texts, number, text);
  }
  return text;
}

const last6 = new Uint8Array(20);
let lastText6 = "::";

/** IPv4-mapped peers of a dual-stack socket read as IPv4. */
function ipv6Text(bytes: Uint8Array, at: number): string {
  let isLast = true;
  for (let i = 0; i < 20 && isLast; i++) {
    isLast = bytes[at + 8 + i] === last6[i];
  }
  if (isLast) return lastText6;
  const own = bytes.slice(at + 8, at + 28);
  const scope = new DataView(own.buffer).getUint32(16, true);
  const zone = scope === 0 ? undefined : interfaceName(scope);
  const ip = IpAddress.fromBytes(own.subarray(0, 16), zone);
  last6.set(own);
  return lastText6 = ip.unmap().toString();
}

/** The name of an interface; its number as text where it has gone. */
function interfaceName(index: number): string {
  const name = new Uint8Array(16);
  return loadLibc().if_indextoname(index, name) === null
    ? String(index)
    : new TextDecoder().decode(name.subarray(0, name.indexOf(0)));
}

function decodePath(path: Uint8Array): UnixName {
  const isAbstract = path[0] === 0;
  // macOS tells 14 zeros for a socket without a name, and has no abstract names.
  if (path.length === 0 || (isAbstract && !IS_LINUX)) return { path: "" };
  const end = isAbstract ? -1 : path.indexOf(0);
  const text = end === -1 ? path : path.subarray(0, end);
  return { path: new TextDecoder().decode(text) };
}
