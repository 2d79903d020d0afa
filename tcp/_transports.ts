import { connectDeno, listenDeno } from "./_deno_transport.ts";
import type {
  ConnectTarget,
  ListenerTransport,
  ListenTarget,
  StreamTransport,
  TcpBackend,
} from "./_transport.ts";

/** What a backend does, once it is loaded. */
export interface StreamBackend {
  /** Connects; an abort ends the attempt and closes its socket. */
  connect(target: ConnectTarget, signal: AbortSignal): Promise<StreamTransport>;
  /** Listens. */
  listen(target: ListenTarget): Promise<ListenerTransport>;
}

const DENO: StreamBackend = { connect: connectDeno, listen: listenDeno };

/** Loads a backend. `node:net` takes longer to load than all of this package. */
export async function loadBackend(
  backend: TcpBackend,
): Promise<StreamBackend> {
  if (backend === "deno") return DENO;
  if (backend === "posix") {
    const posix = await import("./_posix_transport.ts");
    return { connect: posix.connectPosix, listen: posix.listenPosix };
  }
  const [{ connectNode }, { listenNode }] = await Promise.all([
    import("./_node_transport.ts"),
    import("./_node_listener.ts"),
  ]);
  return { connect: connectNode, listen: listenNode };
}
