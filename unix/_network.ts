import { type Backend, BACKENDS, type Calls } from "./_backends.ts";
import { requirePath, type Use } from "./_path.ts";
import { listenReplacing } from "./_stale.ts";
import type {
  ListenTarget,
  UnixBackend,
  UnixListenerTransport,
} from "./_transport.ts";

/** The unix sockets of one host: of this one, or of one in a simulated network. */
export interface UnixNetwork {
  /** The system whose rules paths follow; defaults to this one. */
  readonly system?: string;
  /**
   * Refuses a path that the program may not use.
   *
   * @throws {NotCapableError} If it lacks a permission.
   */
  requirePath(path: string, use: Use): void;
  /** Returns what carries sockets of callers that chose this backend. */
  choose(backend: UnixBackend): Backend;
  /** Listens, in place of a socket whose program has ended. */
  replace(target: ListenTarget, calls: Calls): Promise<UnixListenerTransport>;
}

/** The unix sockets of this host. */
export const HERE: UnixNetwork = {
  requirePath,
  choose: (backend) => BACKENDS[backend],
  replace: listenReplacing,
};
