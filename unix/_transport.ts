/**
 * The seam below unix sockets: that of every stream. `_backends.ts` says what each
 * backend can do.
 */
import type { UnixAddr } from "../address/mod.ts";
import type { ListenerTransport, StreamTransport } from "../stream/_seam.ts";

/** Which API carries a connection. */
export type UnixBackend = "deno" | "node" | "posix";

/** What carries a connection: an API, or a simulated network. */
export type UnixCarrier = UnixBackend | "simulated";

/** How many connections wait for accept by default; as in Node. */
export const DEFAULT_BACKLOG = 511;

/** One connection as a runtime API has it. */
export interface UnixTransport extends StreamTransport<UnixAddr> {
  readonly backend: UnixCarrier;
  /** The descriptor, where the API tells it. */
  readonly descriptor?: number;
}

/** One listening socket as a runtime API has it. */
export interface UnixListenerTransport
  extends ListenerTransport<UnixAddr, UnixTransport> {
  readonly backend: UnixCarrier;
}

/** Where to listen, and how. */
export interface ListenTarget {
  /** The path, or an abstract name. */
  readonly path: string;
  /** The permission bits of the file. */
  readonly mode?: number | undefined;
  /** How many connections the kernel keeps for accept. */
  readonly backlog?: number | undefined;
}

/** Returns the address of a path; a socket without a name has the path `""`. */
export function unixAddr(path: string | null | undefined): UnixAddr {
  return { transport: "unix", path: path ?? "" };
}
