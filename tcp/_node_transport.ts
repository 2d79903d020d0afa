import net from "node:net";
import { requireNet } from "../permissions/mod.ts";
import { takenAway } from "./_check.ts";
import { plainNetAddr } from "./_net_addr.ts";
import { DEFAULT_BACKLOG, firstPiece } from "./_transport.ts";
import type {
  ConnectTarget,
  ListenerTransport,
  ListenTarget,
  StreamTransport,
} from "./_transport.ts";

type Settle<T> = {
  resolve: (value: T) => void;
  reject: (error: unknown) => void;
};

/** A connection over `node:net`, which can bind the near end and send RST. */
class NodeTransport implements StreamTransport {
  readonly backend = "node";
  readonly localAddr: Deno.NetAddr;
  readonly remoteAddr: Deno.NetAddr;
  readonly #socket: net.Socket;
  /** The read that waits for bytes, with its buffer and the size that it had. */
  #reading:
    | Settle<number | null> & { buffer: Uint8Array; size: number }
    | undefined;
  /** The write or the FIN that waits for the kernel. */
  #writing: Settle<number> | undefined;
  #ended = false;
  #error: unknown;

  constructor(socket: net.Socket) {
    this.#socket = socket;
    this.localAddr = plainNetAddr({
      hostname: socket.localAddress ?? "",
      port: socket.localPort ?? 0,
    });
    this.remoteAddr = plainNetAddr({
      hostname: socket.remoteAddress ?? "",
      port: socket.remotePort ?? 0,
    });
    if (socket.destroyed) { // reset before it was accepted
      this.#error = socket.errored ?? new Deno.errors.BadResource("closed");
    }
    socket.on("readable", () => this.#onReadable());
    socket.on("end", () => {
      this.#ended = true;
      this.#onReadable();
    });
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Deno.errors.BadResource("closed")));
  }

  read(buffer: Uint8Array): Promise<number | null> {
    return new Promise((resolve, reject) => {
      this.#reading = { buffer, size: buffer.length, resolve, reject };
      this.#onReadable();
    });
  }

  /** Gives the waiting read what the socket holds. */
  #onReadable(): void {
    const reading = this.#reading;
    if (reading === undefined) return;
    const { buffer } = reading;
    if (buffer.length !== reading.size) {
      this.#reading = undefined;
      reading.reject(takenAway("read into"));
      return;
    }
    const size = Math.min(buffer.length, this.#socket.readableLength);
    // With nothing there, read() still tells the socket to ask the kernel.
    const chunk: Uint8Array | null = size > 0
      ? this.#socket.read(size)
      : this.#socket.read(0);
    if (chunk !== null && chunk.length > 0) {
      buffer.set(chunk);
      this.#settleRead(chunk.length);
    } else if (this.#ended) {
      this.#settleRead(null);
    } else if (this.#error !== undefined) {
      this.#reading = undefined;
      reading.reject(this.#error);
    }
  }

  #settleRead(count: number | null): void {
    const { resolve } = this.#reading!;
    this.#reading = undefined;
    resolve(count);
  }

  #fail(error: unknown): void {
    this.#error ??= error;
    this.#writing?.reject(this.#error);
    this.#writing = undefined;
    this.#onReadable();
  }

  write(bytes: Uint8Array): Promise<number> {
    const some = firstPiece(bytes);
    return this.#untilDone(some.length, (done) => {
      this.#socket.write(some, done);
    });
  }

  async closeWrite(): Promise<void> {
    await this.#untilDone(0, (done) => {
      this.#socket.end(() => done());
    });
  }

  #untilDone(
    count: number,
    start: (done: (error?: Error | null) => void) => void,
  ): Promise<number> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      const writing = this.#writing = { resolve, reject };
      start((error) => {
        // A failure is told by the event that follows: here it may be a mere
        // "canceled", in the wake of what the socket died of.
        if (this.#writing !== writing || error) return;
        this.#writing = undefined;
        resolve(count);
      });
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  reset(): boolean {
    this.#socket.resetAndDestroy();
    return true;
  }

  setNoDelay(on: boolean): void {
    this.#socket.setNoDelay(on);
  }

  setKeepAlive(on: boolean, idle?: number): boolean {
    // The runtime cuts seconds off, and passes over what is less than one.
    const seconds = idle === undefined ? undefined : Math.ceil(idle / 1000);
    this.#socket.setKeepAlive(on, seconds && seconds * 1000);
    return true;
  }

  ref(): void {
    this.#socket.ref();
  }

  unref(): void {
    this.#socket.unref();
  }

  detach(): undefined {
    return undefined;
  }
}

/** Connects; an abort ends the attempt and closes its socket. */
export function connectNode(
  { hostname, port, localAddress, localPort }: ConnectTarget,
  signal: AbortSignal,
): Promise<StreamTransport> {
  return new Promise((resolve, reject) => {
    const options: net.TcpNetConnectOpts & net.SocketConstructorOpts = {
      host: hostname,
      port,
      allowHalfOpen: true,
    };
    if (localAddress !== undefined) options.localAddress = localAddress;
    if (localPort !== undefined) options.localPort = localPort;
    const socket = net.connect(options);
    const onAbort = () => {
      socket.destroy();
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    const onError = (error: Error) => {
      signal.removeEventListener("abort", onAbort);
      reject(error);
    };
    socket.once("error", onError);
    socket.once("connect", () => {
      socket.off("error", onError);
      signal.removeEventListener("abort", onAbort);
      resolve(new NodeTransport(socket));
    });
  });
}

/** A listener over `node:net`. */
class NodeListenerTransport implements ListenerTransport {
  readonly backend = "node";
  readonly addr: Deno.NetAddr;
  readonly #server: net.Server;
  /** Accepted before somebody asked: the event comes when it likes. */
  readonly #ready: net.Socket[] = [];
  readonly #backlog: number;
  #accepting: Settle<StreamTransport> | undefined;
  #error: unknown;

  constructor(server: net.Server, backlog: number) {
    this.#server = server;
    this.#backlog = backlog;
    const { address, port } = server.address() as net.AddressInfo;
    this.addr = { transport: "tcp", hostname: address, port };
    server.on("connection", (socket: net.Socket) => this.#onConnection(socket));
    server.on("error", (error) => this.#onError(error));
  }

  #onConnection(socket: net.Socket): void {
    const accepting = this.#accepting;
    if (accepting === undefined && this.#ready.length >= this.#backlog) {
      socket.destroy(); // as the kernel does when its own queue is full
      return;
    }
    if (accepting === undefined) {
      socket.on("error", ignore); // a reset before accept is met at the first read
      this.#ready.push(socket);
      return;
    }
    this.#accepting = undefined;
    accepting.resolve(new NodeTransport(socket));
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
      const transport = new NodeTransport(socket);
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
    server.listen({ host: hostname, port, backlog }, () => {
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
