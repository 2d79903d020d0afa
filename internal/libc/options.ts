import { type NetAddr, socketError } from "../../errors/mod.ts";
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

/** What a transport of any kind says of its socket. */
export interface TransportSocket {
  /** What carries it. */
  readonly backend?: string | undefined;
  /** The descriptor, where the backend knows it. */
  readonly descriptor?: number | undefined;
  /** The local address; a listener has `addr` instead. */
  readonly localAddr?: NetAddr | undefined;
  /** Where a listener listens. */
  readonly addr?: NetAddr | undefined;
  /** The remote address of a connection. */
  readonly remoteAddr?: NetAddr | undefined;
}

/** A socket whose options are set or read. */
export interface OptionOwner {
  /** SOCK_STREAM or SOCK_DGRAM. */
  readonly type: number;
  /** Its transport. */
  readonly socket: TransportSocket;
  /**
   * Throws if the socket is closed. It is called right before the descriptor is used,
   * with nothing awaited in between: another socket may have the number of a closed
   * one.
   */
  requireOpen?(syscall: string): void;
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

/** The descriptor of a socket, whichever API opened it; libc must have been loaded. */
function descriptorOf({ type, socket }: OptionOwner): number {
  const { descriptor, addr, localAddr = addr!, remoteAddr } = socket;
  return descriptor ??
    loadedPosix()!.descriptorOf({ type, localAddr, remoteAddr });
}

/** Why sockets that exist in tests only have no options of C. */
const UNREAL: Readonly<Record<string, string>> = {
  simulated: "the network is simulated, and C has no socket there",
  memory: "the socket is in memory, and C has none there",
};

/**
 * Refuses a socket that has no descriptor. A real socket of this process may have the
 * same address.
 */
export function requireReal(
  { backend }: Pick<TransportSocket, "backend">,
  context: { action: string; syscall: string },
): void {
  const reason = UNREAL[backend ?? ""];
  if (reason === undefined) return;
  throw socketError("ENOTSUP", { ...context, reason });
}

/** Uses the descriptor of a socket that is open, and still is once libc is loaded. */
async function withDescriptor<T>(
  owner: OptionOwner,
  { action, syscall }: { action: string; syscall: string },
  use: (posix: Posix, fd: number) => T,
): Promise<T> {
  owner.requireOpen?.(syscall); // a closed socket is closed with or without libc
  requireReal(owner.socket, { action, syscall });
  const posix = await requirePosix({ action, syscall });
  owner.requireOpen?.(syscall);
  return use(posix, descriptorOf(owner));
}

/** Sets options of a socket that is open already, whichever API opened it. */
export async function setOptions(
  owner: OptionOwner,
  options: Partial<SocketOptions> | undefined,
): Promise<void> {
  const all = Object.entries(options ?? {});
  if (all.length === 0) return;
  const action = `set ${all.map(([name]) => name).join(", ")}`;
  const syscall = "setsockopt";
  await withDescriptor(owner, { action, syscall }, (posix, fd) => {
    for (const [name, value] of all) {
      if (value === undefined) continue;
      posix.setSockOpt(fd, name as SocketOptionName, value as never);
    }
  });
}

/** Reads an option of a socket, whichever API opened it. */
export function readOption<K extends SocketOptionName>(
  owner: OptionOwner,
  name: K,
): Promise<SocketOptions[K]> {
  const context = { action: `read ${name}`, syscall: "getsockopt" };
  return withDescriptor(
    owner,
    context,
    (posix, fd) => posix.getSockOpt(fd, name),
  );
}

/**
 * Sends RST on a connection of the runtime, and has it closed: at once where libc
 * is loaded, else as soon as it is. False where the program may not use it.
 */
export function resetConnection(
  { type, ...socket }: TransportSocket & { type: number },
  close: () => void,
): boolean {
  if (libcObstacle() !== undefined) return false;
  const reset = (posix: Posix | undefined) => {
    try {
      posix?.disconnect(descriptorOf({ type, socket }));
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
