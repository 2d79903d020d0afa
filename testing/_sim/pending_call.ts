import { formatHostPort } from "../../address/mod.ts";

/** Describes a call that waits. */
export function pendingCall(
  call: string,
  address: string,
  port: number,
  since: number,
): string {
  const time = Math.round(since * 1000) / 1000;
  return `${call} ${formatHostPort(address, port)} since ${time} ms`;
}
