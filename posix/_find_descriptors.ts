import { socketError } from "../errors/mod.ts";
import { loadLibc } from "./_libc.ts";
import { getOption } from "./_options.ts";
import { readName } from "./_sockaddr.ts";
import type { SocketOptionName, SocketOptions } from "./socket_options.ts";

/** How many numbers in a row may be unused before the search ends. */
const MAX_GAP = 4096;
/** The largest number that is tried. */
const MAX_DESCRIPTOR = 1 << 20;
/** The same number on both systems. */
const EBADF = 9;

/** How to recognise a descriptor. */
export interface Wanted {
  /** SOCK_STREAM or SOCK_DGRAM. */
  readonly type: number;
  /** Whether the name that libc has just returned is the local one. */
  isLocal(): boolean;
  /** Whether a descriptor with that name and type is the wanted one. */
  isMatch(fd: number): boolean;
  /** Whether no second descriptor can match. */
  readonly isUnique: boolean;
}

/** Returns the descriptors that match; each takes a microsecond or less. */
export function findDescriptors(
  { type, isLocal, isMatch, isUnique }: Wanted,
): number[] {
  const found: number[] = [];
  let gap = 0;
  for (let fd = 0; fd < MAX_DESCRIPTOR && gap < MAX_GAP; fd++) {
    const isNamed = readName(fd, "getsockname");
    gap = !isNamed && loadLibc().errno() === EBADF ? gap + 1 : 0;
    const isMatching = isNamed && isLocal() && has(fd, "SO_TYPE", type) &&
      isMatch(fd);
    if (isMatching) found.push(fd);
    if (isMatching && isUnique) break;
  }
  return found;
}

/** Whether an option is as expected; a Worker may have closed it since. */
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

/** Throws the error of a search that has not found one descriptor. */
export function notFound(what: string, many: string | undefined): never {
  throw socketError("ENOTSUP", {
    action: `find the descriptor of ${what}`,
    syscall: "getsockname",
    reason: many === undefined
      ? "no descriptor has its addresses"
      : `${many}; backend: "posix" need not search`,
  });
}
