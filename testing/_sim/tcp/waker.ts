/**
 * Notes whether an event has settled a promise of a program. An event that has not is
 * quiet: the driver continues with the next event without a turn of the event loop.
 */
export class Waker {
  #hasWoken = false;

  /** A promise of a program is being settled. */
  wake(): void {
    this.#hasWoken = true;
  }

  /** Runs an event; returns whether it has settled a promise. */
  during(run: () => void): boolean {
    this.#hasWoken = false;
    run();
    return this.#hasWoken;
  }
}
