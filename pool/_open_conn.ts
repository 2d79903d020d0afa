import { socketError } from "../errors/mod.ts";
import {
  type Timers,
  waitFor,
  type WaitOptions,
} from "../internal/wait/mod.ts";
import { StreamConn } from "../stream/mod.ts";

/** What an attempt to connect is limited by, and what makes it complete. */
interface OpenPlan<C> {
  /** How long it may take, in milliseconds. */
  readonly timeout: number;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Completes the connection. */
  readonly onConnect?:
    | ((conn: C, options: WaitOptions) => void | Promise<void>)
    | undefined;
  readonly timers: Timers;
}

/**
 * Connects, and has the connection completed, in time. A connection that comes too late
 * is closed.
 */
export async function openConn<C extends StreamConn>(
  connect: (options: WaitOptions) => Promise<C>,
  { timeout, signal, onConnect, timers }: OpenPlan<C>,
): Promise<C> {
  const giveUp = new AbortController();
  const work = complete(connect, onConnect, giveUp.signal, timeout);
  return await waitFor(
    work,
    { timeout, signal },
    () => socketError("ETIMEDOUT", { action: "connect" }),
    (reason) => {
      giveUp.abort(reason);
      // It may have connected in the very moment of the cancellation.
      work.then((late) => late.close(), () => {});
    },
    timers,
  );
}

async function complete<C extends StreamConn>(
  connect: (options: WaitOptions) => Promise<C>,
  onConnect: OpenPlan<C>["onConnect"],
  signal: AbortSignal,
  timeout: number,
): Promise<C> {
  const conn = await connect({ signal, timeout });
  if (!(conn instanceof StreamConn)) {
    throw new TypeError("Cannot use the result of connect(): not a connection");
  }
  const close = () => conn.close();
  try {
    signal.throwIfAborted();
    signal.addEventListener("abort", close);
    await onConnect?.(conn, { signal });
    if (!conn.isClosed) return conn;
  } catch (error) {
    conn.close();
    throw error;
  } finally {
    signal.removeEventListener("abort", close);
  }
  throw socketError("ECONNABORTED", {
    action: "connect",
    reason: "the connection was closed before it could be used",
  });
}
