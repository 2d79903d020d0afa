/**
 * The seam below the sockets: what each runtime API that carries datagrams must
 * provide. One file implements it for one API, and alone knows that API.
 *
 * Transports report failures as the runtime has them; the classes above make
 * them ours, once.
 */

import type { NetAddr } from "../address/mod.ts";
import type { SocketOptions } from "../internal/libc/mod.ts";

/** Which API carries a socket. */
export type UdpBackend = "deno" | "node" | "posix";

/** What carries a socket: an API, a simulated network, or memory. */
export type UdpCarrier = UdpBackend | "simulated" | "memory";

/** A datagram on its way down, to an IP address. */
export interface OutgoingDatagram {
  readonly bytes: Uint8Array;
  readonly hostname: string;
  readonly port: number;
}

/**
 * A datagram on its way up: it and its bytes are valid until the next one is received.
 */
export interface RawDatagram extends OutgoingDatagram {
  /** Whether it was longer than `bytes`. */
  readonly truncated: boolean;
}

/** A group to join or leave. */
export interface MulticastGroup {
  readonly family: 4 | 6;
  readonly address: string;
  /** The interface: an IPv4 address, or for IPv6 the index or the name. */
  readonly interface?: string | number | undefined;
  /** The only sender to hear, for source-specific multicast. */
  readonly source?: string | undefined;
}

/** A membership of a multicast group. */
export interface Member {
  /** Leaves the group. */
  leave(): void | Promise<void>;
}

/** A number or a switch of the socket. */
export interface SettingValues {
  /** IP_TTL, IPV6_UNICAST_HOPS. */
  ttl: number;
  /** IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS. */
  multicastTtl: number;
  /** IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP. */
  multicastLoopback: boolean;
  /** IP_MULTICAST_IF, IPV6_MULTICAST_IF. */
  multicastInterface: string | number;
  /** SO_BROADCAST. */
  broadcast: boolean;
  /** SO_RCVBUF. */
  receiveBufferSize: number;
  /** SO_SNDBUF. */
  sendBufferSize: number;
}

/** What some backend lacks. */
export type UdpFeature =
  | keyof SettingValues
  | "source"
  | "interfaceName"
  | "interfaceIndex";

/** What a backend can do. */
export interface UdpAbilities {
  /** The flag that it needs. */
  readonly flag?: string;
  /** The families for which it lacks a feature, without `--allow-sys`. */
  readonly lacks: Readonly<Partial<Record<UdpFeature, readonly (4 | 6)[]>>>;
  /**
   * Whether each of its calls goes through the runtime's own queue: a loop of them
   * leaves the event loop its turns, and `receiveNow` knows nothing of what has arrived.
   */
  readonly isFair: boolean;
  /** Whether `socketOptions` are set before it is bound. */
  readonly setsOptionsFirst: boolean;
  /** Whether a socket on `::` is for both families on each system. */
  readonly hasBothFamilies: boolean;
}

/** What takes the datagrams of a transport. */
export interface DatagramSink {
  /** The receive has ended; the datagram is valid until the next receive begins. */
  onDatagram(datagram: RawDatagram): void;
  /** The receive has failed. */
  onFailed(error: unknown): void;
  /** Whether a datagram from there is wanted, before it is kept. */
  wants(hostname: string, port: number): boolean;
}

/** One socket as a runtime API has it. */
export interface DatagramTransport {
  /** What carries it. */
  readonly backend: UdpCarrier;
  /** What it can do. */
  readonly can: UdpAbilities;
  /** Where it is bound. */
  readonly localAddr: NetAddr;
  /** Whether the kernel filters by peer and reports its errors. */
  readonly kernelConnected: boolean;
  /** The descriptor, where the API tells it. */
  readonly descriptor?: number;
  /** Takes a peer, or another one, where the API can. */
  connect?(hostname: string, port: number): void;
  /** Gives up the peer. */
  disconnect?(): void;
  /** Where datagrams go. */
  sink: DatagramSink;
  /** How many datagrams the transport had to drop. */
  readonly dropped: number;
  /**
   * Gives the next datagram, or a failure, to the sink, once this call has returned.
   * One receive at a time, after `receiveNow` has returned undefined; it ends only
   * with the socket.
   */
  receive(): void;
  /**
   * Returns a datagram that has arrived; undefined where one must be waited for. Throws
   * a failure that no receive has reported yet.
   */
  receiveNow(): RawDatagram | undefined;
  /** Sends a datagram to an IP address. */
  send(bytes: Uint8Array, hostname: string, port: number): Promise<number>;
  /** Sends datagrams in fewer calls, where the API can, and tells how many went. */
  sendMany?(
    datagrams: readonly OutgoingDatagram[],
    onSent: (count: number) => void,
  ): Promise<void>;
  /** Changes a setting that it has for the family. */
  set<K extends keyof SettingValues>(name: K, value: SettingValues[K]): void;
  /** Joins a group; undefined where the API cannot find the interface. */
  join(group: MulticastGroup): Promise<Member | undefined>;
  /** Ends the socket and what is pending on it; resolves when the port is free. */
  close(): Promise<void>;
  /** Lets a pending receive keep the program alive, as it does from the start. */
  ref(): void;
  /** Lets the program end while a receive is pending. */
  unref(): void;
}

/** What happens when the queue is full. */
export type DropPolicy = "newest" | "oldest";

/** Where to bind, and how. */
export interface BindTarget {
  /** An IP address, never a name. */
  readonly hostname: string;
  readonly port: number;
  readonly reuseAddress: boolean;
  readonly maxDatagramSize: number;
  readonly maxQueuedDatagrams: number;
  readonly maxQueuedBytes: number;
  readonly dropPolicy: DropPolicy;
  /** What is set before it is bound, where the API can. */
  readonly socketOptions?: Partial<SocketOptions> | undefined;
}

/** Binds a socket. */
export type UdpBind = (target: BindTarget) => Promise<DatagramTransport>;
