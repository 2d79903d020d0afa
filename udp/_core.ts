import {
  formatHostPort,
  parseIpAddress,
  SOCK_DGRAM,
  type SocketAddress,
} from "../address/mod.ts";
import { socketError, toSocketError } from "../errors/mod.ts";
import { refusedBytes } from "../internal/check/mod.ts";
import { findAddress, type HostLookup } from "../internal/hosts/mod.ts";
import { checkWait, Timers, type WaitOptions } from "../internal/wait/mod.ts";
import type { AddressFinder } from "../resolve/mod.ts";
import { has, unsupported } from "./_abilities.ts";
import { findPeer } from "./_find_peer.ts";
import { Peer } from "./_peer.ts";
import { Receiver } from "./_receiver.ts";
import { Sender } from "./_sender.ts";
import type {
  DatagramTransport,
  Member,
  MulticastGroup,
  OutgoingDatagram,
  SettingValues,
  UdpFeature,
} from "./_transport.ts";

/** The largest payload of UDP over IPv4 and over IPv6 (without jumbograms). */
const MAX_PAYLOAD = { 4: 65_507, 6: 65_527 };

/** The verbs of C calls in messages, without a peer and with one. */
const VERBS: Record<string, readonly [string, string]> = {
  sendto: ["send from", "send to"],
  recvfrom: ["receive on", "receive from"],
};
const SET_UP = ["set up", "set up the socket to"] as const;

/** Why the system may refuse to send, to a socket that may not broadcast. */
const DENIED =
  "permission denied by the system; if it is a broadcast address, bind with broadcast: true";

function keyOf({ address, interface: via, source }: MulticastGroup): string {
  return `${address} ${via ?? ""} ${source ?? ""}`;
}

/** What is below one socket object: a bound socket, and its peer if it has one. */
export class UdpCore {
  /** Whether the object was closed, or has handed the socket on. */
  isClosed = false;
  /** The peer of a connected socket. */
  peer: Peer | undefined;
  /** Whether it may send to broadcast addresses. */
  broadcast: boolean;
  /** The family of the socket, whatever the family of its peer. */
  readonly family: 4 | 6;
  readonly transport: DatagramTransport;
  readonly receiver: Receiver;
  readonly sender: Sender;
  /** The timers of calls that are pending on the socket. */
  readonly timers: Timers;
  readonly #resolver: AddressFinder | undefined;
  /** The multicast groups that it is a member of. */
  readonly #members: Map<string, Member>;

  /** Takes over a socket that was just bound, or that of another object. */
  constructor(
    transport: DatagramTransport,
    resolver?: AddressFinder,
    former?: UdpCore,
  ) {
    this.transport = transport;
    this.#resolver = resolver;
    // Of its first address: one that is connected has the route's.
    this.family = former?.family ??
      (transport.localAddr.hostname.includes(":") ? 6 : 4);
    this.broadcast = former?.broadcast ?? false;
    this.timers = former?.timers ?? new Timers();
    this.receiver = former?.receiver ?? new Receiver(transport, this.timers);
    this.sender = former?.sender ?? new Sender(transport, this.timers);
    this.#members = former === undefined ? new Map() : former.#members;
    this.receiver.owner = this;
    this.sender.owner = this;
  }

  /** How to look up a host that it sends to. */
  #lookup(hostname: string, port: number): HostLookup {
    return {
      ...{ hostname, port, resolver: this.#resolver, socktype: SOCK_DGRAM },
      family: this.family === 4 ? 4 : undefined,
      prefer: this.family,
    };
  }

  /** Resolves with the text of an address of a host that it can send to. */
  async find(hostname: string, port: number): Promise<string> {
    const context = { action: `send to ${hostname}`, syscall: "sendto" };
    const host = this.#lookup(hostname, port);
    const found = await findAddress(host, undefined, context);
    return this.reachable(found.hostname);
  }

