import type { Machine, Timing } from "../types.ts";

/** How long a call that fails takes, in ms: a loop of them does not stop the clock. */
const CALL_TIME = 0.001;

/** The programs of a host, from its start until they end. */
export class Programs {
  #haveEnded = false;
  readonly #sockets = new Set<() => void>();

  /** Whether the host has crashed or was shut down since. */
  get haveEnded(): boolean {
    return this.#haveEnded;
  }

  /** Takes a descriptor; returns what gives it back. */
  open(machine: Machine): () => void {
    const giveBack = machine.open();
    this.#sockets.add(giveBack);
    return () => {
      this.#sockets.delete(giveBack);
      giveBack();
    };
  }

  /** Ends them: their sockets do nothing any more. */
  end(): void {
    this.#haveEnded = true;
    for (const giveBack of this.#sockets) giveBack();
    this.#sockets.clear();
  }
}

/** What the call of a program returns that has ended: it never settles. */
export function silent<T>(): Promise<T> {
  return new Promise(() => {});
}

/** Ends a call that has failed, unless the programs have ended since. */
export function failCall(
  timing: Timing,
  programs: Programs,
  end: () => void,
): void {
  timing.settle(CALL_TIME, () => {
    if (programs.haveEnded) return false;
    end();
    return true;
  });
}
