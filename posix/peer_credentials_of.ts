import { AF_UNIX, SOCK_STREAM } from "../address/mod.ts";
import { socketError } from "../errors/mod.ts";
import { findDescriptors, has, readName } from "./_find_descriptors.ts";
import { getOption } from "./_options.ts";
import { reply } from "./_sockaddr.ts";
import { copyName, type UnixName } from "./socket_name.ts";
import type { PeerCredentials } from "./socket_options.ts";

/** A unix connection of the runtime, by what the runtime tells of it. */
export interface RuntimeUnixConn {
  /** The near end; `{ path: "" }` if it has no name, as where it connected. */
  localAddr: UnixName;
  /** The far end; `{ path: "" }` if it has no name, as where it was accepted. */
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
  const found = findDescriptors((fd) => {
    const isLocal = matches(fd, "getsockname", local);
    return isLocal && has(fd, "SO_TYPE", SOCK_STREAM) &&
      matches(fd, "getpeername", remote);
  }).map((fd) => getOption(fd, "SO_PEERCRED"));
  const [first] = found;
  const isCertain = first !== undefined &&
    found.every(({ pid, uid, gid }) =>
      pid === first.pid && uid === first.uid && gid === first.gid
    );
  if (isCertain) return first;
  throw socketError("ENOTSUP", {
    action: "find the descriptor of a unix connection",
    syscall: "getsockname",
    reason: first === undefined
      ? "no descriptor has its addresses"
      : `${found.length} connections with different peers have its addresses; backend: "posix" need not search`,
  });
}

/** Whether a name is the expected path; undefined for a number that is not open. */
function matches(
  fd: number,
  call: "getsockname" | "getpeername",
  path: string,
): boolean | undefined {
  const isNamed = readName(fd, call);
  if (!isNamed || reply.bytes[0] !== AF_UNIX) return isNamed && false;
  const name = reply.name();
  return "path" in name && name.path === path;
}
