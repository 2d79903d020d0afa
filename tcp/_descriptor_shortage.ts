import { listenFailure } from "./_listen_failure.ts";

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

/** Whether it is EMFILE or ENFILE, which have no class of the runtime. */
function isShortage(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return code === "EMFILE" || code === "ENFILE" ||
    /\(os error (?:23|24)\)/.test(message ?? "");
}
