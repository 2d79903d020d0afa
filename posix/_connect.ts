import { AF_UNIX, SOCK_STREAM } from "../address/mod.ts";
import { codeOf, errnoOf, socketError } from "../errors/mod.ts";
import { lastError } from "./_failure.ts";
import { loadLibc } from "./_libc.ts";
import { IS_LINUX } from "./_platform.ts";
import { getOption, setOption } from "./_options.ts";
import { reply, type Sockaddr, unspecified } from "./_sockaddr.ts";

const EINPROGRESS = errnoOf("EINPROGRESS")!;
const EALREADY = errnoOf("EALREADY")!;
const EISCONN = errnoOf("EISCONN")!;
const EINTR = errnoOf("EINTR")!;
const EAGAIN = errnoOf("EAGAIN")!;
const EAFNOSUPPORT = errnoOf("EAFNOSUPPORT")!;
const EINVAL = errnoOf("EINVAL")!;

/**
 * C's `connect`: true when it is done, false when a local listener's queue is full
 * and it is to be tried again, else what tells whether it is done by now, which
 * returns undefined as long as it is not.
 */
export function connectNow(
  fd: number,
  name: Sockaddr,
  action: string,
): boolean | (() => true | undefined) {
  const { connect, errno } = loadLibc();
  if (connect(fd, name, name.length) === 0) return true;
  const reason = errno();
  if (reason === EAGAIN && IS_LINUX && name[0] === AF_UNIX) {
    return false;
  }
  if (reason !== EINPROGRESS && reason !== EINTR) {
    throw lastError(action, "connect");
  }
  if (!IS_LINUX) return () => isConnected(fd, action);
  // What names are remembered by changes its port.
  const own = name.slice();
  return () => {
    if (connect(fd, own, own.length) === 0) return true;
    const reason = errno();
    if (reason === EISCONN) return true;
    if (reason === EALREADY || reason === EINTR) return undefined;
    throw lastError(action, "connect");
  };
}

/**
 * How a connection stands by SO_ERROR, as POSIX has it. Linux tells the same by a
 * second `connect`, even if somebody else has read SO_ERROR; and without that one,
 * the next attempt after one that failed would be ECONNABORTED.
 */
function isConnected(fd: number, action: string): true | undefined {
  const errno = getOption(fd, "SO_ERROR");
  if (errno !== 0) {
    const code = codeOf(errno) ?? `E${errno}`;
    throw socketError(code, { action, syscall: "connect", errno });
  }
  const { getpeername } = loadLibc();
  return getpeername(fd, reply.bytes, reply.room()) === 0 || undefined;
}

/**
 * C's `connect` to AF_UNSPEC: no peer any more; of a stream, RST, which macOS sends
 * when it is closed.
 *
 * @throws {SocketError} `EBADF` or `ENOTSOCK` when the descriptor is no socket.
 *
 * @example Any descriptor
 * ```ts
 * import {
 *   AF_INET,
 *   disconnect,
 *   SOCK_DGRAM,
 *   socket,
 * } from "@berkeley/sockets/posix";
 * import { NotConnectedError } from "@berkeley/sockets/errors";
 * import { assertThrows } from "@std/assert";
 *
 * using a = socket(AF_INET, SOCK_DGRAM);
 * a.bind({ hostname: "127.0.0.1", port: 0 });
 * using b = socket(AF_INET, SOCK_DGRAM);
 * b.bind({ hostname: "127.0.0.1", port: 0 });
 *
 * a.connectNow(b.getSockName());
 * disconnect(a.fd);
 * assertThrows(() => a.getPeerName(), NotConnectedError);
 * ```
 */
export function disconnectNow(fd: number): void {
  if (!IS_LINUX && getOption(fd, "SO_TYPE") === SOCK_STREAM) {
    return resetAtClose(fd);
  }
  const { connect, errno } = loadLibc();
  const nobody = unspecified();
  if (connect(fd, nobody, nobody.length) === 0) return;
  // macOS takes the peer away before it refuses the family.
  const reason = errno();
  if (!IS_LINUX && (reason === EAFNOSUPPORT || reason === EINVAL)) return;
  throw lastError("disconnect", "connect");
}

/** macOS resets a connection only when it is closed, by SO_LINGER of 0. */
function resetAtClose(fd: number): void {
  try {
    setOption(fd, "SO_LINGER", 0);
  } catch (error) {
    // Once both ways were shut down: there is nothing left to reset.
    if ((error as { code?: string }).code !== "EINVAL") throw error;
  }
}
