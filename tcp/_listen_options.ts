import { checkPort } from "../address/mod.ts";
import { checkChoice, checkCount, checkType } from "../internal/check/mod.ts";
import { readOptions } from "../internal/libc/mod.ts";
import { checkWait, type Wait } from "../internal/wait/mod.ts";
import { BACKEND_NAMES } from "./_backends.ts";
import type { ListenTcpOptions } from "./listen_options.ts";

const OPTIONS: readonly (keyof ListenTcpOptions)[] = [
  ...["hostname", "port", "family", "backlog", "reusePort"] as const,
  ...["ipv6Only", "noDelay", "keepAlive", "highWaterMark"] as const,
  ...["resolver", "backend", "signal", "timeout"] as const,
];

/** Reads each option once: what is checked is what is used. */
export function readListenOptions(options: ListenTcpOptions): ListenTcpOptions {
  return readOptions(options, OPTIONS);
}

/** Refuses bad options, and returns what limits the wait for a look-up. */
export function checkListenOptions(
  options: ListenTcpOptions,
): Wait | undefined {
  checkType("hostname", options.hostname, "string");
  checkPort(options.port);
  checkChoice("family", options.family, [4, 6]);
  checkCount("backlog", options.backlog);
  checkType("reusePort", options.reusePort, "boolean");
  checkType("ipv6Only", options.ipv6Only, "boolean");
  checkType("noDelay", options.noDelay, "boolean");
  checkType("keepAlive", options.keepAlive, "boolean");
  checkCount("highWaterMark", options.highWaterMark);
  checkChoice("backend", options.backend, BACKEND_NAMES);
  return checkWait(options);
}
