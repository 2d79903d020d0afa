import type { IcmpPacket, TcpPacket } from "../types.ts";
import type { Flow } from "./flow.ts";
import type { Binding } from "./port_table.ts";
import { endOf, makeSegment, refusalOf } from "./segment.ts";
import type { ConnectionOwner, OwnedConnection } from "./connection_owner.ts";

/** How long the ports are kept: `TCP_TIMEWAIT_LEN` and `tcp_fin_timeout`, in ms. */
const PERIOD = 60_000;

/** What a connection in TIME-WAIT needs of the stack. */
export interface TimeWaitOwner extends Pick<ConnectionOwner, "machine"> {
  /** Ends it. */
  forget(rest: TimeWait): void;
  /** Gives the SYN of a new connection with the same ends to a listener. */
  reopen(rest: TimeWait, syn: TcpPacket): void;
}

/**
 * What is left of a connection that no program has any more, on the side that closed it
 * first: in FIN-WAIT-2 until the peer's FIN, then in TIME-WAIT. It has no timer: the
 * stack looks at `expiresAt` before anybody asks for the port.
 */
export class TimeWait implements Flow {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly binding: Binding;
  /** When it ends, in the scheduler's time. */
  expiresAt: number;
  /** Whether `expiresAt` was put off. */
  wasExtended = false;
  readonly #owner: TimeWaitOwner;
  readonly #send: number;
  #receive: number;
  /** Whether the peer's FIN has come. */
  #isEnded: boolean;

  constructor(
    owner: TimeWaitOwner,
    connection: OwnedConnection,
    isEnded: boolean,
  ) {
    this.#owner = owner;
    this.localAddress = connection.localAddress;
    this.localPort = connection.localPort;
    this.remoteAddress = connection.remoteAddress;
    this.remotePort = connection.remotePort;
    this.binding = connection.binding;
    this.#send = connection.sequences.send;
    this.#receive = connection.sequences.receive;
    this.#isEnded = isEnded;
    this.expiresAt = this.#later();
  }

  #later(): number {
    return this.#owner.machine.scheduler.now + PERIOD;
  }

  #extend(): void {
    this.expiresAt = this.#later();
    this.wasExtended = true;
  }

  receive(packet: TcpPacket): void {
    if (packet.rst) {
      if (packet.sequence === this.#receive) this.#owner.forget(this);
    } else if (this.#isEnded) {
      this.#receiveInTimeWait(packet);
    } else {
      this.#receiveInFinWait(packet);
    }
  }

  #receiveInTimeWait(packet: TcpPacket): void {
    const { syn, ack, sequence } = packet;
    if (syn && !ack && sequence > this.#receive) {
      return this.#owner.reopen(this, packet);
    }
    if (!syn && sequence === this.#receive && endOf(packet) === sequence) {
      return;
    }
    this.#extend();
    this.#acknowledge();
  }

  #receiveInFinWait(packet: TcpPacket): void {
    const end = endOf(packet);
    if (packet.syn ? packet.sequence < this.#receive : end <= this.#receive) {
      if (packet.syn || packet.payload.length > 0) this.#acknowledge();
      return;
    }
    if (packet.fin && end === this.#receive + 1) {
      this.#receive = end;
      this.#isEnded = true;
      this.#extend();
      this.#acknowledge();
      return;
    }
    this.#owner.forget(this);
    this.#owner.machine.send(refusalOf(packet)!);
  }

  #acknowledge(): void {
    this.#owner.machine.send(makeSegment(this, {
      sequence: this.#send,
      acknowledged: this.#receive,
      timestamp: this.#owner.machine.scheduler.now,
    }));
  }

  onUnreachable(_kind: IcmpPacket["kind"]): void {}
}
