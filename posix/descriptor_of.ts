import { AF_INET, AF_INET6, SOCK_DGRAM } from "../address/mod.ts";
import { findDescriptors, has, notFound } from "./_find_descriptors.ts";
import { encode, readName, reply } from "./_sockaddr.ts";
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
  const found = findDescriptors({
    type,
    isLocal: () => isReply(localAddr),
    isMatch: (fd) =>
      remoteAddr === undefined
        ? type === SOCK_DGRAM || has(fd, "SO_ACCEPTCONN", true)
        : readName(fd, "getpeername") && isReply(remoteAddr),
    isUnique: remoteAddr !== undefined, // nothing else has both ends of a connection
  });
  if (found.length === 1) return found[0]!;
  const many = found.length > 1 &&
    `${found.length} descriptors have its address`;
  return notFound("a socket", many || undefined);
}

/** Whether the name that libc has just returned is the expected one. */
function isReply(expected: InetName): boolean {
  const isV6 = reply.length === 28;
  if (!isV6 && reply.length !== 16) return false;
  if (!isV6 && expected.hostname.includes(":")) return false;
  const bytes = encode(expected, isV6 ? AF_INET6 : AF_INET);
  const size = isV6 ? 24 : 8; // without the scope, which the runtime may not tell
  return bytes.subarray(2, size).every((byte, i) =>
    byte === reply.bytes[i + 2]
  );
}
