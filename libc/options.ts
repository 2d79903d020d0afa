import type { PosixSocket } from "../posix/mod.ts";
import {
  loadedPosix,
  requirePosix,
  type SocketOptionName,
  type SocketOptions,
} from "./load.ts";

/** A socket, as far as options need to know it. */
export interface OptionOwner {
  /** SOCK_STREAM or SOCK_DGRAM. */
  readonly type: number;
  /** The descriptor, where the backend knows it. */
  readonly descriptor?: number | undefined;
  /** The near end. */
  readonly localAddr: Deno.NetAddr;
  /** The far end, of a connection. */
  readonly remoteAddr?: Deno.NetAddr | undefined;
}

/** Sets options of a socket of ours. */
export function applyOptions(
  socket: PosixSocket,
  options: Partial<SocketOptions> | undefined,
): void {
  for (const [name, value] of Object.entries(options ?? {})) {
    if (value === undefined) continue;
    socket.setSockOpt(name as SocketOptionName, value as never);
  }
}

/** The descriptor of a socket, whoever opened it; libc must have been loaded. */
function descriptorOf(owner: OptionOwner): number {
  return owner.descriptor ?? loadedPosix()!.descriptorOf(owner);
}

/** Sets options of a socket that the runtime opened, after the fact. */
export async function setOptions(
  owner: OptionOwner,
  options: Partial<SocketOptions> | undefined,
): Promise<void> {
  const all = Object.entries(options ?? {});
  if (all.length === 0) return;
  const { setSockOpt } = await requirePosix({
    action: `set ${all.map(([name]) => name).join(", ")}`,
    syscall: "setsockopt",
  });
  const fd = descriptorOf(owner);
  for (const [name, value] of all) {
    if (value === undefined) continue;
    setSockOpt(fd, name as SocketOptionName, value as never);
  }
}

/** Reads an option of a socket, whoever opened it. */
export async function readOption<K extends SocketOptionName>(
  owner: OptionOwner,
  name: K,
): Promise<SocketOptions[K]> {
  const action = `read ${name}`;
  const { getSockOpt } = await requirePosix({ action, syscall: "getsockopt" });
  return getSockOpt(descriptorOf(owner), name);
}

/** Sends RST on a connection of the runtime; false where libc is not loaded. */
export function resetConnection(owner: OptionOwner): boolean {
  const posix = loadedPosix();
  if (posix === undefined) return false;
  posix.disconnect(descriptorOf(owner));
  return true;
}
