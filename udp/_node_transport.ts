import dgram from "node:dgram";
import { requireNet } from "../internal/runtime/mod.ts";
import { unmapped } from "../internal/hosts/mod.ts";
import { ABILITIES } from "./_abilities.ts";
import { DatagramQueue } from "./_datagram_queue.ts";
import { interfaceName } from "./_interfaces.ts";
import { KeepAlive } from "./_keep_alive.ts";
import { Memberships } from "./_membership.ts";
import {
  hasDualStack,
  isPassingFault,
  type Os,
  receiveRoom,
} from "./_systems.ts";
import type {
  BindTarget,
  DatagramSink,
  DatagramTransport,
  MulticastGroup,
  RawDatagram,
  SettingValues,
} from "./_transport.ts";

/** Sockets that were closed, but whose port the runtime has yet to let go of. */
const ending = new Set<Promise<void>>();

/** A socket over `node:dgram`, which needs no flag and knows the most options. */
class NodeTransport implements DatagramTransport {
  readonly backend = "node";
  readonly kernelConnected = false;
  readonly can = ABILITIES.node;
  declare sink: DatagramSink;
  readonly localAddr: Deno.NetAddr;
  readonly #socket: dgram.Socket;
  /** The IPv4 socket on the same port, if the other one has only IPv6. */
  readonly #four: dgram.Socket | undefined;
  readonly #maxDatagramSize: number;
  readonly #os: Os;
  /** Datagrams come as events, whether somebody asked for them or not. */
  readonly #queue: DatagramQueue;
  readonly #members = new Memberships<string | undefined>();
  #isReceiving = false;
  readonly #keepAlive = new KeepAlive();
  #isRef = true;
  /** Ends the send that was begun last, of which the runtime forgets to tell. */
  #giveUpSend: (error: unknown) => void = () => {};
  #error: unknown;

  constructor(
    [socket, four]: [dgram.Socket, dgram.Socket?],
    target: BindTarget,
    os: Os,
  ) {
    this.#socket = socket;
    this.#four = four;
    this.#os = os;
    this.#maxDatagramSize = target.maxDatagramSize;
    this.#queue = new DatagramQueue(target);
    const { address, port } = socket.address();
    this.localAddr = { transport: "udp", hostname: address, port };
    for (const each of this.#sockets) {
      makeRoom(each, receiveRoom(target, os));
      each.on("message", (bytes, from) => this.#onMessage(bytes, from));
      each.on("error", (error) => this.#onError(error));
    }
  }

  get #sockets(): dgram.Socket[] {
    return this.#four === undefined
      ? [this.#socket]
      : [this.#socket, this.#four];
  }

  get dropped(): number {
    return this.#queue.dropped;
  }

  #onMessage(buffer: Uint8Array, { address, port }: dgram.RemoteInfo): void {
    const truncated = buffer.length > this.#maxDatagramSize;
    const bytes = truncated
      ? buffer.subarray(0, this.#maxDatagramSize)
      : buffer;
    const datagram = { bytes, hostname: address, port, truncated };
    if (this.#isReceiving) {
      this.#isReceiving = false;
      this.sink.onDatagram(datagram);
      this.#hold();
    } else if (this.sink.wants(address, port)) { // strangers take no room
      this.#queue.push({ ...datagram, bytes: rightSized(bytes) });
    }
  }

  #hold(): void {
    this.#keepAlive.hold(this.#isRef && this.#isReceiving);
  }

  #onError(error: unknown): void {
    if (isPassingFault(error, this.#os)) return;
    if (this.#isReceiving) {
      this.#isReceiving = false;
      this.sink.onFailed(error);
      this.#hold();
    } else this.#error = error;
  }

  receive(): void {
    this.#isReceiving = true;
    this.#hold();
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) queueMicrotask(() => this.#onError(error));
  }

  receiveNow(): RawDatagram | undefined {
    return this.#queue.shift();
  }

  send(bytes: Uint8Array, hostname: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#giveUpSend = reject;
      // The runtime reads the bytes a turn later, and ends the program if they have
      // been transferred by then (Deno 2.9.6). The slice of a Buffer would be a view.
      const copy = new Uint8Array(bytes);
      const host = this.#four === undefined ? hostname : unmapped(hostname);
      const socket = host.includes(":") ? this.#socket : this.#four;
      (socket ?? this.#socket).send(copy, port, host, (error, count) => {
        if (error) reject(reasonOf(error, hostname, port));
        else resolve(count);
      });
    });
  }

