import type { Addr } from "../address/mod.ts";

/**
 * Calls the `onListen` of a server that was just made, and returns the server. If
 * `onListen` throws, the server is closed first.
 */
export async function announce<
  A extends Addr,
  S extends AsyncDisposable & { readonly addr: A },
>(server: S, onListen: ((addr: A) => void) | undefined): Promise<S> {
  try {
    onListen?.(server.addr);
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  return server;
}
