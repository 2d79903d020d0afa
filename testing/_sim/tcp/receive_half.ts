import { takenAway } from "../../../internal/check/mod.ts";
import type { TcpPacket } from "../types.ts";
import { ReceiveQueue } from "./receive_queue.ts";
import { endOf } from "./segment.ts";
import { Timer, type TimerSource } from "./timer.ts";

/** How long an ACK may wait for a segment that carries it: Linux's least, in ms. */
const ACK_DELAY = 40;
/** How often segments without bytes that do not fit are answered at most, in ms. */
const ANSWER_INTERVAL = 500;

/** What the receiving half needs of its connection. */
export interface ReceiveChannel extends TimerSource {
  /** How many bytes of payload fit into a packet. */
  readonly maxSegment: number;
  /** Sends a segment with nothing but an ACK. */
  sendAck(): void;
}

/** A read that waits for bytes. */
interface PendingRead {
  readonly buffer: Uint8Array;
  /** How long the buffer was: it may be transferred since. */
  readonly size: number;
  readonly since: number;
  readonly resolve: (count: number | null) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The receiving half of a connection: what was received and not read, and what the
 * peer hears of it: ACKs and a window (RFC 9293 section 3.8).
 */
export class ReceiveHalf {
  /** Whether a caller waits for the read: else its caller has cancelled it. */
  isAwaited = true;
  readonly #channel: ReceiveChannel;
  readonly #capacity: number;
  readonly #queue = new ReceiveQueue();
  readonly #ackTimer: Timer;
  readonly #initial: number;
  /** The next byte that is expected: RCV.NXT. */
  #next: number;
  /** What was last acknowledged. */
  #acknowledged: number;
  /** The byte after the window that was last advertised. */
  #edge: number;
  /** The sequence number of the peer's FIN, once it has come. */
  #fin: number | undefined;
  #hasEnded = false;
  /** The timestamp of what was acknowledged last: RFC 7323 section 4.3. */
  #echo: number;
  #lastAnswer = -Infinity;
  #read: PendingRead | undefined;
  #isWaking = false;

  constructor(channel: ReceiveChannel, syn: TcpPacket, capacity: number) {
    this.#channel = channel;
    this.#capacity = capacity;
    this.#initial = syn.sequence;
    this.#echo = syn.timestamp;
    this.#next = this.#acknowledged = this.#initial + 1;
    this.#edge = this.#next + capacity;
    this.#ackTimer = new Timer(channel, () => this.#onAckTimer());
  }

  /** The sequence number of the peer's SYN. */
  get initial(): number {
    return this.#initial;
  }

  /** The next sequence number that is expected. */
  get next(): number {
    return this.#next;
  }

  /** The timestamp for the next segment. */
  get echo(): number {
    return this.#echo;
  }

  /** How many bytes can be read. */
  get unread(): number {
    return this.#queue.size;
  }

  /** Whether the peer's FIN has come, and all that is before it. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** RFC 9293 section 3.10.7.4: whether any of the segment may be in the window. */
  isAcceptable(packet: TcpPacket): boolean {
    const { sequence, timestamp } = packet;
    if (endOf(packet) < this.#acknowledged || sequence > this.#edge) {
      return false;
    }
    if (sequence <= this.#acknowledged) {
      this.#echo = Math.max(this.#echo, timestamp);
    }
    return true;
  }

