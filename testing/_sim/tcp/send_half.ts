import { takenAway } from "../../../internal/check/mod.ts";
import { failure, type TcpPacket } from "../types.ts";
import { Recovery } from "./recovery.ts";
import { RoundTrip } from "./round_trip.ts";
import { NO_BYTES } from "./segment.ts";
import { SendBuffer } from "./send_buffer.ts";
import { Timer, type TimerSource } from "./timer.ts";

/** How many retransmissions in a row Linux tries: `tcp_retries2`. */
const RETRIES = 15;
/** The same for a connection that no program has any more: `tcp_orphan_retries`. */
const ORPHAN_RETRIES = 8;
/** How many times it asks for a window, even if the peer answers. */
const ORPHAN_PROBES = 10;

/** What the sending half needs of its connection. */
export interface SendChannel extends TimerSource {
  /** How many bytes of payload fit into a packet. */
  readonly maxSegment: number;
  /** Whether the program has closed the connection. */
  readonly isOrphan: boolean;
  /** Sends a segment, which also acknowledges what came. */
  transmit(sequence: number, payload: Uint8Array, fin: boolean): void;
  /** The peer has not answered for too long. */
  giveUp(): void;
}

/** A write that waits for room. */
interface PendingWrite {
  readonly bytes: Uint8Array;
  /** How many bytes there were: they may be transferred since. */
  readonly size: number;
  readonly since: number;
  readonly resolve: (count: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The sending half of a connection: the bytes that were written, and which of them
 * the peer has acknowledged (RFC 9293 section 3.8). Nothing but the peer's window
 * limits how much is under way; there is no control of congestion.
 */
export class SendHalf {
  /** TCP_NODELAY. */
  noDelay = false;
  readonly #roundTrip = new RoundTrip();
  readonly #channel: SendChannel;
  readonly #capacity: number;
  readonly #buffer: SendBuffer;
  readonly #timer: Timer;
  readonly #recovery = new Recovery();
  /** The first byte that is not acknowledged: SND.UNA. */
  #unacknowledged: number;
  /** The next byte to be sent: SND.NXT. After a timeout it is the first again. */
  #next: number;
  /** The byte after the last one that was ever sent. */
  #most: number;
  /** How far the peer's window reaches from the byte that it expects. */
  #window = 0;
  #mostWindow = 0;
  /** The sequence number of the segment that last updated the window: SND.WL1. */
  #windowSequence = -1;
  /** Whether FIN follows the last byte. */
  #hasEnd = false;
  /** Timeouts in a row without an answer. */
  #backoff = 0;
  #probes = 0;
  #write: PendingWrite | undefined;

  /** `initial` is the sequence number of the SYN. */
  constructor(channel: SendChannel, initial: number, capacity: number) {
    this.#channel = channel;
    this.#capacity = capacity;
    this.#unacknowledged = initial;
    this.#next = this.#most = initial + 1;
    this.#buffer = new SendBuffer(initial + 1);
    this.#timer = new Timer(channel, () => this.#onTimeout());
  }

  /** The sequence number after all that was ever sent. */
  get most(): number {
    return this.#most;
  }

  /** The first sequence number that is not acknowledged. */
  get unacknowledged(): number {
    return this.#unacknowledged;
  }

  /** Whether bytes wait to be sent or acknowledged. */
  get isBusy(): boolean {
    return this.#unacknowledged < this.#end;
  }

  /** Whether the peer has acknowledged the FIN. */
  get isEndAcknowledged(): boolean {
    return this.#hasEnd && this.#unacknowledged === this.#end;
  }

  /** The sequence number after all that is to be sent. */
  get #end(): number {
    return this.#buffer.end + (this.#hasEnd ? 1 : 0);
  }

  /** Takes as many bytes as there is room for: at least one, so it may wait. */
  write(bytes: Uint8Array): Promise<number> {
    if (bytes.length === 0) return Promise.resolve(0);
    const count = this.#accept(bytes, 1);
    if (count > 0) {
      this.output();
      return Promise.resolve(count);
    }
    return new Promise((resolve, reject) => {
      const since = this.#channel.scheduler.now;
      this.#write = { bytes, size: bytes.length, since, resolve, reject };
    });
  }

  /** Since when a write waits. */
  get writingSince(): number | undefined {
    return this.#write?.since;
  }

  /** Copies bytes into the buffer, if it has so much room. */
  #accept(bytes: Uint8Array, least: number): number {
    const room = this.#capacity - this.#buffer.size;
    if (room < least) return 0;
    const isWhole = bytes.length <= room;
    this.#buffer.append(isWhole ? bytes : bytes.subarray(0, room));
    return Math.min(bytes.length, room);
  }

  /** FIN follows what was written. */
  finish(): void {
    this.#hasEnd = true;
    this.rejectWrite(() => failure("EPIPE", "write"));
    this.output();
  }

  /** Ends the write that waits. */
  rejectWrite(error: () => Error): void {
    const write = this.#write;
    if (write === undefined) return;
    this.#write = undefined;
    this.#channel.waker.wake();
    write.reject(error());
  }

  /** Sends nothing more. */
  stop(): void {
    this.#timer.clear();
    this.#buffer.releaseTo(this.#buffer.end);
  }

