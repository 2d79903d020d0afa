import { Timer, type TimerSource } from "./timer.ts";

/** How long a connection is idle before its peer is probed: Linux's default, in ms. */
const IDLE = 2 * 60 * 60 * 1000;
/** The time between probes: `tcp_keepalive_intvl`, in milliseconds. */
const INTERVAL = 75_000;
/** How many probes may stay without an answer: `tcp_keepalive_probes`. */
const PROBES = 9;

/** What keep-alive needs of its connection. */
export interface KeepAliveChannel extends TimerSource {
  /** Whether bytes are under way, so that their retransmission does the same. */
  readonly isBusy: boolean;
  /** Sends a probe. */
  probe(): void;
}

/** SO_KEEPALIVE: whether the peer of an idle connection is still there. */
export class KeepAlive {
  readonly #channel: KeepAliveChannel;
  readonly #onGone: () => void;
  readonly #timer: Timer;
  #idle = IDLE;
  #probes = 0;
  #heardAt: number;

  /** Calls `onGone` when the peer has not answered. */
  constructor(channel: KeepAliveChannel, onGone: () => void) {
    this.#channel = channel;
    this.#onGone = onGone;
    this.#heardAt = channel.scheduler.now;
    this.#timer = new Timer(channel, () => this.#check());
  }

  /** Begins, after an idle time in milliseconds, which counts in whole seconds. */
  start(idle?: number): void {
    if (idle !== undefined) this.#idle = Math.ceil(idle / 1000) * 1000;
    this.stop();
    this.#timer.set(Math.max(0, this.#idle - this.#silence));
  }

  stop(): void {
    this.#timer.clear();
  }

  /** A segment has come from the peer. */
  hear(): void {
    this.#heardAt = this.#channel.scheduler.now;
    this.#probes = 0;
  }

  get #silence(): number {
    return this.#channel.scheduler.now - this.#heardAt;
  }

  #check(): void {
    const left = this.#idle - this.#silence;
    if (this.#channel.isBusy) return this.#timer.set(this.#idle);
    if (left > 1e-6) return this.#timer.set(left);
    if (this.#probes >= PROBES) return this.#onGone();
    this.#probes++;
    this.#channel.probe();
    this.#timer.set(INTERVAL);
  }
}
