import type { NetAddr } from "../../../address/mod.ts";
import {
  type BindTarget,
  type DatagramSink,
  type DatagramTransport,
  type Member,
  type MulticastGroup,
  type OutgoingDatagram,
  type RawDatagram,
  type SettingValues,
  SIMULATED,
  type UdpAbilities,
} from "../../../udp/_seam.ts";
import { failure, type Machine, type UdpPacket } from "../types.ts";
import { canonical, familyOf, isAny, plain, shown } from "./addresses.ts";
import { type Interface, interfaceOf, Memberships } from "./memberships.ts";
import type { Binding } from "./ports.ts";
import { ReceiveBuffer } from "./receive_buffer.ts";

/** How long a call of the kernel takes, in milliseconds: no loop stops the clock. */
const CALL_TIME = 0.001;

/** Whom a socket is connected to. */
interface Peer {
  readonly address: string;
  readonly port: number;
}

/** What a socket needs of the UDP of its host. */
export interface SocketOwner {
  readonly machine: Machine;
  /** How many sockets are members of a group on the loopback interface. */
  readonly onLoopback: Map<string, number>;
  /** Settles after a delay with what a function returns or throws. */
  later<T>(delay: number, result: () => T): Promise<T>;
  /** The address that packets of a socket to a destination bear. */
  sourceOf(bound: string, destination: string, syscall: string): string;
  /** Refuses a broadcast address to a socket without SO_BROADCAST. */
  requireBroadcast(
    address: string,
    from: SimulatedUdpTransport,
    syscall: string,
  ): boolean;
  /** Sends a datagram; the payload is not changed any more. */
  send(
    from: SimulatedUdpTransport,
    payload: Uint8Array,
    address: string,
    port: number,
  ): void;
  /** A socket on all addresses has another one by its route. */
  moved(socket: SimulatedUdpTransport): void;
  /** A socket has ended. */
  remove(socket: SimulatedUdpTransport): void;
}

/** A UDP socket of a host. */
export class SimulatedUdpTransport implements Binding, DatagramTransport {
  readonly backend: "simulated" = "simulated" as const;
  readonly can: UdpAbilities = SIMULATED;
  declare sink: DatagramSink;
  localAddr: NetAddr;
  /** Its address in packets; if connected, that of the route to the peer. */
  address: string;
  readonly port: number;
  readonly family: 4 | 6;
  readonly reuseAddress: boolean;
  readonly memberships: Memberships;
  ttl = 64;
  multicastTtl = 1;
  multicastLoopback = true;
  multicastInterface: Interface | undefined;
  broadcast = false;
  readonly #stack: SocketOwner;
  readonly #bound: string;
  readonly #maxDatagramSize: number;
  readonly #buffer: ReceiveBuffer;
  readonly #giveBack: () => void;
  #peer: Peer | undefined;
  /** SO_ERROR: what the next call fails with. */
  #error: string | undefined;
  #isReceiving = false;
  #receivingAt = 0;
  /** Whether its descriptor is free. */
  #isClosed = false;
  /** Whether its host has crashed or was shut down. */
  #isDropped = false;

  constructor(
    stack: SocketOwner,
    target: BindTarget,
    port: number,
    giveBack: () => void,
  ) {
    this.#stack = stack;
    this.#bound = this.address = canonical(target.hostname);
    this.#maxDatagramSize = target.maxDatagramSize;
    this.#buffer = new ReceiveBuffer(target);
    this.#giveBack = giveBack;
    this.port = port;
    this.family = familyOf(target.hostname);
    this.reuseAddress = target.reuseAddress;
    this.memberships = new Memberships(stack.machine, stack.onLoopback);
    this.localAddr = this.#name();
  }

