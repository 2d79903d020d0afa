import { formatHostPort } from "../address/mod.ts";
import { socketError, toSocketError } from "../errors/mod.ts";
import { Timers } from "../internal/wait/mod.ts";
import type { AddressFinder } from "../resolve/mod.ts";
import { has, unsupported } from "./_abilities.ts";
import { addressFor, showAddr } from "./_address_text.ts";
import { badBytes } from "./_check_bytes.ts";
import { isBroadcast } from "./_interfaces.ts";
import { Peer } from "./_peer.ts";
import { Receiver } from "./_receiver.ts";
import type { Lookup } from "./_resolve.ts";
import { Sender } from "./_sender.ts";
import type {
  BindTarget,
  DatagramTransport,
  MulticastGroup,
  OutgoingDatagram,
  SettingValues,
  UdpFeature,
} from "./_transport.ts";
import { neededFeature } from "./_multicast_group.ts";

/** The largest payload of UDP over IPv4 and over IPv6 (without jumbograms). */
const MAX_PAYLOAD = { 4: 65_507, 6: 65_527 };

/** What the socket objects of one socket share, and hand on. */
interface Shared {
  readonly transport: DatagramTransport;
  readonly receiver: Receiver;
  readonly sender: Sender;
  /** The timers of calls that are pending on the socket. */
  readonly timers: Timers;
  /** The family of the socket, whatever the family of its peer. */
  readonly family: 4 | 6;
  readonly resolver: AddressFinder | undefined;
  broadcast: boolean;
}

/** The verbs of C calls in messages, without a peer and with one. */
const VERBS: Record<string, readonly [string, string]> = {
  sendto: ["send from", "send to"],
  recvfrom: ["receive on", "receive from"],
};
const SET_UP = ["set up", "set up the socket to"] as const;

/** What is below one socket object: a bound socket, and its peer if it has one. */
export class UdpCore {
  /** Whether the object was closed, or has handed the socket on. */
  isClosed = false;
  /** The peer of a connected socket. */
  peer: Peer | undefined;
  readonly #shared: Shared;

  constructor(shared: Shared, peer?: Peer) {
    this.#shared = shared;
    this.peer = peer;
    shared.receiver.owner = this;
    shared.sender.owner = this;
  }

  get transport(): DatagramTransport {
    return this.#shared.transport;
  }

  get receiver(): Receiver {
    return this.#shared.receiver;
  }

  get sender(): Sender {
    return this.#shared.sender;
  }

  get timers(): Timers {
    return this.#shared.timers;
  }

  /** Whether it may send to broadcast addresses. */
  get broadcast(): boolean {
    return this.#shared.broadcast;
  }

  set broadcast(on: boolean) {
    this.#shared.broadcast = on;
  }

  /** How to look up a host to send to. */
  lookup(hostname: string, port: number): Lookup {
    const { family, resolver } = this.#shared;
    const only = family === 4 ? 4 : undefined;
    return { hostname, port, family: only, prefer: family, resolver };
  }

  get family(): 4 | 6 {
    return this.#shared.family;
  }

  /** Whether a datagram from there is delivered. */
  accepts(hostname: string, port: number): boolean {
    return this.peer === undefined || this.peer.is(hostname, port);
  }

