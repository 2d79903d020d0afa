/**
 * Tests of sockets that run in a simulated network.
 *
 * @module
 */
import { type Host, simulate } from "@berkeley/sockets/testing";

/** What a test needs of the real world that a simulated network does not have. */
export type RealNeed =
  /** To measure CPU and memory, or how calls share the event loop. */
  | "real time"
  /** Peers over the runtime's own API, or the choice among backends. */
  | "the runtime's API";

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
