/**
 * Tests of sockets that run in a simulated network.
 *
 * @module
 */
import { type Host, simulate } from "@berkeley/sockets/testing";

/** What a test needs of the real world that a simulated network does not have. */
export type RealNeed =
  /** Options of C, which are set by libc. */
  | "options of C"
  /** Processes or Workers, which have real sockets. */
  | "other processes"
  /** The runtime's own connections, such as those of `Deno.connect`. */
  | "the runtime's API"
  /** How much CPU or memory it takes, or how it shares the real event loop. */
  | "real time"
  /** The permissions of the program, which has no need of any here. */
  | "permissions"
  /** What this host's kernel or one backend does otherwise. */
  | "this host";

/** Runs a test on a host of a simulated network. */
export function onSimulatedHost(
  body: (host: Host) => Promise<void>,
): Promise<void> {
  return simulate(async (network) => await body(network.host("host")));
}

/** Runs a test on two hosts of a simulated network. */
export function onSimulatedHosts(
  body: (client: Host, server: Host) => Promise<void>,
): Promise<void> {
  return simulate(async (network) =>
    await body(network.host("client"), network.host("server"))
  );
}
