import { Timer, type TimerSource } from "./timer.ts";

/** How long the first answer of the peer may take, in milliseconds: RFC 6298's 1 s. */
const FIRST_TIMEOUT = 1000;

/** What is repeated, and how often. */
export interface Repetition {
  /** How many times it is sent again. */
  readonly retries: number;
  /** Sends it. */
  send(): void;
  /** No answer has come. */
  giveUp(): void;
}

/**
 * Sends a segment of the handshake, and again after 1, 2, 4, … seconds, until it is
 * stopped.
 */
export class Repeater {
  /** How many times it was sent again. */
  #repeats = 0;
  readonly #what: Repetition;
  readonly #timer: Timer;

  constructor(source: TimerSource, what: Repetition) {
    this.#what = what;
    this.#timer = new Timer(source, () => this.#repeat());
  }

  start(): void {
    this.#what.send();
    this.#timer.set(FIRST_TIMEOUT);
  }

  stop(): void {
    this.#timer.clear();
  }

  #repeat(): void {
    if (this.#repeats === this.#what.retries) return this.#what.giveUp();
    this.#repeats++;
    this.#what.send();
    this.#timer.set(FIRST_TIMEOUT * 2 ** this.#repeats);
  }
}
