import type { TcpTransport } from "./_transport.ts";
import { TcpConn } from "./conn.ts";

/** What a connection starts with. */
export interface ConnSettings {
  readonly noDelay?: boolean | undefined;
  readonly keepAlive?: boolean | number | undefined;
  readonly highWaterMark?: number | undefined;
}

/** Makes the connection of a transport that was connected or accepted. */
export function openConn(
  transport: TcpTransport,
  options: ConnSettings,
): TcpConn {
  const { noDelay = true, keepAlive = false } = options;
  const idle = keepAlive === true ? undefined : keepAlive;
  try {
    if (noDelay) transport.setNoDelay(true);
    if (idle !== false) transport.setKeepAlive(true, idle);
  } catch {
    // The peer has gone already; the first read says so.
  }
  return new TcpConn(transport, options);
}
