import type { BindTarget, DatagramTransport } from "../../../udp/_seam.ts";
import {
  failure,
  type IcmpPacket,
  type Machine,
  type Packet,
  type Stack,
  type UdpPacket,
} from "../types.ts";
import {
  canonical,
  familyOf,
  isAny,
  isGroup,
  isLoopback,
} from "./addresses.ts";
import { pendingCall } from "../pending_call.ts";
import { covers, FIRST_PORT, LAST_PORT, Ports } from "./ports.ts";
import { SimulatedUdpTransport, type SocketOwner } from "./transport.ts";

/** The bytes of the headers: IPv4 or IPv6, and UDP. */
const HEADERS = { 4: 20 + 8, 6: 40 + 8 };
/** The largest payload over each family, without jumbograms. */
const MAX_PAYLOAD = { 4: 65_507, 6: 65_527 };
/** An ICMP report with the headers that it quotes. */
const ICMP_SIZE = { 4: 56, 6: 96 };
/** How long a call of the kernel takes, in milliseconds. */
const CALL_TIME = 0.001;

/** The UDP of a host: which socket gets which packet, as Linux decides it. */
export class UdpStack implements Stack, SocketOwner {
  readonly machine: Machine;
  /** How many sockets are members of a group on the loopback interface. */
  readonly onLoopback: Map<string, number> = new Map();
  readonly #ports: Ports<SimulatedUdpTransport>;
  /** How often the host was started; what an earlier start began has no effect. */
  #start = 0;

  constructor(machine: Machine) {
    this.machine = machine;
    // Another one after each start: late answers to the former one find nobody.
    const first = machine.random.integer(FIRST_PORT, LAST_PORT);
    this.#ports = new Ports(first);
  }

  /** Binds a socket: what `udp/_seam.ts` needs of a network. */
  bind(target: BindTarget): Promise<DatagramTransport> {
    let transport: DatagramTransport;
    try {
      transport = this.#bind(target);
    } catch (error) {
      return this.later(CALL_TIME, () => {
        throw error;
      });
    }
    return this.later(CALL_TIME, () => transport);
  }

  #bind(target: BindTarget): DatagramTransport {
    const { port: wanted, reuseAddress } = target;
    const address = canonical(target.hostname);
    const { machine } = this;
    const isBindable = isAny(address) || machine.isOwn(address) ||
      isGroup(address) || machine.isBroadcast(address);
    const giveBack = machine.open();
    try {
      if (!isBindable) throw failure("EADDRNOTAVAIL", "bind");
      const port = this.#ports.choose({ address, port: wanted, reuseAddress });
      const socket = new SimulatedUdpTransport(this, target, port, giveBack);
      this.#ports.add(socket);
      return socket;
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  /** Settles after a delay with what a function returns or throws; never after a crash. */
  later<T>(delay: number, result: () => T): Promise<T> {
    const start = this.#start;
    return new Promise((resolve, reject) => {
      this.machine.scheduler.settle(delay, () => {
        if (start !== this.#start) return false;
        try {
          resolve(result());
        } catch (error) {
          reject(error);
        }
        return true;
      });
    });
  }

  moved(socket: SimulatedUdpTransport): void {
    this.#ports.delete(socket);
    this.#ports.add(socket);
  }

  remove(socket: SimulatedUdpTransport): void {
    this.#ports.delete(socket);
  }

  /** The address that packets of a socket to a destination bear. */
  sourceOf(bound: string, destination: string, syscall: string): string {
    if (isAny(bound)) {
      const source = this.machine.sourceFor(destination);
      if (source !== undefined) return source;
      throw failure("ENETUNREACH", syscall);
    }
    if (familyOf(bound) !== familyOf(destination)) {
      throw failure("ENETUNREACH", syscall);
    }
    // A route of Linux has no loopback address that leaves the host.
    const leaves = isLoopback(bound) && !this.machine.isOwn(destination) &&
      !isGroup(destination) && !this.machine.isBroadcast(destination);
    if (leaves) {
      throw failure(familyOf(bound) === 4 ? "EINVAL" : "ENETUNREACH", syscall);
    }
    return bound;
  }

  /** Refuses a broadcast address to a socket without SO_BROADCAST. */
  requireBroadcast(
    address: string,
    from: SimulatedUdpTransport,
    syscall: string,
  ): boolean {
    if (!this.machine.isBroadcast(address)) return false;
    if (from.broadcast) return true;
    throw failure("EACCES", syscall);
  }

  /** Sends a datagram; the payload is not changed any more. */
  send(
    from: SimulatedUdpTransport,
    payload: Uint8Array,
    destination: string,
    port: number,
  ): void {
    const address = isAny(destination)
      ? thisHost(from.address, destination)
      : destination;
    const family = familyOf(address);
    if (payload.length > MAX_PAYLOAD[family]) {
      throw failure("EMSGSIZE", "sendto");
    }
    const isToGroup = isGroup(address);
    const isToAll = this.requireBroadcast(address, from, "sendto");
    const packet: UdpPacket = {
      protocol: "udp",
      from: isToGroup
        ? this.#groupSource(from, address)
        : from.sourceTo(address),
      to: address,
      sourcePort: from.port,
      port,
      payload,
      hops: isToGroup ? from.multicastTtl : from.ttl,
      size: payload.length + HEADERS[family],
    };
    // As in Linux, reported when there is a route.
    const error = from.takeError("sendto");
    if (error !== undefined) throw error;
    if (!isToGroup && !isToAll) return this.machine.send(packet);
    const isLocal = isLoopback(packet.from);
    // Linux looks at IP_MULTICAST_LOOP only for interfaces other than loopback.
    if (isToAll || isLocal || from.multicastLoopback) {
      this.machine.send({ ...packet, hops: 0 });
    }
    if (!isLocal) this.machine.send(packet);
  }

  /** The address of the interface that a datagram to a group leaves by. */
  #groupSource(from: SimulatedUdpTransport, group: string): string {
    const { multicastInterface: via } = from;
    if (via === "lo" && familyOf(group) === 6) {
      throw failure("ENETUNREACH", "sendto"); // Linux has no such route
    }
    if (via === "lo" && isAny(from.address)) return "127.0.0.1";
    return from.sourceTo(group);
  }

  receive(packet: Packet): boolean {
    if (packet.protocol === "udp") return this.#receiveDatagram(packet);
    return packet.protocol === "icmp" && this.#receiveReport(packet);
  }

  #receiveDatagram(packet: UdpPacket): boolean {
    const isToGroup = isGroup(packet.to);
    if (isToGroup || this.machine.isBroadcast(packet.to)) {
      return this.#deliverToAll(packet, isToGroup);
    }
    const socket = this.#find(packet);
    if (socket !== undefined) return socket.deliver(packet);
    this.#report(packet);
    return false;
  }