  get #isIpv6(): boolean {
    return this.localAddr.hostname.includes(":");
  }

  set<K extends keyof SettingValues>(name: K, value: SettingValues[K]): void {
    const socket = this.#socket;
    switch (name) {
      case "ttl":
        socket.setTTL(value as number);
        break;
      case "multicastTtl":
        socket.setMulticastTTL(value as number);
        break;
      case "multicastInterface":
        socket.setMulticastInterface(
          this.#isIpv6 ? withZone(value as string | number) : String(value),
        );
        break;
      case "multicastLoopback":
        for (const each of this.#sockets) {
          each.setMulticastLoopback(value as boolean);
        }
        break;
      case "broadcast":
        for (const each of this.#sockets) each.setBroadcast(value as boolean);
    }
  }

  join(group: MulticastGroup): Promise<boolean> {
    const { family, source, address, interface: via } = group;
    // The runtime takes an index as well, but joins by the system's choice.
    const isIndex = family === 6 && typeof via === "number" && via !== 0;
    const name = isIndex ? interfaceName(via) : via || undefined;
    if (isIndex && name === undefined) return resolved(false);
    const text = name === undefined || family === 4
      ? name as string | undefined
      : withZone(name);
    this.#members.requireNone(group);
    if (source === undefined) this.#socket.addMembership(address, text);
    else this.#socket.addSourceSpecificMembership(source, address, text);
    this.#members.add(group, text);
    return resolved(true);
  }

  leave(group: MulticastGroup): Promise<boolean> {
    const { source, address } = group;
    const text = this.#members.take(group);
    if (source === undefined) this.#socket.dropMembership(address, text);
    else this.#socket.dropSourceSpecificMembership(source, address, text);
    return resolved(true);
  }

  close(): Promise<void> {
    this.#queue.clear();
    const end = Promise.all(this.#sockets.map(closeSocket)).then(() => {});
    ending.add(end);
    end.then(() => ending.delete(end));
    const closed = new Deno.errors.BadResource("Socket has been closed");
    this.#onError(closed);
    this.#giveUpSend(closed);
    this.#keepAlive.end();
    return end;
  }

  ref(): void {
    this.#isRef = true;
    this.#hold();
  }

  unref(): void {
    this.#isRef = false;
    this.#hold();
  }
}

function resolved(isDone: boolean): Promise<boolean> {
  return Promise.resolve(isDone);
}

/** How Node writes an IPv6 interface. */
function withZone(via: string | number): string {
  return `::%${via}`;
}

/** The runtime says UNKNOWN, too, where it is the program that may not. */
function reasonOf(error: unknown, hostname: string, port: number): unknown {
  try {
    requireNet(hostname, port);
    return error;
  } catch (refusal) {
    return refusal;
  }
}

/**
 * Sizes the memory that the runtime allocates for each datagram; SO_RCVBUF stays as it
 * is. Deno 2.9.6 doubles the number, but only on Linux: so ask what it made of it.
 */
function makeRoom(socket: dgram.Socket, size: number): void {
  socket.setRecvBufferSize(Math.ceil(size / 2));
  if (socket.getRecvBufferSize() < size) socket.setRecvBufferSize(size);
}

/** Small bytes do not hold on to the large buffer that they came in. */
function rightSized(bytes: Uint8Array): Uint8Array {
  const isSmall = bytes.length * 2 < bytes.buffer.byteLength;
  return isSmall ? new Uint8Array(bytes) : bytes;
}

/** Binds, to a port that one of our own sockets may just have closed, too. */
export async function bindNode(
  target: BindTarget,
  os: Os = Deno.build.os,
): Promise<DatagramTransport> {
  requireNet(target.hostname, target.port);
  try {
    return await bind(target, os);
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code !== "EADDRINUSE" || ending.size === 0) throw error;
    await Promise.all(ending);
    return await bind(target, os);
  }
}

async function bind(target: BindTarget, os: Os): Promise<DatagramTransport> {
  const sockets = target.hostname === "::" && !hasDualStack(os)
    ? await openPair(target)
    : [await open(target)] as [dgram.Socket];
  return new NodeTransport(sockets, target, os);
}

/** How often another program may have the port that was free for one socket. */
const MAX_ATTEMPTS = 10;

/** Opens a socket for each family, on the same port. */
async function openPair(
  target: BindTarget,
): Promise<[dgram.Socket, dgram.Socket]> {
  requireNet("0.0.0.0", target.port);
  for (let attempt = 1;; attempt++) {
    const six = await open(target, true);
    try {
      const { port } = six.address();
      return [six, await open({ ...target, hostname: "0.0.0.0", port })];
    } catch (error) {
      await closeSocket(six);
      const isInUse = (error as { code?: unknown }).code === "EADDRINUSE";
      if (!isInUse || target.port !== 0 || attempt === MAX_ATTEMPTS) {
        throw error;
      }
    }
  }
}

function closeSocket(socket: dgram.Socket): Promise<void> {
  return new Promise((resolve) => socket.close(resolve));
}

function open(
  { hostname, port, reuseAddress }: BindTarget,
  ipv6Only = false,
): Promise<dgram.Socket> {
  return new Promise((resolve, reject) => {
    const socket = dgram.createSocket({
      type: hostname.includes(":") ? "udp6" : "udp4",
      reuseAddr: reuseAddress,
      ipv6Only,
    });
    const onError = (error: Error) => {
      socket.close();
      reject(error);
    };
    socket.once("error", onError);
    // The runtime always receives, and would keep the program alive by that.
    socket.unref();
    socket.bind({ address: hostname, port }, () => {
      socket.off("error", onError);
      resolve(socket);
    });
  });
}
