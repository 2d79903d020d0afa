import { pendingCall } from "../pending_call.ts";
import type { TcpConnection } from "./tcp_connection.ts";

/** Describes the calls that wait on a connection. */
export function* pendingCalls(connection: TcpConnection): Generator<string> {
  const { remoteAddress, remotePort, state, openedAt } = connection;
  const { receiving, sending } = connection;
  const calls: readonly [string, number | undefined][] = [
    ["connect to", state === "syn-sent" ? openedAt : undefined],
    ["read from", receiving?.readingSince],
    ["write to", sending.writingSince],
  ];
  for (const [call, since] of calls) {
    if (since === undefined) continue;
    yield pendingCall(call, remoteAddress, remotePort, since);
  }
}
