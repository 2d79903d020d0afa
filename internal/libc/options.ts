import type { PosixSocket } from "../../posix/mod.ts";
import { libcObstacle } from "../runtime/mod.ts";
import {
  findPosix,
  loadedPosix,
  requirePosix,
  type SocketOptionName,
  type SocketOptions,
} from "./load.ts";

type Posix = typeof import("../../posix/mod.ts");

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

/**
 * Returns the socket that an option is for, or throws if it is closed. It is
 * called right before the descriptor is used, with nothing awaited in between:
 * another socket may have the number of a closed one.
 */
export type FindOwner = () => OptionOwner;

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

/** The descriptor of a socket, whichever API opened it; libc must have been loaded. */
function descriptorOf(owner: OptionOwner): number {
  return owner.descriptor ?? loadedPosix()!.descriptorOf(owner);
}

/** Sets options of a socket that is open already, whichever API opened it. */
export async function setOptions(
  findOwner: FindOwner,
  options: Partial<SocketOptions> | undefined,
): Promise<void> {
  const all = Object.entries(options ?? {});
  if (all.length === 0) return;
  findOwner(); // a closed socket is closed with or without libc
  const { setSockOpt } = await requirePosix({
    action: `set ${all.map(([name]) => name).join(", ")}`,
    syscall: "setsockopt",
  });
  const fd = descriptorOf(findOwner());
  for (const [name, value] of all) {
    if (value === undefined) continue;
    setSockOpt(fd, name as SocketOptionName, value as never);
  }
}

/** Reads an option of a socket, whichever API opened it. */
export async function readOption<K extends SocketOptionName>(
  findOwner: FindOwner,
  name: K,
): Promise<SocketOptions[K]> {
  const action = `read ${name}`;
  findOwner();
  const { getSockOpt } = await requirePosix({ action, syscall: "getsockopt" });
  return getSockOpt(descriptorOf(findOwner()), name);
}

/**
 * Sends RST on a connection of the runtime, and has it closed: at once where libc
 * is loaded, else as soon as it is. False where the program may not use it.
 */
export function resetConnection(
  owner: OptionOwner,
  close: () => void,
): boolean {
  if (libcObstacle() !== undefined) return false;
  const reset = (posix: Posix | undefined) => {
    try {
      posix?.disconnect(descriptorOf(owner));
    } catch {
      // The peer has reset it first.
    }
  };
  const posix = loadedPosix();
  if (posix === undefined) findPosix().then(reset).finally(close);
  else {
    reset(posix);
    close();
  }
  return true;
}
