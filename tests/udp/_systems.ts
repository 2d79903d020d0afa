/**
 * The runtime's datagram APIs as they are on other systems: real sockets of this one,
 * with what the runtime does differently there (Deno 2.9.6, seen on Windows).
 *
 * @module
 */
import dgram from "node:dgram";
import type { Os } from "../../udp/_systems.ts";

/** Room for any datagram. */
const WHOLE = 65_536;

/** Has `fn` run with `node:dgram` and `Deno.listenDatagram` as on a system. */
export async function onSystem(
  os: Os,
  fn: (faults: Faults) => Promise<void>,
): Promise<void> {
  const faults = new Faults();
  const { createSocket } = dgram;
  const deno = Deno as { listenDatagram?: (options: unknown) => DatagramConn };
  const { listenDatagram } = deno;
  const create = (options: dgram.SocketOptions) => {
    // IPV6_V6ONLY is set from the start on Windows.
    const ipv6Only = os === "windows" && options.type === "udp6";
    return likeOn(os, createSocket({ ...options, ipv6Only }), faults);
  };
  dgram.createSocket = create as typeof createSocket;
  if (listenDatagram !== undefined) {
    deno.listenDatagram = (options) =>
      connLikeOn(os, listenDatagram(options), faults);
  }
  try {
    await fn(faults);
  } finally {
    dgram.createSocket = createSocket;
    if (listenDatagram !== undefined) deno.listenDatagram = listenDatagram;
  }
}

/** Failures that the sockets of a system meet when they receive. */
export class Faults {
  readonly #sockets: dgram.Socket[] = [];
  readonly #conns: ((error: Error) => void)[] = [];

  /** Each `node:dgram` socket fails once, as the runtime reports it. */
  failNode(): void {
    for (const socket of this.#sockets) socket.emit("error", unknown());
  }

  /** The pending receive of each `Deno.listenDatagram` socket fails. */
  failDeno(error: () => Error): void {
    for (const reject of this.#conns.splice(0)) reject(error());
  }

  /** Adds a socket. */
  add(socket: dgram.Socket): void {
    this.#sockets.push(socket);
  }

  /** Settles as the receive does, unless it is made to fail first. */
  race<T>(receiving: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#conns.push(reject);
      receiving.then(resolve, reject);
    });
  }
}

/** All that `node:dgram` says of a failed receive. */
function unknown(): Error {
  const about = { code: "UNKNOWN", errno: -4094, syscall: "recvmsg" };
  return Object.assign(new Error("recvmsg UNKNOWN"), about);
}

function likeOn(os: Os, socket: dgram.Socket, faults: Faults): dgram.Socket {
  faults.add(socket);
  let room = WHOLE;
  socket.setRecvBufferSize = (size) => {
    room = os === "linux" ? size * 2 : size;
  };
  socket.getRecvBufferSize = () => room;
  const emit = socket.emit.bind(socket) as (
    event: string,
    ...args: unknown[]
  ) => boolean;
  socket.emit = (event: string, ...args: unknown[]) => {
    const [bytes, from] = args as [Uint8Array, unknown];
    if (event !== "message" || bytes.length <= room) {
      return emit(event, ...args);
    }
    return os === "windows"
      ? emit("error", unknown())
      : emit(event, bytes.subarray(0, room), from);
  };
  return socket;
}

interface DatagramConn {
  receive(buffer: Uint8Array): Promise<[Uint8Array, unknown]>;
}

function connLikeOn(os: Os, conn: DatagramConn, faults: Faults): DatagramConn {
  const whole = new Uint8Array(WHOLE);
  let pending: Promise<[Uint8Array, unknown]> | undefined;
  const receive = async (buffer: Uint8Array) => {
    pending ??= conn.receive.call(conn, whole);
    const [bytes, from] = await faults.race(pending);
    pending = undefined;
    if (bytes.length > buffer.length && os === "windows") {
      throw new Error("A message was larger than the buffer (os error 10040)");
    }
    const part = bytes.subarray(0, buffer.length);
    buffer.set(part);
    return [buffer.subarray(0, part.length), from];
  };
  return new Proxy(conn, {
    get(target, name) {
      if (name === "receive") return receive;
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
