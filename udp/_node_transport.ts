import type { NetAddr } from "../address/mod.ts";
import dgram from "node:dgram";
import { socketError } from "../errors/mod.ts";
import { EndingSockets, isInUse } from "../internal/backends/mod.ts";
import {
  isDeno,
  makeError,
  refTimer,
  requireNet,
  SYSTEM,
  unrefTimer,
} from "../internal/runtime/mod.ts";
import { unmapped } from "../internal/hosts/mod.ts";
import { MAX_DELAY } from "../internal/wait/mod.ts";
import { ABILITIES } from "./_abilities.ts";
import { DatagramQueue } from "./_datagram_queue.ts";
import { interfaceName, isBroadcast } from "./_interfaces.ts";
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
  Member,
  MulticastGroup,
  RawDatagram,
  SettingValues,
} from "./_transport.ts";

const ending = new EndingSockets();

/** The setters of what each of its sockets gets. */
const SETTERS = {
  ttl: "setTTL",
  multicastTtl: "setMulticastTTL",
  multicastLoopback: "setMulticastLoopback",
  broadcast: "setBroadcast",
  receiveBufferSize: "setRecvBufferSize",
  sendBufferSize: "setSendBufferSize",
} as const;

/** A socket over `node:dgram`, which needs no flag and knows the most options. */
class NodeTransport implements DatagramTransport {
  readonly backend = "node";
  readonly kernelConnected = false;
  readonly can = ABILITIES.node;
  declare sink: DatagramSink;
  readonly localAddr: NetAddr;
  /** All of its sockets. */
  readonly #sockets: readonly dgram.Socket[];
  readonly #socket: dgram.Socket;
  /** The IPv4 socket on the same port, if the other one has only IPv6. */
  readonly #four: dgram.Socket | undefined;
  readonly #maxDatagramSize: number;
  readonly #os: Os;
  /** Datagrams come as events, whether somebody asked for them or not. */
  readonly #queue: DatagramQueue;
  #isReceiving = false;
  /**
   * Keeps the program alive while it is held. `node:dgram` itself does so as long as a
   * socket is bound, or not at all (Deno 2.9.6; tests/udp/unref_test.ts).
   */
  #keepAlive: ReturnType<typeof setInterval> | undefined;
  #isHeld = false;
  #isRef = true;
  #isBroadcaster = false;
  /** Ends the send that was begun last, of which the runtime forgets to tell. */
  #giveUpSend: (error: unknown) => void = () => {};
  #error: unknown;

