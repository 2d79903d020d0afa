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
