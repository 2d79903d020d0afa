import type { Addr, UnixAddr } from "../address/mod.ts";

/** Both addresses of a connection. */
export interface AddrPair {
  readonly localAddr: Addr;
  readonly remoteAddr: Addr;
}

/** The known addresses of a connection. */
export interface SomeAddrs {
  readonly localAddr?: Addr | undefined;
  readonly remoteAddr?: Addr | undefined;
}

/** The address of a source without one: that of an unnamed unix socket. */
const UNNAMED: UnixAddr = { transport: "unix", path: "" };

/** Returns the addresses of a source: those given, else its own. */
export function addrsOf(
  given: SomeAddrs,
  own: SomeAddrs = {},
): AddrPair {
  return {
    localAddr: given.localAddr ?? own.localAddr ?? UNNAMED,
    remoteAddr: given.remoteAddr ?? own.remoteAddr ?? UNNAMED,
  };
}