  constructor(
    sockets: readonly dgram.Socket[],
    target: BindTarget,
    os: Os,
  ) {
    const [socket, four] = sockets;
    this.#sockets = sockets;
    this.#socket = socket!;
    this.#four = four;
    this.#os = os;
    this.#maxDatagramSize = target.maxDatagramSize;
    this.#queue = new DatagramQueue(target);
    const { address, port } = this.#socket.address();
    this.localAddr = { transport: "udp", hostname: address, port };
    for (const each of this.#sockets) {
      if (isDeno) makeRoom(each, receiveRoom(target, os));
      each.on("message", (bytes, from) => this.#onMessage(bytes, from));
      each.on("error", (error) => this.#onError(error));
    }
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
      // Small bytes do not hold on to the large buffer that they came in.
      const isSmall = bytes.length * 2 < bytes.buffer.byteLength;
      const own = isSmall ? new Uint8Array(bytes) : bytes;
      this.#queue.push({ ...datagram, bytes: own });
    }
  }

  #hold(): void {
    const isHeld = this.#isRef && this.#isReceiving;
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    if (this.#keepAlive === undefined) {
      this.#keepAlive = setInterval(() => {}, MAX_DELAY);
    } else if (isHeld) refTimer(this.#keepAlive);
    else unrefTimer(this.#keepAlive);
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
  }

  receiveNow(): RawDatagram | undefined {
    const next = this.#queue.shift();
    const error = this.#error;
    if (next !== undefined || error === undefined) return next;
    this.#error = undefined;
    throw error;
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
        if (error) reject(this.#sendFailure(error, hostname, port));
        else resolve(count);
      });
    });
  }

  /** The runtime calls each failure to send UNKNOWN, and keeps its reason to itself. */
  #sendFailure(error: Error, hostname: string, port: number): unknown {
    if ((error as { code?: unknown }).code !== "UNKNOWN") return error;
    try {
      requireNet(hostname, port);
    } catch (refusal) {
      return refusal;
    }
    const context = { action: "send", syscall: "sendto", cause: error };
    return isBroadcast(hostname) && !this.#isBroadcaster
      ? socketError("EACCES", context)
      : socketError("EIO", {
        ...context,
        reason:
          `the system cannot send to ${hostname}, and the "node" backend does not say why: no route, an unreachable host, a firewall, or a broadcast address without broadcast: true`,
      });
  }

  set<K extends keyof SettingValues>(name: K, value: SettingValues[K]): void {
    if (name === "multicastInterface") {
      const isIpv6 = this.localAddr.hostname.includes(":");
      this.#socket.setMulticastInterface(
        isIpv6 ? withZone(value as string | number) : String(value),
      );
    } else {
      const setter = SETTERS[name as keyof typeof SETTERS];
      for (const each of this.#sockets) each[setter](value as never);
    }
    if (name === "broadcast") this.#isBroadcaster = value === true;
  }

  // deno-lint-ignore require-await -- so that what it throws rejects
  async join(
    { family, source, address, interface: via }: MulticastGroup,
  ): Promise<Member | undefined> {
    // The runtime takes an index as well, but joins by the system's choice.
    const isIndex = family === 6 && typeof via === "number" && via !== 0;
    const name = isIndex ? interfaceName(via) : via || undefined;
    if (isIndex && name === undefined) return undefined;
    const text = name === undefined || family === 4
      ? name as string | undefined
      : withZone(name);
    const socket = this.#socket;
    if (source === undefined) {
      socket.addMembership(address, text);
      return { leave: () => socket.dropMembership(address, text) };
    }
    socket.addSourceSpecificMembership(source, address, text);
    return {
      leave: () => socket.dropSourceSpecificMembership(source, address, text),
    };
  }

  close(): Promise<void> {
    this.#queue.clear();
    const end = ending.add(this.#sockets.map(closeSocket));
    const closed = makeError("BadResource", "Socket has been closed");
    this.#onError(closed);
    this.#giveUpSend(closed);
    clearInterval(this.#keepAlive);
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

/** How Node writes an IPv6 interface. */
function withZone(via: string | number): string {
  return `::%${via}`;
}

/**
 * Sizes the memory that the runtime allocates for each datagram; SO_RCVBUF stays as it
 * is. Deno 2.9.6 doubles the number, but only on Linux: so ask what it made of it.
 */
function makeRoom(socket: dgram.Socket, size: number): void {
  socket.setRecvBufferSize(Math.ceil(size / 2));
  if (socket.getRecvBufferSize() < size) socket.setRecvBufferSize(size);
}

/** Binds, to a port that one of our own sockets may just have closed, too. */
export function bindNode(
  target: BindTarget,
  os: Os = SYSTEM,
): Promise<DatagramTransport> {
  const isPair = target.hostname === "::" && !hasDualStack(os);
  return ending.open(async () => {
    const sockets = isPair ? await openPair(target) : [await open(target)];
    return new NodeTransport(sockets, target, os);
  });
}

/** How often another program may have the port that was free for one socket. */
const MAX_ATTEMPTS = 10;

/** Opens a socket for each family, on the same port. */
async function openPair(
  target: BindTarget,
): Promise<readonly dgram.Socket[]> {
  for (let attempt = 1;; attempt++) {
    const six = await open(target, true);
    try {
      const { port } = six.address();
      return [six, await open({ ...target, hostname: "0.0.0.0", port })];
    } catch (error) {
      await closeSocket(six);
      const isFinal = target.port !== 0 || attempt === MAX_ATTEMPTS;
      if (isFinal || !isInUse(error)) throw error;
    }
  }
}

function closeSocket(socket: dgram.Socket): Promise<void> {
  return new Promise((resolve) => socket.close(resolve));
}

/** Calls back in the same turn. */
function noLookup(
  address: string,
  _: unknown,
  done: (error: null, address: string, family: number) => void,
): void {
  done(null, address, address.includes(":") ? 6 : 4);
}

function open(
  { hostname, port, reuseAddress }: BindTarget,
  ipv6Only = false,
): Promise<dgram.Socket> {
  requireNet(hostname, port); // `node:dgram` would end the program
  return new Promise((resolve, reject) => {
    const socket = dgram.createSocket({
      type: hostname.includes(":") ? "udp6" : "udp4",
      reuseAddr: reuseAddress,
      ipv6Only,
      // Node looks up each address again, even one of numbers.
      ...(isDeno ? {} : { lookup: noLookup }),
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
