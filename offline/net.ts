/**
 * What this project uses of `@std/net`, over `Deno.listen`.
 *
 * @module
 */

/** A TCP port that was free a moment ago: the preferred one, else any. */
export function getAvailablePort(
  options?: { preferredPort?: number },
): number {
  try {
    using listener = Deno.listen({ port: options?.preferredPort ?? 0 });
    return (listener.addr as Deno.NetAddr).port;
  } catch (error) {
    const retry = options?.preferredPort !== undefined &&
      error instanceof Deno.errors.AddrInUse;
    if (!retry) throw error;
    return getAvailablePort();
  }
}