  #context(syscall: string) {
    const { localAddr } = this.transport;
    const remoteAddr = this.peer?.remoteAddr;
    const [alone, connected] = VERBS[syscall] ?? SET_UP;
    const action = remoteAddr === undefined
      ? `${alone} ${showAddr(localAddr)}`
      : `${connected} ${showAddr(remoteAddr)}`;
    return { action, syscall, localAddr, remoteAddr };
  }

  /** Makes the error of a call. */
  error(
    code: string,
    syscall: string,
    reason?: string,
    cause?: unknown,
  ): Error {
    return socketError(code, { ...this.#context(syscall), reason, cause });
  }

  /** Makes our error of the transport's. */
  failure(error: unknown, syscall: string): Error {
    if (this.isClosed) return this.error("EBADF", syscall);
    const { code, address } = error as { code?: unknown; address?: unknown };
    // node:dgram keeps the kernel's reason to itself, and calls it UNKNOWN.
    const isVague = code === "UNKNOWN" && syscall === "sendto";
    const isDenied = code === "EACCES" && syscall === "sendto" ||
      isVague && isBroadcast(String(address));
    if (isDenied && !this.broadcast) {
      const reason =
        "permission denied by the system; if it is a broadcast address, bind with broadcast: true";
      return isVague
        ? this.error("EACCES", syscall, reason, error)
        : toSocketError(error, { ...this.#context(syscall), reason });
    }
    if (!isVague) return toSocketError(error, this.#context(syscall));
    const reason =
      `the system cannot send to ${address}, and the "${this.transport.backend}" backend does not say why: no route, an unreachable host, a firewall, or a broadcast address without broadcast: true`;
    return this.error("EIO", syscall, reason, error);
  }

  /** Refuses a call on a closed socket. */
  requireOpen(syscall: string): void {
    if (this.isClosed) throw this.error("EBADF", syscall);
  }

  /** Does something below; a failure is made ours. */
  #do<T>(syscall: string, body: () => T): T {
    try {
      return body();
    } catch (error) {
      throw this.failure(error, syscall);
    }
  }

  /** Returns the text of an address that this socket can send to. */
  reachable(hostname: string): string {
    const text = addressFor(this.family, hostname);
    if (text !== undefined) return text;
    const reason = `an IPv4 socket cannot send to ${hostname}; bind to "::"`;
    throw this.error("EAFNOSUPPORT", "sendto", reason);
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
    const bad = badBytes(bytes, "send");
    if (bad !== undefined) return bad;
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
    if (!this.#has(name)) throw this.#unsupported(name);
    this.#do("setsockopt", () => this.transport.set(name, value));
  }

  #has(feature: UdpFeature): boolean {
    return has(this.transport.can, feature, this.family);
  }

  #unsupported(feature: UdpFeature): Error {
    const { family, transport: { backend } } = this;
    const reason = unsupported(feature, { backend, family });
    return this.error("ENOTSUP", "setsockopt", reason);
  }

  /** Joins or leaves a multicast group. */
  async member(verb: "join" | "leave", group: MulticastGroup): Promise<void> {
    this.requireOpen("setsockopt");
    const isSource = verb === "join" && group.source !== undefined;
    if (isSource && !this.#has("source")) throw this.#unsupported("source");
    let isDone: boolean;
    try {
      isDone = await this.transport[verb](group);
    } catch (error) {
      throw this.failure(error, "setsockopt");
    }
    if (!isDone) throw this.#unsupported(neededFeature(group));
  }

  /**
   * Connects the socket below to a peer, where the backend can: C's `connect`. The
   * socket is as it was when that fails.
   */
  connect(hostname: string, port: number): Peer {
    try {
      this.transport.connect?.(hostname, port);
    } catch (error) {
      throw toSocketError(error, {
        action: `connect to ${formatHostPort(hostname, port)}`,
        syscall: "connect",
        localAddr: this.transport.localAddr,
        remoteAddr: { transport: "udp", hostname, port },
      });
    }
    return new Peer(hostname, port);
  }

  /** Takes the peer of the socket below away, as `connect` to AF_UNSPEC does. */
  disconnect(): void {
    this.requireOpen("connect");
    this.#do("connect", () => this.transport.disconnect?.());
  }

  /** Closes this object without the socket, which goes to the core returned. */
  handOver(peer: Peer | undefined): UdpCore {
    this.requireOpen("connect");
    this.isClosed = true;
    return new UdpCore(this.#shared, peer);
  }

  /** Closes the socket; resolves when its port is free. */
  close(): Promise<void> {
    this.isClosed = true;
    this.receiver.close(this.error("EBADF", "recvfrom"));
    this.sender.close(this.error("EBADF", "sendto"));
    return this.transport.close();
  }
}

/** Makes the core of a socket that was just bound. */
export function newCore(
  transport: DatagramTransport,
  { hostname }: BindTarget,
  resolver?: AddressFinder,
): UdpCore {
  const timers = new Timers();
  return new UdpCore({
    transport,
    receiver: new Receiver(transport, timers),
    sender: new Sender(transport, timers),
    timers,
    family: hostname.includes(":") ? 6 : 4,
    resolver,
    broadcast: false,
  });
}
