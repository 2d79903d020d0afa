/**
 * What the parts of the simulated network know of each other. Above are the stacks
 * (`tcp/`, `udp/`), which a host's functions use as their transports; below is the
 * wire (`wire/`), which moves packets; all that takes time is an event of the
 * scheduler (`time/`).
 *
 * @module
 */
import type { Random } from "../_random.ts";
import type { Happening, Scheduler } from "./time/scheduler.ts";

/** What every packet has. */
interface PacketBase {
  /** The IP address that it comes from, canonical, IPv4 or IPv6. */
  readonly from: string;
  /** The IP address that it goes to: of a host, of a multicast group, or broadcast. */
  readonly to: string;
  /** Its size in bytes, with the headers of IP and above. */
  readonly size: number;
}

/** A TCP segment. */
export interface TcpPacket extends PacketBase {
  readonly protocol: "tcp";
  readonly sourcePort: number;
  readonly port: number;
  /** The sequence number of its first byte, counted from 0 without wrapping. */
  readonly sequence: number;
  /** The next byte that the sender expects; only valid with `ack`. */
  readonly acknowledged: number;
  readonly syn: boolean;
  readonly ack: boolean;
  readonly fin: boolean;
  readonly rst: boolean;
  /** How many bytes the sender of the packet has room for. */
  readonly window: number;
  /** When it was sent: the timestamp of RFC 7323. */
  readonly timestamp: number;
  /** The timestamp of the packet that it acknowledges; undefined without `ack`. */
  readonly echo: number | undefined;
  /** Never changed once the packet is sent. */
  readonly payload: Uint8Array;
}

/** A UDP datagram; the wire counts its fragments. */
export interface UdpPacket extends PacketBase {
  readonly protocol: "udp";
  readonly sourcePort: number;
  readonly port: number;
  /** Never changed once the packet is sent. */
  readonly payload: Uint8Array;
  /**
   * How many hops it may take. Multicast and broadcast with 0 come to the sending host
   * only, with more to the others only.
   */
  readonly hops: number;
}

/** A report that a packet could not be delivered. */
export interface IcmpPacket extends PacketBase {
  readonly protocol: "icmp";
  readonly kind: "port-unreachable" | "host-unreachable";
  /** The packet that it is about. */
  readonly about: TcpPacket | UdpPacket;
}

/** What the wire moves. */
export type Packet = TcpPacket | UdpPacket | IcmpPacket;

/** A TCP or UDP of one host, as the wire sees it. */
export interface Stack {
  /**
   * A packet has arrived, or an ICMP report about one of this stack. Returns false if
   * that has woken no program.
   */
  receive(packet: Packet): boolean | void;
  /** The host crashes: nothing is sent, and no pending call ever settles. */
  crash(): void;
  /** The programs of the host end: each connection is reset, each socket closed. */
  shutdown(): void;
  /** Describes the calls that are pending, a line each. */
  describePending?(): Iterable<string>;
}

/** The clock of a host, and its events: they happen in its scope, and not after a crash. */
export interface Timing extends Pick<Scheduler, "now" | "next" | "after"> {
  /**
   * As `after`, for an event that only settles promises. It costs less, as it does not
   * enter the scope of the host: code that awaits a promise goes on in its own scope.
   */
  settle(delay: number, run: Happening): void;
}

/** A host as its stacks see it. */
export interface Machine {
  readonly name: string;
  readonly scheduler: Timing;
  /** Random numbers of this host only. */
  readonly random: Random;
  /** Whether an address is its own; all of 127.0.0.0/8 and ::1 are. */
  isOwn(address: string): boolean;
  /** Whether an address is 255.255.255.255 or the last one of its subnets or of loopback. */
  isBroadcast(address: string): boolean;
  /** Whether an address is a multicast group that a socket of the host has joined. */
  isMember(group: string): boolean;
  /** Joins or leaves a multicast group, for one socket: calls are counted. */
  join(group: string): void;
  leave(group: string): void;
  /**
   * The address from which packets to `destination` leave; undefined if the host has
   * none of that family (ENETUNREACH).
   */
  sourceFor(destination: string): string | undefined;
  /** The largest IP packet on the way to an address. */
  mtuTo(destination: string): number;
  /** Sends a packet by a link, or to itself. */
  send(packet: Packet): void;
  /** Takes a descriptor; returns what gives it back. Throws EMFILE at the limit. */
  open(): () => void;
  /** Records what happens besides packets, such as a socket that is opened. */
  record(text: () => string): void;
}

/** Makes an error as an API below our classes reports it: with a code of errno.h. */
export function failure(code: string, syscall?: string): Error {
  return Object.assign(new Error(code), { code, ...(syscall && { syscall }) });
}