  #name(): NetAddr {
    return { transport: "udp", hostname: this.address, port: this.port };
  }

  get kernelConnected(): boolean {
    return this.#peer !== undefined;
  }

  get dropped(): number {
    return this.#buffer.dropped;
  }

  /** Whether it receives from there. */
  hears(address: string, port: number): boolean {
    const peer = this.#peer;
    return peer === undefined ||
      peer.port === port && peer.address === address;
  }

  /** Whether it is connected: it alone hears reports of ICMP (udp(7)). */
  get isConnected(): boolean {
    return this.#peer !== undefined;
  }

  connect(hostname: string, port: number): void {
    const address = plain(hostname);
    const source = this.#stack.sourceOf(this.#bound, address, "connect");
    this.#stack.requireBroadcast(address, this, "connect");
    this.#move(source);
    this.#peer = { address, port };
    this.localAddr = this.#name();
  }

  /** Takes another address; Linux then finds it before its equals. */
  #move(address: string): void {
    this.address = address;
    if (isAny(this.#bound)) this.#stack.moved(this);
  }

  disconnect(): void {
    this.#peer = undefined;
    this.#move(this.#bound);
    this.localAddr = this.#name();
  }

  /** Takes a packet; returns false if no program waits for it. */
  deliver({ from, sourcePort: port, payload }: UdpPacket): boolean {
    const truncated = payload.length > this.#maxDatagramSize;
    const bytes = truncated
      ? payload.subarray(0, this.#maxDatagramSize)
      : payload;
    const hostname = shown(from, this.family);
    const datagram = { bytes, hostname, port, truncated };
    if (this.#isReceiving) {
      this.#isReceiving = false;
      this.sink.onDatagram(datagram);
      return true;
    }
    this.#buffer.push(datagram);
    return false;
  }

  /** The peer's host has no socket on the port; returns false if no program waits. */
  refuse(): boolean {
    this.#error = "ECONNREFUSED";
    if (!this.#isReceiving) return false;
    this.#isReceiving = false;
    this.sink.onFailed(this.takeError("recvfrom"));
    return true;
  }

  /** The failure that is to be reported, once. */
  takeError(syscall: string): Error | undefined {
    const code = this.#error;
    this.#error = undefined;
    return code === undefined ? undefined : failure(code, syscall);
  }

  /** Since when a receive waits. */
  get receivingSince(): number | undefined {
    return this.#isReceiving ? this.#receivingAt : undefined;
  }

  receive(): void {
    this.#receivingAt = this.#stack.machine.scheduler.now;
    this.#isReceiving = true;
  }

  receiveNow(): RawDatagram | undefined {
    if (this.#error !== undefined) throw this.takeError("recvfrom");
    return this.#buffer.shift();
  }

  send(bytes: Uint8Array, hostname: string, port: number): Promise<number> {
    if (this.#isDropped) return new Promise(() => {});
    try {
      this.#send(bytes, hostname, port);
    } catch (error) {
      return this.#stack.later(CALL_TIME, () => {
        throw error;
      });
    }
    const { length } = bytes;
    return this.#stack.later(CALL_TIME, () => length);
  }

  #send(bytes: Uint8Array, hostname: string, port: number): void {
    this.#stack.send(this, new Uint8Array(bytes), plain(hostname), port);
  }

  /** Each datagram takes the time of a call; a batch saves none here. */
  sendMany(
    datagrams: readonly OutgoingDatagram[],
    onSent: (count: number) => void,
  ): Promise<void> {
    if (this.#isDropped) return new Promise(() => {});
    let count = 0;
    let failed: { readonly error: unknown } | undefined;
    try {
      for (const { bytes, hostname, port } of datagrams) {
        this.#send(bytes, hostname, port);
        count++;
      }
    } catch (error) {
      failed = { error };
    }
    return this.#stack.later(CALL_TIME * Math.max(1, count), () => {
      onSent(count);
      if (failed !== undefined) throw failed.error;
    });
  }

  /** The address that a datagram to an address leaves from. */
  sourceTo(address: string): string {
    return this.#stack.sourceOf(this.address, address, "sendto");
  }

  set<K extends keyof SettingValues>(name: K, value: SettingValues[K]): void {
    if (name === "receiveBufferSize") this.#buffer.resize(value as number);
    else if (name === "multicastInterface") {
      const { machine } = this.#stack;
      this.multicastInterface = interfaceOf(machine, value as string | number);
    } else if (name !== "sendBufferSize") {
      // A send never waits for room, so the size of its buffer changes nothing.
      Object.assign(this, { [name]: value });
    }
  }

  // deno-lint-ignore require-await -- so that what it throws rejects
  async join(group: MulticastGroup): Promise<Member> {
    this.memberships.join(group);
    return { leave: () => this.memberships.leave(group) };
  }

  close(): Promise<void> {
    this.#end();
    return Promise.resolve();
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isReceiving = false;
    this.#buffer.clear();
    this.memberships.clear();
    this.#stack.remove(this);
    this.#giveBack();
  }

  /** Ends without a word to the program: its calls never settle. */
  drop(): void {
    this.#isDropped = true;
    this.#end();
  }

  /** The simulation ends when its test does, whatever is pending. */
  ref(): void {}

  /** The simulation ends when its test does, whatever is pending. */
  unref(): void {}
}