  /** Answers a segment that does not fit by the ACK that would. */
  answer({ payload }: TcpPacket): void {
    const { now } = this.#channel.scheduler;
    if (payload.length === 0) {
      if (now - this.#lastAnswer < ANSWER_INTERVAL) return; // or two might not end
      this.#lastAnswer = now;
    }
    this.#channel.sendAck();
  }

  /** Takes in the bytes and the FIN of an acceptable segment. */
  accept(packet: TcpPacket): void {
    const { sequence, payload, fin } = packet;
    if (payload.length === 0 && !fin) return;
    const end = sequence + payload.length;
    if (fin && end <= this.#edge) this.#fin = end;
    const before = this.#next;
    if (payload.length > 0) this.#keep(sequence, payload);
    if (this.#fin === this.#next) {
      this.#next++;
      this.#hasEnded = true;
    }
    if (this.#next > before) this.#wake();
    this.#acknowledge(this.#next === before || this.#hasEnded);
  }

  #keep(sequence: number, payload: Uint8Array): void {
    const start = Math.max(sequence, this.#next);
    const end = Math.min(sequence + payload.length, this.#edge);
    if (start >= end) return; // known already, or beyond the window
    const isWhole = end - start === payload.length;
    const bytes = isWhole
      ? payload
      : payload.subarray(start - sequence, end - sequence);
    if (start > this.#next) this.#queue.insert(start, bytes);
    else this.#next += this.#queue.append(start, bytes);
  }

  /** RFC 5681 section 4.2: every second full segment at once, each gap at once. */
  #acknowledge(isUrgent: boolean): void {
    const { maxSegment } = this.#channel;
    const unacknowledged = this.#next - this.#acknowledged;
    const much = Math.min(2 * maxSegment, this.#capacity / 2);
    if (isUrgent || this.#queue.hasGaps || unacknowledged >= much) {
      this.#channel.sendAck();
    } else if (unacknowledged > 0 && !this.#ackTimer.isSet) {
      this.#ackTimer.set(ACK_DELAY);
    }
  }

  #onAckTimer(): void {
    if (this.#next > this.#acknowledged) this.#channel.sendAck();
  }

  /** Returns the window for a segment that is being sent with an ACK. */
  advertise(): number {
    this.#acknowledged = this.#next;
    this.#edge = Math.max(this.#edge, this.#next, this.#newEdge());
    return this.#edge - this.#next;
  }

  /** RFC 9293 section 3.8.6.2.2: the window does not move by small steps. */
  #newEdge(): number {
    const edge = this.#next + this.#capacity - this.#queue.size;
    const step = Math.min(this.#capacity / 2, this.#channel.maxSegment);
    return edge - this.#edge >= step ? edge : this.#edge;
  }

  /** Returns bytes or null at the end, in the buffer; undefined if it has to wait. */
  readNow(buffer: Uint8Array): number | null | undefined {
    if (this.#queue.size === 0) return this.#hasEnded ? null : undefined;
    const count = this.#queue.take(buffer);
    this.#openWindow();
    return count;
  }

  /** Waits for bytes or the end. */
  wait(buffer: Uint8Array): Promise<number | null> {
    return new Promise((resolve, reject) => {
      const since = this.#channel.scheduler.now;
      this.#read = { buffer, size: buffer.length, since, resolve, reject };
    });
  }

  /** Tells a sender that may have stopped of a window that has become far larger. */
  #openWindow(): void {
    if (this.#hasEnded) return;
    const window = this.#edge - this.#next;
    if (2 * window > this.#capacity) return;
    const larger = this.#newEdge() - this.#next;
    if (larger > 0 && larger >= 2 * window) this.#channel.sendAck();
  }

  /**
   * Lets the read that waits have what came: after the other segments that arrive at
   * the same time, so that the program runs once for all of them.
   */
  #wake(): void {
    if (this.#read === undefined || this.#isWaking) return;
    const { scheduler, waker } = this.#channel;
    if (scheduler.next !== scheduler.now) return this.#serve();
    this.#isWaking = true;
    scheduler.after(0, () => {
      this.#isWaking = false;
      return waker.during(() => this.#serve());
    });
  }

  #serve(): void {
    const read = this.#read;
    if (read === undefined) return;
    if (read.buffer.length !== read.size) {
      return this.rejectRead(() => takenAway("read into"));
    }
    const result = this.readNow(read.buffer);
    if (result === undefined) return;
    this.#read = undefined;
    this.#channel.waker.wake();
    read.resolve(result);
  }

  /** Since when a read waits that a caller awaits. */
  get readingSince(): number | undefined {
    return this.isAwaited ? this.#read?.since : undefined;
  }

  /** Ends the read that waits. */
  rejectRead(error: () => Error): void {
    const read = this.#read;
    if (read === undefined) return;
    this.#read = undefined;
    this.#channel.waker.wake();
    read.reject(error());
  }

  /** Nothing follows: ends the read that waits with what is there, or else an error. */
  finish(error: () => Error): void {
    this.#serve();
    this.rejectRead(error);
  }

  /** Sends no ACKs any more. */
  stop(): void {
    this.#ackTimer.clear();
  }

  /** Drops what was not read. */
  clear(): void {
    this.#queue.clear();
  }
}
