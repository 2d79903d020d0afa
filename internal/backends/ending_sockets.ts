import { isError } from "../runtime/mod.ts";

/**
 * Sockets of ours that were closed, but whose address the runtime still holds: it
 * lets go of it when the calls that were pending have ended.
 */
export class EndingSockets {
  readonly #ends = new Set<Promise<unknown>>();

  /** Adds a socket that was closed; resolves when its calls have ended. */
  async add(calls: readonly (Promise<unknown> | undefined)[]): Promise<void> {
    const end = Promise.allSettled(calls);
    this.#ends.add(end);
    await end;
    this.#ends.delete(end);
  }

  /** Opens a socket, also at an address that one of ours may still hold. */
  async open<T>(open: () => T | Promise<T>): Promise<T> {
    try {
      return await open();
    } catch (error) {
      if (!isInUse(error) || this.#ends.size === 0) throw error;
      await Promise.all(this.#ends);
      return await open();
    }
  }
}

/** Whether it is EADDRINUSE, as Deno and as Node report it. */
export function isInUse(error: unknown): boolean {
  return isError(error, "AddrInUse") ||
    (error as { code?: unknown }).code === "EADDRINUSE";
}
