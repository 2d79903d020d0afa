import { isShortage } from "../internal/backends/mod.ts";
import { requireNet } from "../internal/runtime/mod.ts";

/**
 * Returns the runtime's error if it cannot listen at an address, else undefined. The
 * listener that it opens is closed at once. Never prompts.
 */
export function listenFailure(
  { hostname, port }: { hostname: string; port: number },
): unknown {
  try {
    requireNet(hostname, port);
    Deno.listen({ hostname, port }).close();
    return undefined;
  } catch (error) {
    return error;
  }
}

/**
 * Returns the runtime's error if the process has no descriptor left for another
 * socket, else undefined. It binds a socket to an address that is taken: that
 * opens one if it can, and leaves nothing behind.
 */
export function descriptorShortage(
  address: { hostname: string; port: number },
): unknown {
  const error = listenFailure(address);
  return error !== undefined && isShortage(error) ? error : undefined;
}
