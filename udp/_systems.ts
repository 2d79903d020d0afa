/**
 * What systems do differently with datagrams. Each function takes the system, so that
 * the tests run all of them on any: tests/udp/other_systems_test.ts.
 */
import { isError, type SystemName } from "../internal/runtime/mod.ts";
import type { BindTarget } from "./_transport.ts";

/** A system. */
export type Os = SystemName;

/** Room for any datagram. */
const WHOLE = 65_536;

/**
 * How many bytes a receive needs room for, so that a datagram over `maxDatagramSize`
 * shows. One byte more does, but on Windows too little room is an error
 * (WSAEMSGSIZE), with which the datagram and its sender are lost.
 */
export function receiveRoom({ maxDatagramSize }: BindTarget, os: Os): number {
  return os === "windows" ? WHOLE : maxDatagramSize + 1;
}

/**
 * Whether an IPv6 socket on `::` takes IPv4, too. On Windows IPV6_V6ONLY is set from
 * the start, and no API of the runtime takes it back.
 */
export function hasDualStack(os: Os): boolean {
  return os !== "windows";
}

/** What Windows reports of an earlier send: WSAENETRESET, WSAECONNRESET. */
const OF_A_SEND = /\(os error (10052|10054)\)/;

/**
 * Whether a receive failed because an earlier send met an ICMP error, which Windows
 * reports there. It says nothing about the socket: anybody could cause it, and the
 * next receive works. `node:dgram` has no other name for it than UNKNOWN.
 */
export function isPassingFault(error: unknown, os: Os): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (isError(error, "ConnectionReset")) return true;
  if (OF_A_SEND.test(String(message))) return true;
  return os === "windows" && code === "UNKNOWN";
}
