/**
 * The runtime's own TCP, for the peers of what is tested: `Deno.listen` and
 * `Deno.connect`, or the same over `node:net` in Node and Bun.
 *
 * @module
 */
import { once } from "node:events";
import * as net from "node:net";
import { IS_DENO } from "./_runtime.ts";

/** An address of TCP. */
interface Where {
  hostname?: string;
  port: number;
  /** Of a listener. */
  tcpBacklog?: number;
}

/** A connection that reads and writes. */
export type RawConn = Pick<
  Deno.TcpConn,
  | "read"
  | "write"
  | "close"
  | "closeWrite"
  | "remoteAddr"
  | typeof Symbol.dispose
>;

/** A listener. */
export interface RawListener extends Disposable {
  readonly addr: Deno.NetAddr;
  accept(): Promise<RawConn>;
  close(): void;
  [Symbol.asyncIterator](): AsyncIterableIterator<RawConn>;
}

/** Listens by the runtime's own API. */
export async function listenRaw(where: Where): Promise<RawListener> {
  if (IS_DENO) return Deno.listen(where);
  const { hostname: host = "0.0.0.0", port, tcpBacklog: backlog } = where;
  const server = net.createServer({ allowHalfOpen: true });
  const sockets: NodeConn[] = [];
  let wake = () => {};
  server.on("connection", (socket) => {
    sockets.push(new NodeConn(socket));
    wake();
  });
  server.on("close", () => wake());
  server.listen({ host, port, backlog });
  await once(server, "listening");
  const at = server.address() as net.AddressInfo;
  const close = () => {
    server.close();
    for (const socket of sockets) socket.close();
  };
  const accept = async () => {
    while (sockets.length === 0) {
      if (!server.listening) {
        throw new Deno.errors.BadResource("Listener has been closed");
      }
      await new Promise<void>((resolve) => wake = resolve);
    }
    return sockets.shift()!;
  };
  return {
    addr: { transport: "tcp", hostname: at.address, port: at.port },
    accept,
    close,
    async *[Symbol.asyncIterator]() {
      while (server.listening) {
        try {
          yield await accept();
        } catch (error) {
          if (!(error instanceof Deno.errors.BadResource)) throw error;
        }
      }
    },
    [Symbol.dispose]: close,
  };
}

/** Connects by the runtime's own API. */
export async function connectRaw(where: Where): Promise<RawConn> {
  if (IS_DENO) return await Deno.connect(where);
  const { hostname: host = "127.0.0.1", port } = where;
  const socket = net.connect({ host, port, allowHalfOpen: true });
  await once(socket, "connect");
  return new NodeConn(socket);
}

/** A connection over `node:net` that looks like Deno's. */
class NodeConn implements RawConn {
  readonly #socket: net.Socket;
  #error: Error | undefined;

  constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.on("error", (error) => this.#error = error);
  }

  get remoteAddr(): Deno.NetAddr {
    const { remoteAddress = "", remotePort = 0 } = this.#socket;
    return { transport: "tcp", hostname: remoteAddress, port: remotePort };
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    const socket = this.#socket;
    for (;;) {
      const size = Math.min(buffer.length, socket.readableLength);
      const chunk: Uint8Array | null = socket.read(size || undefined);
      if (chunk !== null) {
        buffer.set(chunk);
        return chunk.length;
      }
      if (this.#error !== undefined) throw this.#error;
      if (socket.readableEnded) return null;
      if (socket.destroyed) throw new Deno.errors.BadResource("closed");
      await new Promise<void>((resolve) => {
        const events = ["readable", "end", "close", "error"];
        const onNews = () => {
          for (const event of events) socket.off(event, onNews);
          resolve();
        };
        for (const event of events) socket.on(event, onNews);
      });
    }
  }

  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => {
        if (error) reject(error);
        else resolve(bytes.length);
      });
    });
  }

  async closeWrite(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.end(resolve));
  }

  close(): void {
    this.#socket.destroy();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
