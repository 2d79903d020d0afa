import net from "node:net";
import { requireNet } from "../internal/runtime/mod.ts";
import { descriptorShortage } from "./_descriptor_shortage.ts";
import { NodeTransport } from "./_node_transport.ts";
import { DEFAULT_BACKLOG } from "./_transport.ts";
import type {
  ListenTarget,
  TcpListenerTransport,
  TcpTransport,
} from "./_transport.ts";

/**
 * How many connections wait at least before the next one is reset. `node:net`
 * accepts all that come, and no option of it stops that, as of Deno 2.9.
 */
const MOST_READY = 4096;

/** How often an accept that waits looks whether descriptors are left, in ms. */
const LOOK_AGAIN = 250;
/** How often new connections look for it at most, in ms. */
const LOOK_AT_MOST = 5;

/** An accept that waits. */
interface Accepting {
  resolve: (transport: TcpTransport) => void;
  reject: (error: unknown) => void;
}

/**
 * A listener over `node:net`.
 *
 * After an accept of the kernel's that failed for want of descriptors, `node:net`
 * of Deno 2.9 never accepts again, and reports nothing: it forgets to wait for the
 * next client. So this listener looks for a shortage itself, rejects an accept with
 * it, and listens anew when descriptors are left. That resets the clients that
 * were waiting in the kernel.
 */
class NodeListenerTransport implements TcpListenerTransport {
  readonly backend = "node";
  readonly addr: Deno.NetAddr;
  readonly #target: ListenTarget;
  #server: net.Server;
  /** Accepted by the runtime, which cannot be told to wait. */
  readonly #ready: net.Socket[] = [];
  readonly #mostReady: number;
  #accepting: Accepting | undefined;
  #error: unknown;
  #isRef = true;
  #isClosed = false;
  /** Whether descriptors ran out, so that the server may never accept again. */
  #isDeaf = false;
  #lookedAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(server: net.Server, target: ListenTarget) {
    this.#server = server;
    this.#mostReady = Math.max(target.backlog ?? 0, MOST_READY);
    const { address, port } = server.address() as net.AddressInfo;
    this.addr = { transport: "tcp", hostname: address, port };
    this.#target = { ...target, port };
    this.#hear(server);
  }

  #hear(server: net.Server): void {
    server.on("connection", (socket: net.Socket) => this.#onConnection(socket));
    server.on("error", (error) => this.#onError(error));
  }

  #onConnection(socket: net.Socket): void {
    // The runtime has accepted all that it could, and nothing was closed since.
    if (performance.now() - this.#lookedAt > LOOK_AT_MOST) this.#look();
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
    this.#stopWaiting();
    accepting.resolve(new NodeTransport(socket, { isAccepted: true }));
  }

  #onError(error: unknown): void {
    if (this.#accepting === undefined) {
      this.#error = error;
      return;
    }
    const { reject } = this.#accepting;
    this.#stopWaiting();
    reject(error);
  }

  #stopWaiting(): void {
    this.#accepting = undefined;
    clearTimeout(this.#timer);
  }

  /** Returns the error if no descriptor is left. */
  #look(): unknown {
    this.#lookedAt = performance.now();
    const shortage = descriptorShortage(this.#target);
    if (shortage !== undefined) this.#isDeaf = true;
    return shortage;
  }

  /** Looks again and again while an accept waits. */
  #watch(): void {
    this.#timer = setTimeout(() => {
      const shortage = this.#look();
      if (shortage === undefined) this.#watch();
      else this.#onError(shortage);
    }, LOOK_AGAIN);
    Deno.unrefTimer(this.#timer);
  }

  accept(): Promise<TcpTransport> {
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
    if (this.#isDeaf) return this.#acceptAnew();
    return new Promise((resolve, reject) => {
      this.#accepting = { resolve, reject };
      this.#watch();
    });
  }

  /** Listens anew, if descriptors are left, and accepts. */
  async #acceptAnew(): Promise<TcpTransport> {
    const shortage = this.#look();
    if (shortage !== undefined) throw shortage;
    this.#server.close();
    rememberClosed(this.addr.port);
    const server = await openWhenFree(this.#target);
    if (this.#isClosed) {
      server.close();
      throw closedError();
    }
    this.#isDeaf = false;
    this.#server = server;
    this.#hear(server);
    if (!this.#isRef) server.unref();
    return this.accept();
  }

  close(): Promise<void> {
    this.#isClosed = true;
    // Its callback would also wait for the connections, which live on.
    this.#server.close();
    rememberClosed(this.addr.port);
    for (const socket of this.#ready.splice(0)) socket.destroy();
    this.#onError(closedError());
    return Promise.resolve();
  }

  ref(): void {
    this.#isRef = true;
    this.#server.ref();
  }

  unref(): void {
    this.#isRef = false;
    this.#server.unref();
  }
}

function ignore(): void {}

function closedError(): Error {
  return new Deno.errors.BadResource("Listener has been closed");
}

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
): Promise<TcpListenerTransport> {
  const server = await openWhenFree(target);
  return new NodeListenerTransport(server, target);
}

/** Listens, again and again while the runtime may still let go of the port. */
async function openWhenFree(target: ListenTarget): Promise<net.Server> {
  for (;;) {
    try {
      return await openServer(target);
    } catch (error) {
      const { code } = error as { code?: unknown };
      const age = performance.now() - (closedAt.get(target.port) ?? -Infinity);
      if (code !== "EADDRINUSE" || age > LETTING_GO) throw error;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

function openServer(target: ListenTarget): Promise<net.Server> {
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
      resolve(server);
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
