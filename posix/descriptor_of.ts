import { AF_INET, AF_INET6, SOCK_DGRAM } from "../address/mod.ts";
import { socketError } from "../errors/mod.ts";
import { findDescriptors, has, readName } from "./_find_descriptors.ts";
import { encode, reply } from "./_sockaddr.ts";
import { copyName, type InetName } from "./socket_name.ts";

/** A socket of the runtime, by what the runtime tells of it. */
export interface RuntimeSocket {
  /** SOCK_STREAM or SOCK_DGRAM. */
  type: number;
  /** The near end. */
  localAddr: { hostname: string; port: number };
  /** The far end of a connection; left out for a listener, and for UDP. */
  remoteAddr?: { hostname: string; port: number } | undefined;
}

/**
 * Finds the descriptor of a socket that the runtime opened: the only one of its
 * type whose `getsockname` and `getpeername` match. Every descriptor is asked,
 * which takes a microsecond or less each.
 *
 * @throws {SocketError} ENOTSUP when there is none, or more than one, such as of
 * listeners that share a port.
 *
 * @example The descriptor of a connection of Deno's own
 * ```ts
 * import { descriptorOf, SOCK_STREAM } from "@berkeley/sockets/posix";
 * import { assert } from "@std/assert";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const localAddr = listener.addr as Deno.NetAddr;
 * assert(descriptorOf({ type: SOCK_STREAM, localAddr }) > 2);
 * ```
 */
export function descriptorOf(socket: RuntimeSocket): number {
  const { type } = socket;
  const [localAddr, remoteAddr] = [socket.localAddr, socket.remoteAddr].map(
    (name) => name && copyName(name, AF_INET) as InetName,
  ) as [InetName, InetName | undefined];
  const found = findDescriptors((fd) => {
    const isLocal = matches(fd, "getsockname", localAddr);
    if (!isLocal || !has(fd, "SO_TYPE", type)) return isLocal && false;
    if (remoteAddr === undefined) {
      return type === SOCK_DGRAM || has(fd, "SO_ACCEPTCONN", true);
    }
    // Nothing else has both ends of a connection.
    return matches(fd, "getpeername", remoteAddr) ? "only" : false;
  });
  if (found.length === 1) return found[0]!;
  throw socketError("ENOTSUP", {
    action: "find the descriptor of a socket",
    syscall: "getsockname",
    reason: found.length === 0
      ? "no descriptor has its addresses"
      : `${found.length} descriptors have its address; backend: "posix" need not search`,
  });
}

/** Whether a name is the expected one; undefined for a number that is not open. */
function matches(
  fd: number,
  call: "getsockname" | "getpeername",
  expected: { hostname: string; port: number },
): boolean | undefined {
  const isNamed = readName(fd, call);
  const isV6 = reply.length === 28;
  if (!isNamed || !isV6 && reply.length !== 16) return isNamed && false;
  if (!isV6 && expected.hostname.includes(":")) return false;
  const bytes = encode(expected, isV6 ? AF_INET6 : AF_INET);
  const size = isV6 ? 24 : 8; // without the scope, which the runtime may not tell
  return bytes.subarray(2, size).every((byte, i) =>
    byte === reply.bytes[i + 2]
  );
}