  /**
   * Takes an ACK in; returns false if it is about bytes that were never sent, so that
   * the segment is to be dropped.
   */
  acknowledge(packet: TcpPacket): boolean {
    const { acknowledged, payload, fin, sequence } = packet;
    if (acknowledged > this.#most) return false;
    const isNews = acknowledged > this.#unacknowledged;
    const hasChanged = this.#updateWindow(packet, isNews);
    this.#probes = 0;
    if (isNews) {
      this.#measure(packet);
      this.#advance(acknowledged);
    } else if (
      acknowledged === this.#unacknowledged && payload.length === 0 && !fin &&
      !hasChanged && this.#most > acknowledged
    ) {
      if (this.#recovery.onDuplicate(this.#most)) this.#resendFirst();
    } else if (!hasChanged) return true;
    this.#windowSequence = Math.max(this.#windowSequence, sequence);
    this.output();
    return true;
  }

  /** RFC 7323 section 4.1: also of segments that were sent again. */
  #measure({ echo }: TcpPacket): void {
    if (echo === undefined) return;
    this.#roundTrip.measure(this.#channel.scheduler.now - echo);
  }

  /** Returns whether the window is another one. */
  #updateWindow({ sequence, window }: TcpPacket, isNews: boolean): boolean {
    const isNewer = isNews || sequence > this.#windowSequence ||
      sequence === this.#windowSequence && window > this.#window;
    if (!isNewer || window === this.#window) return false;
    this.#window = window;
    this.#mostWindow = Math.max(this.#mostWindow, window);
    return true;
  }

  #advance(acknowledged: number): void {
    const count = acknowledged - this.#unacknowledged;
    this.#unacknowledged = acknowledged;
    this.#next = Math.max(this.#next, acknowledged);
    this.#buffer.releaseTo(Math.min(acknowledged, this.#buffer.end));
    this.#backoff = 0;
    if (this.#timer.isSet) this.#timer.set(this.#roundTrip.timeout(0));
    if (this.#recovery.onAdvance(acknowledged, count)) this.#resendFirst();
    this.#resumeWrite();
  }

  /** Linux wakes a writer when a third of the buffer is free. */
  #resumeWrite(): void {
    const write = this.#write;
    if (write === undefined) return;
    if (write.bytes.length !== write.size) {
      return this.rejectWrite(() => takenAway("write"));
    }
    const least = Math.min(write.size, Math.ceil(this.#capacity / 3));
    const count = this.#accept(write.bytes, least);
    if (count === 0) return;
    this.#write = undefined;
    this.#channel.waker.wake();
    write.resolve(count);
  }

  /** Sends what the window lets through. */
  output(): void {
    while (this.#next < this.#end && this.#sendNext());
    if (this.#unacknowledged === this.#end) this.#timer.clear();
    else if (!this.#timer.isSet) {
      this.#timer.set(this.#roundTrip.timeout(this.#backoff));
    }
  }

  /** Sends one segment; returns false if it has to wait. */
  #sendNext(): boolean {
    const { maxSegment } = this.#channel;
    const next = this.#next;
    const isFlying = next > this.#unacknowledged;
    const room = this.#unacknowledged - next +
      Math.min(this.#window, this.#recovery.limit(maxSegment));
    const left = this.#buffer.end - next;
    const length = Math.min(maxSegment, left, room);
    const isLast = this.#hasEnd && length === left && length < room;
    if (room <= 0 || length === 0 && !isLast) return false;
    if (length < maxSegment && isFlying && !isLast) {
      if (length < left) {
        // RFC 9293 section 3.8.6.2.1: no small segments because of a small window.
        if (length < this.#mostWindow / 2) return false;
      } else if (!this.noDelay) return false; // Nagle's algorithm
    }
    const end = next + length + (isLast ? 1 : 0);
    this.#most = Math.max(this.#most, end);
    this.#next = end;
    this.#channel.transmit(next, this.#buffer.slice(next, length), isLast);
    return true;
  }

  /** Sends the first segment that is not acknowledged again. */
  #resendFirst(): void {
    const from = this.#unacknowledged;
    const sent = Math.min(this.#buffer.end, this.#most);
    const length = Math.min(this.#channel.maxSegment, sent - from);
    const isLast = this.#hasEnd && this.#most === this.#end &&
      from + length === this.#buffer.end;
    this.#channel.transmit(from, this.#buffer.slice(from, length), isLast);
  }

  #onTimeout(): void {
    const isFlying = this.#most > this.#unacknowledged;
    const { isOrphan } = this.#channel;
    const tries = isFlying ? this.#backoff : this.#probes;
    const isHopeless = tries >= (isOrphan ? ORPHAN_RETRIES : RETRIES) ||
      isOrphan && this.#backoff >= ORPHAN_PROBES;
    if (isHopeless) return this.#channel.giveUp();
    this.#backoff++;
    if (isFlying) {
      this.#next = this.#unacknowledged;
      this.#recovery.onTimeout(this.#most);
      if (!this.#sendNext()) this.#resendFirst(); // into a window that has shrunk
    } else {
      this.#probes++;
      this.probe();
    }
    this.#timer.set(this.#roundTrip.timeout(this.#backoff));
  }

  /** Sends a segment that the peer answers with an ACK: it has that byte already. */
  probe(): void {
    this.#channel.transmit(this.#unacknowledged - 1, NO_BYTES, false);
  }
}
