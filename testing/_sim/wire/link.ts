import type { Random } from "../../_random.ts";
import type { Scheduler } from "../time/scheduler.ts";
import type { Packet } from "../types.ts";
import type { ChanceStream, Faults } from "./faults.ts";
import { bytesOnLink, fragmentsOf } from "./fragments.ts";
import { PacketRecord } from "./packet_record.ts";
import type { ReadLinkOptions } from "./read_link_options.ts";
import type { Recorder } from "./recorder.ts";

/** Every packet takes at least so many milliseconds, so that time always moves. */
const LEAST_DELAY = 0.001;
/** A packet that others overtake is delayed by up to so many latencies. */
const OVERTAKEN_LATENCIES = 4;
/** So many bytes of packets are held at most; more are lost. */
const MAX_HELD = 16 * 1024 * 1024;

/** What a link needs of its network. */
export interface LinkContext {
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly random: Random;
  readonly recorder: Recorder;
}

/**
 * The end of a link. It changes the record if nobody takes the packet, and returns false
 * if that wakes no program.
 */
export type Receiver = (packet: Packet, record: PacketRecord) => boolean | void;

/** A packet that waits for {@linkcode Link.release}. */
interface HeldPacket {
  readonly packet: Packet;
  readonly record: PacketRecord;
}

/** One direction of the way between two hosts, or from a host to itself. */
export class Link {
  readonly #context: LinkContext;
  readonly #from: string;
  readonly #to: string;
  readonly #receive: Receiver;
  readonly #name: string;
  // Streams of random numbers, made when they are needed.
  #drop: ChanceStream | undefined;
  #duplicate: ChanceStream | undefined;
  #reorder: ChanceStream | undefined;
  #jitter: Random | undefined;
  #lateness: Random | undefined;
  /** How many packets were sent. */
  #count = 0;
  /** When the last byte that was sent leaves the sender. */
  #busyUntil = 0;
  #lastArrival = 0;
  #isCut = false;
  #held: HeldPacket[] | undefined;
  #heldBytes = 0;

  /** How the link behaves now. */
  options: ReadLinkOptions;

  /** Makes the link from one host to another, which `receive` stands for. */
  constructor(
    context: LinkContext,
    from: string,
    to: string,
    options: ReadLinkOptions,
    receive: Receiver,
  ) {
    this.#context = context;
    this.#from = from;
    this.#to = to;
    this.options = options;
    this.#receive = receive;
    this.#name = `${from}>${to}`;
  }

  /** Loses all packets, also those in flight, until {@linkcode heal}. */
  cut(): void {
    this.#isCut = true;
  }

  /** Ends {@linkcode cut}. */
  heal(): void {
    this.#isCut = false;
  }

  /** Makes packets wait, also those in flight, until {@linkcode release}. */
  hold(): void {
    this.#held ??= [];
  }

  /** Lets the packets that wait arrive, in their order. */
  release(): void {
    const { scheduler } = this.#context;
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.#heldBytes = 0;
    for (const { packet, record } of held) {
      this.#schedule(packet, record, scheduler.now + LEAST_DELAY);
    }
  }

  /** Sends a packet. */
  send(packet: Packet): void {
    const { scheduler, recorder } = this.#context;
    const { now } = scheduler;
    const number = ++this.#count;
    const record = new PacketRecord(now, this.#from, this.#to, packet);
    recorder.add(record);
    if (this.#isCut) return record.lose("partition");
    const { latency, jitter, loss, duplicate, reorder, mtu } = this.options;
    const fragments = fragmentsOf(packet, mtu);
    const leaving = this.#leavingTime(now, bytesOnLink(packet, fragments));
    if (leaving === undefined) return record.lose("queue full");
    const delay = leaving - now + latency + this.#jitterOf(jitter);
    // All draws are made, whatever their result, so that none shifts later ones.
    const isLost = this.#isDropped(loss, number, fragments);
    const isTwice = this.#isDuplicated(duplicate, number);
    const extra = this.#extraDelay(reorder, number, latency);
    if (isLost) return record.lose("loss");
    this.#schedule(
      packet,
      record,
      extra === undefined ? this.#inOrder(now, delay) : now + delay + extra,
    );
    if (!isTwice) return;
    const second = new PacketRecord(now, this.#from, this.#to, packet);
    second.isDuplicate = true;
    recorder.add(second);
    this.#schedule(packet, second, this.#inOrder(now, delay));
  }

  #jitterOf(jitter: number): number {
    if (jitter === 0) return 0;
    this.#jitter ??= this.#context.random.fork(`${this.#name} jitter`);
    return this.#jitter.next() * jitter;
  }

  #isDropped(loss: number, number: number, fragments: number): boolean {
    if (loss === 0) return false;
    this.#drop ??= this.#context.faults.stream(`${this.#name} drop`);
    return this.#drop.decide(loss, number, fragments);
  }

  #isDuplicated(duplicate: number, number: number): boolean {
    if (duplicate === 0) return false;
    this.#duplicate ??= this.#context.faults.stream(`${this.#name} duplicate`);
    return this.#duplicate.decide(duplicate, number);
  }

  /** How much longer a packet takes that others overtake; undefined for all others. */
  #extraDelay(
    reorder: number,
    number: number,
    latency: number,
  ): number | undefined {
    if (reorder === 0) return undefined;
    const { faults, random } = this.#context;
    this.#reorder ??= faults.stream(`${this.#name} reorder`);
    this.#lateness ??= random.fork(`${this.#name} lateness`);
    const share = this.#lateness.next();
    if (!this.#reorder.decide(reorder, number)) return undefined;
    return share * OVERTAKEN_LATENCIES * Math.max(latency, LEAST_DELAY);
  }

  /** When the last byte of a packet leaves; undefined if the queue has no room for it. */
  #leavingTime(now: number, bytes: number): number | undefined {
    const { bandwidth, queue } = this.options;
    if (bandwidth === Infinity) return now;
    const wait = this.#busyUntil - now;
    if (wait > 0 && wait * bandwidth / 1000 + bytes > queue) return undefined;
    this.#busyUntil = Math.max(now, this.#busyUntil) + bytes * 1000 / bandwidth;
    return this.#busyUntil;
  }

  /** When a packet arrives, no sooner than those before it. */
  #inOrder(now: number, delay: number): number {
    return this.#lastArrival = Math.max(
      now + Math.max(delay, LEAST_DELAY),
      this.#lastArrival,
    );
  }

  #schedule(packet: Packet, record: PacketRecord, arrival: number): void {
    const { scheduler } = this.#context;
    record.arrival = Math.max(arrival, scheduler.now + LEAST_DELAY);
    scheduler.at(record.arrival, () => this.#arrive(packet, record));
  }

  #arrive(packet: Packet, record: PacketRecord): boolean | void {
    if (this.#isCut) {
      record.lose("partition");
      return false;
    }
    if (this.#held === undefined) return this.#receive(packet, record);
    if (this.#heldBytes + packet.size > MAX_HELD) {
      record.lose("queue full");
    } else {
      this.#heldBytes += packet.size;
      this.#held.push({ packet, record });
      record.arrival = undefined;
    }
    return false;
  }
}
