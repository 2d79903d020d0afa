import type { Packet, TcpPacket, UdpPacket } from "../types.ts";
import type { Happened } from "./recorder.ts";

/** Why a packet does not arrive. */
export type LossReason =
  | "loss"
  | "queue full"
  | "partition"
  | "host is down"
  | "no such address";

/** A packet that was sent, without its bytes, and its fate. */
export class PacketRecord implements Happened {
  readonly kind = "packet";
  readonly time: number;
  readonly from: string;
  readonly to: string | undefined;
  readonly #header: string | TcpHeader | UdpHeader;
  #reason: LossReason | undefined;
  /** When it arrives; undefined while it is held. */
  arrival: number | undefined;
  /** Whether it is the second of two equal ones that were sent as one. */
  isDuplicate = false;

  /** Remembers what was sent from one host to another. */
  constructor(
    time: number,
    from: string,
    to: string | undefined,
    packet: Packet,
  ) {
    this.time = time;
    this.from = from;
    this.to = to;
    this.#header = packet.protocol === "tcp"
      ? new TcpHeader(packet)
      : packet.protocol === "udp"
      ? new UdpHeader(packet)
      : icmpText(packet.from, packet.to, packet.kind, packet.about);
  }

  /** Says that the packet does not arrive. */
  lose(reason: LossReason): void {
    this.#reason = reason;
    this.arrival = undefined;
  }

  get isLost(): boolean {
    return this.#reason !== undefined;
  }

  text(): string {
    const header = typeof this.#header === "string"
      ? this.#header
      : this.#header.text();
    const duplicate = this.isDuplicate ? "; duplicate" : "";
    return `${header}${duplicate}; ${this.#fate()}`;
  }

  label(): string {
    const header = typeof this.#header === "string"
      ? this.#header
      : this.#header.label();
    const duplicate = this.isDuplicate ? ", duplicate" : "";
    const isOnTime = this.arrival !== undefined;
    return `${header}${duplicate}${isOnTime ? "" : `, ${this.#fate()}`}`;
  }

  #fate(): string {
    if (this.#reason !== undefined) return `lost (${this.#reason})`;
    return this.arrival === undefined
      ? "held"
      : `arrives ${this.arrival.toFixed(3)}`;
  }
}

/** A packet of UDP. */
class UdpHeader {
  readonly from: string;
  readonly to: string;
  readonly sourcePort: number;
  readonly port: number;
  readonly length: number;

  constructor({ from, to, sourcePort, port, payload }: TcpPacket | UdpPacket) {
    this.from = from;
    this.to = to;
    this.sourcePort = sourcePort;
    this.port = port;
    this.length = payload.length;
  }

  text(): string {
    const from = endpointText(this.from, this.sourcePort);
    const to = endpointText(this.to, this.port);
    return `${from} > ${to}: ${this.what()}`;
  }

  label(): string {
    return `${this.sourcePort} to ${this.port}: ${this.what()}`;
  }

  what(): string {
    return `UDP, length ${this.length}`;
  }
}

/** A segment of TCP, in the words of tcpdump. */
class TcpHeader extends UdpHeader {
  readonly #flags: string;
  readonly #sequence: number;
  readonly #acknowledged: number | undefined;
  readonly #window: number;

  constructor(packet: TcpPacket) {
    super(packet);
    this.#flags = flagsText(packet);
    this.#sequence = packet.sequence;
    this.#acknowledged = packet.ack ? packet.acknowledged : undefined;
    this.#window = packet.window;
  }

  override what(): string {
    const { length } = this;
    const start = this.#sequence;
    const sequence = length === 0 ? `${start}` : `${start}:${start + length}`;
    const ack = this.#acknowledged === undefined
      ? ""
      : `, ack ${this.#acknowledged}`;
    return `Flags [${this.#flags}], seq ${sequence}${ack}, win ${this.#window}, length ${length}`;
  }
}

/** A dot is ACK. The texts are constants, so that a packet allocates none. */
function flagsText({ syn, ack, fin, rst }: TcpPacket): string {
  if (rst) return ack ? "R." : "R";
  if (syn) return ack ? "S." : "S";
  if (fin) return ack ? "F." : "F";
  return ack ? "." : "none";
}

function icmpText(
  from: string,
  to: string,
  kind: "port-unreachable" | "host-unreachable",
  about: TcpPacket | UdpPacket,
): string {
  const what = kind === "host-unreachable"
    ? `host ${about.to}`
    : `${about.protocol} ${endpointText(about.to, about.port)}`;
  return `${from} > ${to}: ICMP ${what} unreachable`;
}

/** An address and a port; IPv6 in brackets. */
export function endpointText(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