  /** The socket of a packet that is for one; the most specific, as in Linux. */
  #find(
    { to, port, from, sourcePort }: UdpPacket,
  ): SimulatedUdpTransport | undefined {
    const sockets = this.#ports.at(port);
    if (sockets === undefined) return undefined;
    let best: SimulatedUdpTransport | undefined;
    let most = -1;
    for (const socket of sockets) {
      if (!covers(socket, to) || !socket.hears(from, sourcePort)) continue;
      const score = scoreOf(socket, to);
      if (score <= most) continue;
      most = score;
      best = socket;
    }
    return best;
  }

  #deliverToAll(packet: UdpPacket, isToGroup: boolean): boolean {
    const { to, from, sourcePort } = packet;
    const via = isLoopback(from) ? "lo" : "eth0";
    if (isToGroup && !this.#isMember(to, via)) return false;
    let wakes = false;
    for (const socket of this.#ports.at(packet.port) ?? []) {
      const hears = covers(socket, to) && socket.hears(from, sourcePort) &&
        (!isToGroup || hearsGroup(socket, to) &&
            socket.memberships.hears(to, via, from));
      if (hears && socket.deliver(packet)) wakes = true;
    }
    return wakes;
  }

  #isMember(group: string, via: "lo" | "eth0"): boolean {
    return via === "lo"
      ? (this.onLoopback.get(group) ?? 0) > 0
      : this.machine.isMember(group);
  }

  /** Tells the sender that the port has no socket. */
  #report(about: UdpPacket): void {
    this.machine.send({
      protocol: "icmp",
      kind: "port-unreachable",
      from: about.to,
      to: about.from,
      size: ICMP_SIZE[familyOf(about.to)],
      about,
    });
  }

  /**
   * Only a report of a port reaches a socket: Linux keeps that of a host for sockets
   * with IP_RECVERR (`icmp_err_convert`, net/ipv4/icmp.c: not fatal).
   */
  #receiveReport({ kind, about }: IcmpPacket): boolean {
    if (kind !== "port-unreachable" || about.protocol !== "udp") return false;
    const { from, to, sourcePort, port } = about;
    const socket = this.#ports.at(sourcePort)?.find((one) =>
      one.isConnected && one.hears(to, port) && covers(one, from)
    );
    return socket?.refuse() ?? false;
  }

  /** Describes the calls that are pending, a line each. */
  *describePending(): Generator<string> {
    for (const { localAddr, receivingSince } of this.#ports.all()) {
      if (receivingSince === undefined) continue;
      const { hostname, port } = localAddr;
      yield pendingCall("receive on", hostname, port, receivingSince);
    }
  }

  crash(): void {
    this.#end();
  }

  /** Datagrams have no end: nobody hears of it, but the ports refuse from now on. */
  shutdown(): void {
    this.#end();
  }

  #end(): void {
    this.#start++;
    for (const socket of this.#ports.all()) socket.drop();
    this.#ports.clear();
    this.onLoopback.clear();
  }
}

/** Linux takes any address for this host as a destination. */
function thisHost(bound: string, any: string): string {
  const isBound = !isAny(bound) && familyOf(bound) === familyOf(any);
  if (isBound) return bound;
  return familyOf(any) === 4 ? "127.0.0.1" : "::1";
}

/** IP_MULTICAST_ALL of Linux is off for IPv4 groups and sockets of IPv6. */
function hearsGroup({ family }: SimulatedUdpTransport, group: string): boolean {
  return family === familyOf(group);
}

/** How well a socket fits: connected before bound to the address before any. */
function scoreOf(socket: SimulatedUdpTransport, to: string): number {
  const isOfFamily = socket.family === familyOf(to);
  return (isAny(socket.address) ? 0 : 4) + (socket.isConnected ? 2 : 0) +
    (isOfFamily ? 1 : 0);
}
