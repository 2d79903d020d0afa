/** The programs of a host, from its start until they end. */
export class Programs {
  #haveEnded = false;

  /** Whether the host has crashed or was shut down since. */
  get haveEnded(): boolean {
    return this.#haveEnded;
  }

  /** Ends them: their sockets do nothing any more. */
  end(): void {
    this.#haveEnded = true;
  }
}

/** What the call of a program returns that has ended: it never settles. */
export function silent<T>(): Promise<T> {
  return new Promise(() => {});
}
