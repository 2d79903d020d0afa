import { AF_UNIX, AF_UNSPEC, SOCK_STREAM } from "../address/mod.ts";
import { codeOf } from "../errors/mod.ts";
import { lastError } from "./_failure.ts";
import { loadLibc } from "./_libc.ts";
import { IS_LINUX } from "./_platform.ts";
import { getOption, setOption } from "./_options.ts";
import { begin, readName, type Sockaddr } from "./_sockaddr.ts";

/**
 * C's `connect` in steps. A step returns true when the connection is there, undefined
 * while it is being made, and false while the queue of a local listener is full.
 */
export function connecting(
  fd: number,
  name: Sockaddr,
  action: string,
): () => boolean | undefined {
  const own = name.slice(); // what names are remembered by changes its port
  let hasBegun = false;
  return () => {
    if (hasBegun && !IS_LINUX) return isConnected(fd, action);
    const { connect, errno } = loadLibc();
    if (connect(fd, own, own.length) === 0) return true;
    const code = codeOf(errno());
    if (code === "EAGAIN" && IS_LINUX && own[0] === AF_UNIX) return false;
    if (hasBegun && code === "EISCONN") return true;
    const isPending = code === "EINPROGRESS" || code === "EINTR" ||
      hasBegun && code === "EALREADY";
    if (!isPending) throw lastError(action, "connect");
    hasBegun = true;
    return undefined;
  };
}

/**
 * How a connection stands by SO_ERROR, as POSIX has it. Linux tells the same by a
 * second `connect`, even if somebody else has read SO_ERROR; and without that one,
 * the next attempt after one that failed would be ECONNABORTED.
 */
function isConnected(fd: number, action: string): true | undefined {
  const errno = getOption(fd, "SO_ERROR");
  if (errno !== 0) throw lastError(action, "connect", errno);
  return readName(fd, "getpeername") || undefined;
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
    try { // macOS resets a connection only when it is closed
      return setOption(fd, "SO_LINGER", 0);
    } catch (error) {
      // Once both ways were shut down: there is nothing left to reset.
      if ((error as { code?: string }).code === "EINVAL") return;
      throw error;
    }
  }
  const { connect, errno } = loadLibc();
  const noPeer = begin(AF_UNSPEC, 16);
  if (connect(fd, noPeer, noPeer.length) === 0) return;
  // macOS takes the peer away before it refuses the family.
  const code = codeOf(errno());
  if (!IS_LINUX && (code === "EAFNOSUPPORT" || code === "EINVAL")) return;
  throw lastError("disconnect", "connect");
}
