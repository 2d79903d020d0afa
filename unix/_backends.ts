import { socketError } from "../errors/mod.ts";
import { lackReason } from "../internal/backends/mod.ts";
import { isDeno, loadOnce } from "../internal/runtime/mod.ts";
import { connectDeno, listenDeno } from "./_deno_transport.ts";
import type {
  ListenTarget,
  UnixBackend,
  UnixListenerTransport,
  UnixTransport,
} from "./_transport.ts";

/** The functions of a backend, once it is loaded. */
export interface Calls {
  /** Connects; an abort ends the attempt and closes its socket. */
  connect(path: string, signal: AbortSignal): Promise<UnixTransport>;
  /** Listens; it binds in the same turn. */
  listen(target: ListenTarget): Promise<UnixListenerTransport>;
}

/** What a backend can do. */
export interface Backend {
  /** Whether it takes a backlog. */
  readonly backlog: boolean;
  /** Loads it, for a call that an error names. `node:net` takes long to load. */
  load(action: string, syscall: string): Promise<Calls>;
}

const DENO: Calls = { connect: connectDeno, listen: listenDeno };

/** What each backend can do. */
export const BACKENDS: Readonly<Record<UnixBackend, Backend>> = {
  deno: {
    backlog: false,
    // deno-lint-ignore require-await -- so that what it throws rejects
    load: async (action, syscall) => {
      if (isDeno) return DENO;
      const reason = lackReason("deno", { backend: "deno" });
      throw socketError("ENOTSUP", { action, syscall, reason });
    },
  },
  node: {
    backlog: true,
    load: loadOnce(async () => {
      const { connectNode: connect, listenNode: listen } = await import(
        "./_node_transport.ts"
      );
      return { connect, listen };
    }),
  },
  posix: {
    backlog: true,
    load: async (action, syscall) => {
      const { posixCalls } = await import("./_posix_transport.ts");
      return await posixCalls(action, syscall);
    },
  },
};

/** The runtime's own API. */
export const RUNTIME: UnixBackend = isDeno ? "deno" : "node";

/** The names of all backends. */
export const BACKEND_NAMES = Object.keys(BACKENDS) as readonly UnixBackend[];
