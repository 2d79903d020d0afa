import net from "node:net";
import { requireNet } from "../permissions/mod.ts";
import { NodeTransport } from "./_node_transport.ts";
import { DEFAULT_BACKLOG } from "./_transport.ts";
import type {
  ListenerTransport,
  ListenTarget,
  StreamTransport,
} from "./_transport.ts";

/**
 * How many connections wait at least before the next one is reset. `node:net`
 * accepts all that come, and no option of it stops that, as of Deno 2.9.
 */
const MOST_READY = 4096;

/** An accept that waits. */
interface Accepting {
  resolve: (transport: StreamTransport) => void;
  reject: (error: unknown) => void;
}

/** A listener over `node:net`. */
class NodeListenerTransport implements ListenerTransport {
  readonly backend = "node";
  readonly addr: Deno.NetAddr;
  readonly #server: net.Server;
  /** Accepted by the runtime, which cannot be told to wait. */
  readonly #ready: net.Socket[] = [];
  readonly #mostReady: number;
  #accepting: Accepting | undefined;
  #error: unknown;

  constructor(server: net.Server, backlog: number) {
    this.#server = server;
    this.#mostReady = Math.max(backlog, MOST_READY);
    const { address, port } = server.address() as net.AddressInfo;
    this.addr = { transport: "tcp", hostname: address, port };
    server.on("connection", (socket: net.Socket) => this.#onConnection(socket));
    server.on("error", (error) => this.#onError(error));
  }

  #onConnection(socket: net.Socket): void {
    const accepting = this.#accepting;
    if (accepting === undefined && this.#ready.length >= this.#mostReady) {
      socket.resetAndDestroy();
      return;
    }
    if (accepting === undefined) {
      socket.on("error", ignore); // a reset before accept is met at the first read
      socket.unref();
      this.#ready.push(socket);
      return;
    }
    this.#accepting = undefined;
    accepting.resolve(new NodeTransport(socket, { isAccepted: true }));
  }

  #onError(error: unknown): void {
    if (this.#accepting === undefined) {
      this.#error = error;
      return;
    }
    this.#accepting.reject(error);
    this.#accepting = undefined;
  }

  accept(): Promise<StreamTransport> {
    const socket = this.#ready.shift();
    if (socket !== undefined) {
      const transport = new NodeTransport(socket, { isAccepted: true });
      socket.off("error", ignore);
      return Promise.resolve(transport);
    }
    if (this.#error !== undefined) {
      const error = this.#error;
      this.#error = undefined;
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      this.#accepting = { resolve, reject };
    });
  }

  close(): Promise<void> {
    // Its callback would also wait for the connections, which live on.
    this.#server.close();
    rememberClosed(this.addr.port);
    for (const socket of this.#ready.splice(0)) socket.destroy();
    this.#onError(new Deno.errors.BadResource("Listener has been closed"));
    return Promise.resolve();
  }

  ref(): void {
    this.#server.ref();
  }

  unref(): void {
    this.#server.unref();
  }
}

function ignore(): void {}

/** How long the runtime may take to let go of a port, in milliseconds. */
const LETTING_GO = 1000;
/** When our own listeners on these ports were closed. */
const closedAt = new Map<number, number>();

function rememberClosed(port: number): void {
  for (const [old, at] of closedAt) {
    if (performance.now() - at > LETTING_GO) closedAt.delete(old);
  }
  closedAt.set(port, performance.now());
}

/** Listens, on a port that one of our own listeners may just have closed, too. */
export async function listenNode(
  target: ListenTarget,
): Promise<ListenerTransport> {
  for (;;) {
    try {
      return await listenOnce(target);
    } catch (error) {
      const { code } = error as { code?: unknown };
      const age = performance.now() - (closedAt.get(target.port) ?? -Infinity);
      if (code !== "EADDRINUSE" || age > LETTING_GO) throw error;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

function listenOnce(
  target: ListenTarget,
): Promise<ListenerTransport> {
  const { hostname, port, backlog = DEFAULT_BACKLOG } = target;
  const { reusePort = false } = target;
  requireNet(hostname, port);
  return new Promise((resolve, reject) => {
    const server = net.createServer({
      allowHalfOpen: true,
      pauseOnConnect: true,
    });
    const onError = (error: Error & { code?: string }) => {
      reject(error.code === "EINVAL" ? bindFailure(target) ?? error : error);
    };
    server.once("error", onError);
    const where = { host: hostname, port, backlog, reusePort };
    server.listen(where, () => {
      server.off("error", onError);
      resolve(new NodeListenerTransport(server, backlog));
    });
  });
}

/** Why a bind fails: `node:net` says EINVAL to an address that is not this host's. */
function bindFailure({ hostname, port }: ListenTarget): unknown {
  try {
    Deno.listen({ hostname, port }).close();
    return undefined;
  } catch (error) {
    return error;
  }
}
