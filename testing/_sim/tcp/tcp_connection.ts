import { failure, type IcmpPacket, type TcpPacket } from "../types.ts";
import type { Timing } from "../types.ts";
import type {
  ConnectionOwner,
  Opening,
  OwnedConnection,
  TcpState,
} from "./connection_owner.ts";
import { KeepAlive } from "./keep_alive.ts";
import { Outlet } from "./outlet.ts";
import type { Binding } from "./port_table.ts";
import { ReceiveHalf } from "./receive_half.ts";
import { Repeater } from "./repeater.ts";
import { type Ends, NO_BYTES } from "./segment.ts";
import { SendHalf } from "./send_half.ts";
import type { Waker } from "./waker.ts";

/** How often a SYN is sent again: `tcp_syn_retries`; it fails after 127 s. */
const SYN_RETRIES = 6;
/** How often a SYN with ACK is sent again: `tcp_synack_retries`. */
const SYN_ACK_RETRIES = 5;

/** One connection, as the kernel of its host has it. */
export class TcpConnection implements OwnedConnection {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Its hold on the local port. */
  readonly binding: Binding;
  readonly scheduler: Timing;
  readonly waker: Waker;
  state: TcpState;
  /** Whether the program has closed it. */
  isOrphan = false;
  /** When it was begun. */
  readonly openedAt: number;
  readonly #owner: ConnectionOwner;
  readonly sending: SendHalf;
  /** There is none before the peer's SYN has come. */
  receiving!: ReceiveHalf;
  readonly #outlet: Outlet;
  readonly #keepAlive: KeepAlive;
  readonly #handshake: Repeater;
  readonly #opening: Opening;
  /** Whether the writing half has ended. */
  #isShut = false;
  /** The error that the next call of the program reports, once: SO_ERROR. */
  #error: string | undefined;
  /** What ICMP said, in case that the peer never answers. */
  #unreachable: string | undefined;

