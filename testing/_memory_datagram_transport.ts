import type { NetAddr } from "../address/mod.ts";
import {
  type BindTarget,
  DatagramQueue,
  type DatagramSink,
  type DatagramTransport,
  type Member,
  type RawDatagram,
  SIMULATED,
  type UdpAbilities,
} from "../udp/_seam.ts";
import type { DatagramLink } from "./_datagram_link.ts";

function refused(syscall: string): Error {
  return Object.assign(new Error("ECONNREFUSED"), {
    code: "ECONNREFUSED",
    syscall,
  });
}

/** One end of a pair of UDP sockets in memory. */
export class MemoryDatagramTransport implements DatagramTransport {
  readonly backend: "memory" = "memory" as const;
  readonly can: UdpAbilities = SIMULATED;
  readonly kernelConnected = true;
  readonly localAddr: NetAddr;
  declare sink: DatagramSink;
  readonly #peerAddr: NetAddr;
  readonly #outgoing: DatagramLink;
  readonly #maxDatagramSize: number;
  readonly #queue: DatagramQueue;
  #isReceiving = false;
  #isClosed = false;
  /** Whether the peer has refused a datagram, which no call has reported. */
  #isRefused = false;
  /** Called when a datagram arrives at the closed end. */
  onRefused: () => void = () => {};

  constructor(
    limits: BindTarget,
    localAddr: NetAddr,
    peerAddr: NetAddr,
    incoming: DatagramLink,
    outgoing: DatagramLink,
  ) {
    this.localAddr = localAddr;
    this.#peerAddr = peerAddr;
    this.#maxDatagramSize = limits.maxDatagramSize;
    this.#queue = new DatagramQueue(limits);
    this.#outgoing = outgoing;
    incoming.onArrived = (data) => this.#onArrived(data);
  }

  get dropped(): number {
    return this.#queue.dropped;
  }

  #onArrived(data: Uint8Array): void {
    if (this.#isClosed) return this.onRefused();
    const truncated = data.length > this.#maxDatagramSize;
    const bytes = truncated ? data.subarray(0, this.#maxDatagramSize) : data;
    const { hostname, port } = this.#peerAddr;
    const datagram = { bytes, hostname, port, truncated };
    if (!this.#isReceiving) return this.#queue.push(datagram);
    this.#isReceiving = false;
    this.sink.onDatagram(datagram);
  }

  /** The peer is closed: as after an ICMP report, one call fails. */
  refuse(): void {
    if (!this.#isReceiving) {
      this.#isRefused = true;
      return;
    }
    this.#isReceiving = false;
    this.sink.onFailed(refused("recvfrom"));
  }

  #throwRefusal(syscall: string): void {
    if (!this.#isRefused) return;
    this.#isRefused = false;
    throw refused(syscall);
  }

  receive(): void {
    this.#isReceiving = true;
  }

  receiveNow(): RawDatagram | undefined {
    this.#throwRefusal("recvfrom");
    return this.#queue.shift();
  }

  // deno-lint-ignore require-await -- so that what it throws rejects
  async send(
    bytes: Uint8Array,
    hostname: string,
    port: number,
  ): Promise<number> {
    this.#throwRefusal("sendto");
    const peer = this.#peerAddr;
    const { length } = bytes;
    // There is nobody else: what is for others arrives nowhere.
    if (hostname === peer.hostname && port === peer.port) {
      this.#outgoing.send(new Uint8Array(bytes));
    }
    return length;
  }

  /** There is no network that a setting could change. */
  set(): void {}

  /** Nobody sends to a group. */
  join(): Promise<Member> {
    return Promise.resolve({ leave() {} });
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#isReceiving = false;
    this.#queue.clear();
    return Promise.resolve();
  }

  /** Memory keeps no program alive. */
  ref(): void {}

  /** Memory keeps no program alive. */
  unref(): void {}
}
