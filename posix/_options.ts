import { IPPROTO_IPV6, parseIpAddress } from "../address/mod.ts";
import { checkInteger } from "../internal/check/mod.ts";
import { socketError } from "../errors/mod.ts";
import { SYSTEM } from "../internal/runtime/mod.ts";
import { countOf } from "./_buffers.ts";
import { checkCall } from "./_failure.ts";
import { loadLibc } from "./_libc.ts";
import { OPTION_TABLE } from "./_option_table.ts";
import { groupByIndex, type OptionCodec } from "./_option_codec.ts";
import { DARWIN_GROUPS, IS_LINUX } from "./_platform.ts";
import type {
  GroupRequest,
  SocketOptionName,
  SocketOptions,
} from "./socket_options.ts";

function placeOf<K extends SocketOptionName>(
  name: K,
  verb: string,
): { level: number; number: number; codec: OptionCodec<SocketOptions[K]> } {
  if (!Object.hasOwn(OPTION_TABLE, name)) {
    throw new TypeError(`Cannot ${verb} ${name}: there is no such option`);
  }
  const [level, codec, linux, darwin] = OPTION_TABLE[name];
  const number = IS_LINUX ? linux : darwin;
  if (number === undefined) {
    throw socketError("ENOPROTOOPT", {
      action: `${verb} ${name}`,
      syscall: "setsockopt",
      reason: `${SYSTEM} has no such option`,
    });
  }
  return { level, number, codec };
}

/**
 * C's `getsockopt`, of any descriptor.
 *
 * @throws {TypeError} When there is no such option, or it can only be set.
 * @throws {SocketError} `ENOPROTOOPT` or `EOPNOTSUPP` when there is no such
 * option; `EBADF` or `ENOTSOCK` when the descriptor is no socket.
 *
 * @example A socket that the runtime opened
 * ```ts
 * import { descriptorOf, getSockOpt, SOCK_STREAM } from "@berkeley/sockets/posix";
 * import { assertEquals } from "@std/assert";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const localAddr = listener.addr;
 * const fd = descriptorOf({ type: SOCK_STREAM, localAddr });
 * assertEquals(getSockOpt(fd, "SO_ACCEPTCONN"), true);
 * ```
 */
export function getOption<K extends SocketOptionName>(
  fd: number,
  name: K,
): SocketOptions[K] {
  const { level, number, codec: { size, decode } } = placeOf(name, "read");
  if (size === undefined || decode === undefined) {
    throw new TypeError(`Cannot read ${name}: it can only be set`);
  }
  const bytes = getRawOption(fd, level, number, size, name);
  return decode(new DataView(bytes.buffer, 0, bytes.length));
}

/**
 * C's `setsockopt`, of any descriptor.
 *
 * @throws {TypeError} When there is no such option, or it can only be read.
 * @throws {SocketError} `ENOPROTOOPT` or `EOPNOTSUPP` when there is no such
 * option, `EINVAL` when it does not take the value, `EPERM` when the user may
 * not set it.
 *
 * @example A socket that the runtime opened
 * ```ts
 * import {
 *   descriptorOf,
 *   getSockOpt,
 *   setSockOpt,
 *   SOCK_STREAM,
 * } from "@berkeley/sockets/posix";
 * import { assert } from "@std/assert";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const localAddr = listener.addr;
 * const fd = descriptorOf({ type: SOCK_STREAM, localAddr });
 * setSockOpt(fd, "SO_RCVBUF", 65_536); // what it accepts takes it over
 * assert(getSockOpt(fd, "SO_RCVBUF") >= 65_536);
 * ```
 */
export function setOption<K extends SocketOptionName>(
  fd: number,
  name: K,
  value: SocketOptions[K],
): void {
  const { level, number, codec } = placeOf(name, "set");
  if (codec.encode === undefined) {
    throw new TypeError(`Cannot set ${name}: it can only be read`);
  }
  // Each property is read once.
  const own = typeof value === "object" && value !== null
    ? { ...value }
    : value;
  const group = IS_LINUX ? undefined : DARWIN_GROUPS[name];
  const byIndex = group && encodeValue(groupByIndex, name, own as GroupRequest);
  if (byIndex) return setRawOption(fd, level, group!, byIndex, name);
  const bytes = encodeValue(codec.encode, name, own);
  const isV6Group = name.startsWith("MCAST_") &&
    parseIpAddress((own as GroupRequest).address).family === 6;
  setRawOption(fd, isV6Group ? IPPROTO_IPV6 : level, number, bytes, name);
}

/** The same, saying which option it is that a value is wrong for. */
function encodeValue<T, R>(
  encode: (value: T) => R,
  name: string,
  value: T,
): R {
  try {
    return encode(value);
  } catch (error) {
    const { constructor, message } = error as Error;
    const Class = constructor as new (message: string) => Error;
    throw new Class(message.replace(/^Cannot use/, `Cannot set ${name} to`));
  }
}

/** C's `getsockopt`, in bytes. */
export function getRawOption(
  fd: number,
  level: number,
  number: number,
  size: number,
  name = `option ${number} of level ${level}`,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(checkInteger("size", size, 0, 65_536));
  const length = Uint32Array.of(bytes.length);
  const result = loadLibc().getsockopt(fd, level, number, bytes, length);
  checkCall(result, `read ${name}`, "getsockopt");
  return bytes.subarray(0, length[0]);
}

/** C's `setsockopt`, in bytes. */
export function setRawOption(
  fd: number,
  level: number,
  number: number,
  bytes: Uint8Array<ArrayBuffer>,
  name = `option ${number} of level ${level}`,
): void {
  const { setsockopt } = loadLibc();
  const result = setsockopt(fd, level, number, bytes, countOf(bytes));
  checkCall(result, `set ${name}`, "setsockopt");
}
