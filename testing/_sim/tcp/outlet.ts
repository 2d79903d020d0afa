import type { Machine, Timing } from "../types.ts";
import type { ReceiveHalf } from "./receive_half.ts";
import { type Ends, headerSize, makeSegment } from "./segment.ts";

/** Sends the segments of one connection. */
export class Outlet {
  readonly #machine: Machine;
  readonly #timing: Timing;
  readonly #ends: Ends;
  #maxSegment = 0;
  #measuredAt = -1;

  constructor(machine: Machine, ends: Ends) {
    this.#machine = machine;
    this.#timing = machine.scheduler;
    this.#ends = ends;
  }

  /** How many bytes of payload fit into a packet now: the MSS by the path's MTU. */
  get maxSegment(): number {
    const { now } = this.#timing;
    if (this.#measuredAt !== now) {
      const { remoteAddress } = this.#ends;
      const mtu = this.#machine.mtuTo(remoteAddress);
      this.#measuredAt = now;
      this.#maxSegment = Math.max(1, mtu - headerSize(remoteAddress));
    }
    return this.#maxSegment;
  }

  /** Sends a segment that acknowledges what came. */
  send(
    sequence: number,
    payload: Uint8Array,
    fin: boolean,
    received: ReceiveHalf,
  ): void {
    this.#machine.send(makeSegment(this.#ends, {
      sequence,
      acknowledged: received.next,
      timestamp: this.#timing.now,
      echo: received.echo,
      fin,
      window: received.advertise(),
      payload,
    }));
  }

  /** Sends SYN, with ACK once the peer's has come; `window` is the one before. */
  sendSyn(
    sequence: number,
    window: number,
    received: ReceiveHalf | undefined,
  ): void {
    this.#machine.send(makeSegment(this.#ends, {
      sequence,
      acknowledged: received?.next,
      timestamp: this.#timing.now,
      echo: received?.echo,
      syn: true,
      window: received?.advertise() ?? window,
    }));
  }

  /** Sends RST; with ACK if anything is received. */
  sendReset(sequence: number, received?: ReceiveHalf): void {
    this.#machine.send(makeSegment(this.#ends, {
      sequence,
      acknowledged: received?.next,
      timestamp: this.#timing.now,
      rst: true,
    }));
  }
}