  /** With the peer's SYN for a connection that it opens, else one that opens itself. */
  constructor(
    owner: ConnectionOwner,
    ends: Ends,
    binding: Binding,
    opening: Opening,
    syn?: TcpPacket,
  ) {
    this.#owner = owner;
    this.localAddress = ends.localAddress;
    this.localPort = ends.localPort;
    this.remoteAddress = ends.remoteAddress;
    this.remotePort = ends.remotePort;
    this.binding = binding;
    this.scheduler = owner.scheduler;
    this.waker = owner.waker;
    this.openedAt = this.scheduler.now;
    this.#opening = opening;
    this.#outlet = new Outlet(owner.machine, this);
    this.sending = new SendHalf(this, owner.newSequence(), owner.sendBuffer);
    this.#keepAlive = new KeepAlive(this, () => {
      this.#sendReset();
      this.giveUp();
    });
    this.state = syn === undefined ? "syn-sent" : "syn-received";
    if (syn !== undefined) this.#onPeerSyn(syn);
    this.#handshake = new Repeater(this, {
      retries: syn === undefined ? SYN_RETRIES : SYN_ACK_RETRIES,
      send: () => this.#sendSyn(),
      giveUp: () => this.giveUp(),
    });
  }

  /** Sends the SYN, or the SYN with ACK. */
  start(): void {
    this.#handshake.start();
  }

  #onPeerSyn(syn: TcpPacket): void {
    this.receiving = new ReceiveHalf(this, syn, this.#owner.receiveBuffer);
  }

  /** Whether the writing half has ended. */
  get isShut(): boolean {
    return this.#isShut;
  }

  // What its halves need.

  get maxSegment(): number {
    return this.#outlet.maxSegment;
  }

  get isBusy(): boolean {
    return this.sending.isBusy;
  }

  transmit(sequence: number, payload: Uint8Array, fin: boolean): void {
    this.#outlet.send(sequence, payload, fin, this.receiving);
  }

  sendAck(): void {
    if (this.state === "closed") return;
    this.transmit(this.sending.most, NO_BYTES, false);
  }

  #sendSyn(): void {
    const { unacknowledged } = this.sending;
    this.#outlet.sendSyn(
      unacknowledged,
      this.#owner.receiveBuffer,
      this.receiving,
    );
  }

  #sendReset(): void {
    this.#outlet.sendReset(this.sending.most, this.receiving);
  }

  probe(): void {
    this.sending.probe();
  }

  /** The peer has not answered for too long. */
  giveUp(): void {
    this.#fail(this.#unreachable ?? "ETIMEDOUT");
  }

  // Segments.

  receive(packet: TcpPacket): void {
    this.#keepAlive.hear();
    if (this.state === "syn-sent") return this.#receiveInSynSent(packet);
    if (packet.syn && !this.#isOpeningTogether(packet)) {
      return this.#receiveSyn(packet);
    }
    if (!this.receiving.isAcceptable(packet)) {
      if (!packet.rst) this.receiving.answer(packet);
      return;
    }
    if (packet.rst) return this.#receiveReset(packet);
    if (!packet.ack) return;
    if (this.state === "syn-received" && !this.#receiveHandshake(packet)) {
      return;
    }
    if (!this.sending.acknowledge(packet)) return;
    if (this.sending.isEndAcknowledged) this.#onEndAcknowledged();
    if (this.state !== "closed") this.#receiveBytes(packet);
    if (this.state === "fin-wait-2" && this.isOrphan) this.#retire(false);
  }

  #receiveInSynSent(packet: TcpPacket): void {
    const { most } = this.sending;
    if (packet.ack && packet.acknowledged !== most) {
      if (packet.rst) return;
      // Of a connection that this host has forgotten: the peer is to forget it, too.
      return this.#outlet.sendReset(packet.acknowledged);
    }
    if (packet.rst) {
      if (packet.ack) this.#fail("ECONNREFUSED");
      return;
    }
    if (!packet.syn) return;
    this.#onPeerSyn(packet);
    if (!packet.ack) { // both sides open at once: RFC 9293 section 3.5, figure 7
      this.state = "syn-received";
      this.#sendSyn();
      return;
    }
    this.#establish();
    this.sending.acknowledge(packet);
    this.sendAck();
  }

  /** Whether it is the SYN with ACK of a peer that opens at the same time. */
  #isOpeningTogether({ sequence, ack, acknowledged }: TcpPacket): boolean {
    return this.state === "syn-received" && ack &&
      sequence === this.receiving.initial &&
      acknowledged === this.sending.most;
  }

  /** A SYN into a connection: one that was sent again, or of a peer that was restarted. */
  #receiveSyn(packet: TcpPacket): void {
    if (packet.rst) return;
    const isAgain = this.state === "syn-received" && !packet.ack &&
      packet.sequence === this.receiving.initial;
    if (isAgain) this.#sendSyn();
    else this.receiving.answer(packet);
  }

  /** RFC 5961 section 3.2: only an RST at the very next byte is believed. */
  #receiveReset(packet: TcpPacket): void {
    if (packet.sequence !== this.receiving.next) {
      return this.receiving.answer(packet);
    }
    const isHalfClosed = this.state === "close-wait";
    this.#fail(isHalfClosed ? "EPIPE" : "ECONNRESET");
  }

  /** Returns whether the segment completes the handshake. */
  #receiveHandshake(packet: TcpPacket): boolean {
    if (packet.acknowledged !== this.sending.most) {
      this.#outlet.sendReset(packet.acknowledged);
      return false;
    }
    return this.#establish();
  }

  #establish(): boolean {
    const before = this.state;
    this.state = "established";
    if (!this.#opening.onOpen()) {
      this.state = before;
      return false;
    }
    this.#handshake.stop();
    return true;
  }

  #receiveBytes(packet: TcpPacket): void {
    const { payload, sequence } = packet;
    const { receiving } = this;
    const isNew = payload.length > 0 &&
      sequence + payload.length > receiving.next && !receiving.hasEnded;
    if (this.isOrphan && isNew) { // nobody will ever read it: RFC 1122, 4.2.2.13
      this.#sendReset();
      return this.#fail("ECONNRESET");
    }
    const { hasEnded } = receiving;
    receiving.accept(packet);
    if (receiving.hasEnded && !hasEnded) this.#onPeerEnd();
  }

  #onPeerEnd(): void {
    if (this.state === "established") this.state = "close-wait";
    else if (this.state === "fin-wait-1") this.state = "closing";
    else if (this.state === "fin-wait-2") this.#retire(true);
  }

  #onEndAcknowledged(): void {
    if (this.state === "fin-wait-1") {
      this.state = "fin-wait-2";
    } else if (this.state === "closing") {
      this.#retire(true);
    } else if (this.state === "last-ack") {
      this.#close();
      this.#owner.remove(this);
    }
  }

  onUnreachable(kind: IcmpPacket["kind"]): void {
    const code = kind === "host-unreachable" ? "EHOSTUNREACH" : "ECONNREFUSED";
    if (this.state === "syn-sent") this.#fail(code);
    else this.#unreachable = code;
  }

  // The end.

  #retire(isEnded: boolean): void {
    this.#owner.retire(this, isEnded);
    this.#close();
  }

  get sequences(): { readonly send: number; readonly receive: number } {
    return { send: this.sending.most, receive: this.receiving.next };
  }

  /** Stops all timers: nothing follows. */
  #close(): void {
    this.state = "closed";
    this.#isShut = true;
    this.drop();
    this.#settle();
  }

  /** Stops all that would happen by itself. */
  drop(): void {
    this.#handshake.stop();
    this.#keepAlive.stop();
    this.sending.stop();
    this.receiving?.stop();
  }

  /** Ends with an error, which the program sees once: the reader, if one waits. */
  #fail(code: string): void {
    const { state } = this;
    const isOpening = state === "syn-sent" || state === "syn-received";
    this.#error = code;
    this.#owner.remove(this);
    this.#close();
    if (isOpening) this.#opening.onFail(failure(code, "connect"));
  }

  /** Ends the calls that wait on a connection that has ended. */
  #settle(): void {
    this.receiving?.finish(() => failure(this.takeError() ?? "EBADF", "read"));
    this.sending.rejectWrite(() =>
      failure(this.takeError() ?? "EPIPE", "write")
    );
  }

  /** Returns the error that the program has not seen yet, which then it has. */
  takeError(): string | undefined {
    const error = this.#error;
    this.#error = undefined;
    return error;
  }

  // What the program does.

  /** C's `shutdown(SHUT_WR)`. */
  end(): void {
    if (this.#isShut) return;
    this.#isShut = true;
    this.state = this.state === "close-wait" ? "last-ack" : "fin-wait-1";
    this.sending.finish();
  }

  /** C's `close`: bytes that were not read make it a reset (RFC 2525 section 2.17). */
  close(): void {
    if (this.state === "closed") return;
    this.isOrphan = true;
    this.#keepAlive.stop();
    const isUnread = this.receiving.unread > 0;
    this.receiving.clear();
    if (isUnread) this.reset();
    else if (this.state === "fin-wait-2") this.#retire(false);
    else this.end();
  }

  /** Ends it with RST; or, while it opens, without a word. */
  reset(): void {
    this.isOrphan = true;
    if (this.state === "closed") return;
    this.abort();
    this.#owner.remove(this);
    this.#close();
  }

  /** Sends RST; calls that wait are not settled. */
  abort(): void {
    if (this.state !== "syn-sent") this.#sendReset();
    this.state = "closed";
  }

  setNoDelay(on: boolean): void {
    this.sending.noDelay = on;
    if (on && this.state !== "closed") this.sending.output();
  }

  setKeepAlive(on: boolean, idle?: number): void {
    if (on && this.state !== "closed") this.#keepAlive.start(idle);
    else this.#keepAlive.stop();
  }
}
