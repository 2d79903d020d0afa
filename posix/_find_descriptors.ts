import { loadLibc } from "./_libc.ts";
import { getOption } from "./_options.ts";
import { reply } from "./_sockaddr.ts";
import type { SocketOptionName, SocketOptions } from "./socket_options.ts";

/** How many numbers in a row may be unused before the search ends. */
const MAX_GAP = 4096;
/** The largest number that is tried. */
const MAX_DESCRIPTOR = 1 << 20;

/**
 * Returns the descriptors that `matches` recognises, which takes a microsecond or less
 * each. It returns undefined for a number that is not open, and "only" for the only
 * descriptor that there can be.
 */
export function findDescriptors(
  matches: (fd: number) => boolean | "only" | undefined,
): number[] {
  const found: number[] = [];
  let gap = 0;
  for (let fd = 0; fd < MAX_DESCRIPTOR && gap < MAX_GAP; fd++) {
    const match = matches(fd);
    gap = match === undefined ? gap + 1 : 0;
    if (match) found.push(fd);
    if (match === "only") break;
  }
  return found;
}

/**
 * Reads the name of a descriptor into {@linkcode reply}: false if it has none,
 * undefined for a number that is not open.
 */
export function readName(
  fd: number,
  call: "getsockname" | "getpeername",
): boolean | undefined {
  const libc = loadLibc();
  if (libc[call](fd, reply.bytes, reply.room()) !== -1) return true;
  return libc.errno() === 9 ? undefined : false; // EBADF, on both systems
}

/** Whether an option is as expected; a Worker may have closed it meanwhile. */
export function has<K extends SocketOptionName>(
  fd: number,
  option: K,
  expected: SocketOptions[K],
): boolean {
  try {
    return getOption(fd, option) === expected;
  } catch {
    return false;
  }
}
