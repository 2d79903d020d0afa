import { socketError, type UnixAddr } from "../../errors/mod.ts";
import { SYSTEM } from "../runtime/mod.ts";
import { type PeerCredentials, requirePosix } from "./load.ts";
import { requireReal } from "./options.ts";

/** A connection of a unix socket. */
export interface LocalConn {
  /** What its transport says. */
  readonly socket: {
    readonly backend: string;
    readonly descriptor?: number | undefined;
    readonly localAddr: UnixAddr;
    readonly remoteAddr: UnixAddr;
  };
  /** Throws if the connection is closed. */
  requireOpen(syscall: string): void;
}

/** Resolves with the process at the other end: SO_PEERCRED. */
export async function readPeerCredentials(
  { socket, requireOpen }: LocalConn,
): Promise<PeerCredentials> {
  const { localAddr, remoteAddr } = socket;
  const context = {
    action: "read the peer's credentials",
    syscall: "getsockopt",
    ...{ localAddr, remoteAddr },
  };
  requireOpen(context.syscall);
  requireReal(socket, context);
  if (SYSTEM !== "linux") {
    const reason = "only Linux has SO_PEERCRED";
    throw socketError("ENOTSUP", { ...context, reason });
  }
  const posix = await requirePosix(context);
  requireOpen(context.syscall);
  const { descriptor } = socket;
  return descriptor === undefined
    ? posix.peerCredentialsOf({ localAddr, remoteAddr })
    : posix.getSockOpt(descriptor, "SO_PEERCRED");
}
