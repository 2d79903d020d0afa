import { AF_UNIX, SOCK_STREAM } from "../address/mod.ts";
import { findDescriptors, notFound } from "./_find_descriptors.ts";
import { getOption } from "./_options.ts";
import { readName, reply } from "./_sockaddr.ts";
import { copyName, type UnixName } from "./socket_name.ts";
import type { PeerCredentials } from "./socket_options.ts";

/** A unix connection of the runtime, by what the runtime knows of it. */
export interface RuntimeUnixConn {
  /** The local address; `{ path: "" }` if it has no name, as where it connected. */
  localAddr: UnixName;
  /** The remote address; `{ path: "" }` if it has no name, as where it was accepted. */
  remoteAddr: UnixName;
}

/**
 * Returns the process at the other end of a unix connection that the runtime opened:
 * SO_PEERCRED, which only Linux has.
 *
 * All connections of one path have the same addresses. So every descriptor that has
 * them is asked, and the answer has to be the same.
 *
 * @throws {SocketError} `ENOTSUP` if no connection has the addresses, or the peers are
 * not the same process and user.
 *
 * @example A connection of Deno's own
 * ```ts
 * import { peerCredentialsOf } from "@berkeley/sockets/posix";
 * import { assertEquals } from "@std/assert";
 *
 * if (Deno.build.os === "linux") {
 *   const path = `\0example-${crypto.randomUUID()}`;
 *   using _listener = Deno.listen({ transport: "unix", path });
 *   using _conn = await Deno.connect({ transport: "unix", path });
 *   const ends = { localAddr: { path: "" }, remoteAddr: { path } };
 *   assertEquals(peerCredentialsOf(ends).pid, Deno.pid);
 * }
 * ```
 */
export function peerCredentialsOf(conn: RuntimeUnixConn): PeerCredentials {
  const { localAddr, remoteAddr } = conn;
  const local = (copyName(localAddr, AF_UNIX) as UnixName).path;
  const remote = (copyName(remoteAddr, AF_UNIX) as UnixName).path;
  const found = findDescriptors({
    type: SOCK_STREAM,
    isLocal: () => isReply(local),
    isMatch: (fd) => readName(fd, "getpeername") && isReply(remote),
    isUnique: false,
  }).map((fd) => getOption(fd, "SO_PEERCRED"));
  const [first] = found;
  const isCertain = found.every(({ pid, uid, gid }) =>
    pid === first!.pid && uid === first!.uid && gid === first!.gid
  );
  if (first !== undefined && isCertain) return first;
  const many = first &&
    `${found.length} connections with different peers have its addresses`;
  return notFound("a unix connection", many);
}

/** Whether the name that libc has just returned is the expected path. */
function isReply(path: string): boolean {
  const name = reply.name();
  return reply.bytes[0] === AF_UNIX && "path" in name && name.path === path;
}
