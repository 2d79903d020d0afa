import type { Addr } from "../address/mod.ts";
import { socketError, toSocketError } from "../errors/mod.ts";
import { showAddr } from "../stream/_seam.ts";
import type { Handshake, TlsTransport } from "./_transport.ts";

function context(remoteAddr: Addr) {
  return {
    action: `start TLS with ${showAddr(remoteAddr)}`,
    syscall: "handshake",
    remoteAddr,
  };
}

/** The error of a handshake that takes too long. */
export function handshakeTimeout(remoteAddr: Addr): Error {
  return socketError("ETIMEDOUT", context(remoteAddr));
}

/** Our error of a handshake that failed. */
export function handshakeFailure(error: unknown, remoteAddr: Addr): Error {
  return toSocketError(error, context(remoteAddr));
}

/** Ends a handshake at once, with RST where closing would leave it to the peer. */
export function abandon(transport: TlsTransport): void {
  try {
    if (!transport.reset?.()) void close(transport);
  } catch {
    void close(transport);
  }
}

/** Closes a transport that may have ended already; resolves when it is closed. */
export async function close(transport: TlsTransport): Promise<void> {
  try {
    await transport.close();
  } catch {
    // The runtime has closed it.
  }
}

/**
 * Waits for the handshake of a transport; an abort ends it. If it fails, the
 * transport is closed, behind the alert that tells the peer why.
 */
export async function shakeHands(
  transport: TlsTransport,
  signal: AbortSignal | undefined,
): Promise<Handshake> {
  const onAbort = () => abandon(transport);
  signal?.addEventListener("abort", onAbort);
  try {
    if (signal?.aborted) abandon(transport);
    const handshake = await transport.handshake();
    signal?.throwIfAborted();
    return handshake;
  } catch (error) {
    signal?.throwIfAborted();
    await close(transport);
    throw handshakeFailure(error, transport.remoteAddr);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}