  /** Whether a datagram from there is delivered. */
  accepts(hostname: string, port: number): boolean {
    return this.peer === undefined || this.peer.is(hostname, port);
  }

  #context(syscall: string) {
    const { localAddr } = this.transport;
    const remoteAddr = this.peer?.remoteAddr;
    const { hostname, port } = remoteAddr ?? localAddr;
    const verbs = VERBS[syscall] ?? SET_UP;
    const verb = verbs[remoteAddr === undefined ? 0 : 1];
    const action = `${verb} ${formatHostPort(hostname, port)}`;
    return { action, syscall, localAddr, remoteAddr };
  }

  /** Makes the error of a call. */
  error(code: string, syscall: string, reason?: string): Error {
    return socketError(code, { ...this.#context(syscall), reason });
  }

  /** Makes our error of the transport's. */
  failure(error: unknown, syscall: string): Error {
    if (this.isClosed) return this.error("EBADF", syscall);
    const { code } = error as { code?: unknown };
    const isDenied = code === "EACCES" && syscall === "sendto";
    const reason = isDenied && !this.broadcast ? DENIED : undefined;
    return toSocketError(error, { ...this.#context(syscall), reason });
  }

  /** Refuses a call on a closed socket. */
  requireOpen(syscall: string): void {
    if (this.isClosed) throw this.error("EBADF", syscall);
  }

  /** Returns the text of an address that this socket can send to. */
  reachable(hostname: string): string {
    const text = this.#textOf(hostname);
    if (text !== undefined) return text;
    throw this.error("EAFNOSUPPORT", "sendto", this.#whyNotTo(hostname));
  }

  #whyNotTo(hostname: string): string {
    const { hostname: from } = this.transport.localAddr;
    return `an IPv4 socket on ${from} cannot send to ${hostname}; bind to "::"`;
  }

  /** The address as a socket of its family sends to it; undefined if it cannot. */
  #textOf(hostname: string): string | undefined {
    const isIpv4 = !hostname.includes(":");
    if (this.family === 6) return isIpv4 ? `::ffff:${hostname}` : hostname;
    const ip = parseIpAddress(hostname).unmap();
    return ip.family === 4 ? ip.toString() : undefined;
  }

  /** Sends to an IP address, once the bytes have been checked. */
  send(bytes: Uint8Array, hostname: string, port: number): Promise<number> {
    const refusal = this.#refusal(bytes, hostname);
    return refusal === undefined
      ? this.sender.send(bytes, hostname, port)
      : Promise.reject(refusal);
  }

  /** Why a datagram cannot be sent, before anything is tried. */
  #refusal(bytes: Uint8Array, hostname: string): Error | undefined {
    if (this.isClosed) return this.error("EBADF", "sendto");
    const refused = refusedBytes(bytes, "send");
    if (refused !== undefined) return refused;
    const most = MAX_PAYLOAD[this.family];
    if (bytes.length > most) {
      const reason = `${bytes.length} bytes, the largest datagram has ${most}`;
      return this.error("EMSGSIZE", "sendto", reason);
    }
    if (hostname === "255.255.255.255" && !this.broadcast) {
      const reason = "it is a broadcast address; bind with broadcast: true";
      return this.error("EACCES", "sendto", reason);
    }
    return undefined;
  }

  /** Sends datagrams; those in front of one that cannot be sent are sent. */
  async sendMany(datagrams: readonly OutgoingDatagram[]): Promise<number> {
    this.requireOpen("sendto");
    const bad = datagrams.findIndex(({ bytes, hostname }) =>
      this.#refusal(bytes, hostname) !== undefined
    );
    const good = bad === -1 ? datagrams : datagrams.slice(0, bad);
    const sent = good.length === 0 ? 0 : await this.sender.sendMany(good);
    const first = datagrams[bad];
    if (first !== undefined) throw this.#refusal(first.bytes, first.hostname)!;
    return sent;
  }

  /** Changes a setting. */
  set<K extends keyof SettingValues>(name: K, value: SettingValues[K]): void {
    this.requireOpen("setsockopt");
    this.#require(name);
    try {
      this.transport.set(name, value);
    } catch (error) {
      throw this.failure(error, "setsockopt");
    }
    if (name === "broadcast") this.broadcast = value === true;
  }

  #require(feature: UdpFeature): void {
    const { family, transport: { can } } = this;
    if (!has(can, feature, family)) throw this.#unsupported(feature);
  }

  #unsupported(feature: UdpFeature): Error {
    const { family, transport: { backend } } = this;
    const reason = unsupported(feature, { backend, family });
    return this.error("ENOTSUP", "setsockopt", reason);
  }

  /** Joins a multicast group. */
  async join(group: MulticastGroup): Promise<void> {
    this.requireOpen("setsockopt");
    if (group.source !== undefined) this.#require("source");
    const key = keyOf(group);
    if (this.#members.has(key)) {
      const reason = "already a member of the group";
      throw this.error("EADDRINUSE", "setsockopt", reason);
    }
    let member: Member | undefined;
    try {
      member = await this.transport.join(group);
    } catch (error) {
      throw this.failure(error, "setsockopt");
    }
    if (member !== undefined) this.#members.set(key, member);
    else {
      const isName = typeof group.interface === "string";
      throw this.#unsupported(isName ? "interfaceName" : "interfaceIndex");
    }
  }

  /** Leaves a multicast group that was joined with the same options. */
  async leave(group: MulticastGroup): Promise<void> {
    this.requireOpen("setsockopt");
    const key = keyOf(group);
    const member = this.#members.get(key);
    if (member === undefined) {
      const reason = "not a member of the group";
      throw this.error("EADDRNOTAVAIL", "setsockopt", reason);
    }
    this.#members.delete(key);
    try {
      await member.leave();
    } catch (error) {
      throw this.failure(error, "setsockopt");
    }
  }

  /**
   * Connects the socket below to a peer, where the backend can: C's `connect`. The
   * socket is as it was when that fails.
   */
  connect({ hostname, port }: SocketAddress): Peer {
    this.requireOpen("connect");
    const context = {
      action: `connect to ${formatHostPort(hostname, port)}`,
      syscall: "connect",
      localAddr: this.transport.localAddr,
      remoteAddr: { transport: "udp", hostname, port } as const,
    };
    const text = this.#textOf(hostname);
    if (text === undefined) {
      const reason = this.#whyNotTo(hostname);
      throw socketError("EAFNOSUPPORT", { ...context, reason });
    }
    try {
      this.transport.connect?.(text, port);
    } catch (error) {
      throw toSocketError(error, context);
    }
    return new Peer(text, port);
  }

  /** Looks up a peer, and connects the socket below to it. */
  async connectTo(
    { hostname, port }: { hostname: string; port: number },
    options: WaitOptions,
  ): Promise<Peer> {
    const wait = checkWait(options);
    return this.connect(await findPeer(this.#lookup(hostname, port), wait));
  }

  /** Takes the peer of the socket below away, as `connect` to AF_UNSPEC does. */
  disconnect(): void {
    this.requireOpen("connect");
    try {
      this.transport.disconnect?.();
    } catch (error) {
      throw this.failure(error, "connect");
    }
  }

  /** Closes this object without the socket, which goes to the core returned. */
  handOver(peer?: Peer): UdpCore {
    this.isClosed = true;
    const next = new UdpCore(this.transport, this.#resolver, this);
    next.peer = peer;
    return next;
  }

  /** Closes the socket; resolves when its port is free. */
  close(): Promise<void> {
    this.isClosed = true;
    this.receiver.close(this.error("EBADF", "recvfrom"));
    this.sender.close(this.error("EBADF", "sendto"));
    return this.transport.close();
  }
}
