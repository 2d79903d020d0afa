import { MAX_DELAY } from "../internal/wait/mod.ts";

/**
 * Keeps the program alive while it is held. `node:dgram` itself does so as long as a
 * socket is bound, or not at all (Deno 2.9.6; tests/udp/unref_test.ts).
 */
export class KeepAlive {
  #isHeld = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Holds the program, or lets it end. */
  hold(isHeld: boolean): void {
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    if (this.#timer === undefined) {
      this.#timer = setInterval(() => {}, MAX_DELAY);
    } else if (isHeld) Deno.refTimer(this.#timer);
    else Deno.unrefTimer(this.#timer);
  }

  /** Lets the program end for good. */
  end(): void {
    clearInterval(this.#timer);
  }
}
