/**
 * The models of the simulated network against real sockets: each scenario runs on both,
 * and gives the same results and errors. The models are those of Linux, so that other
 * systems differ.
 */
import { simulate } from "@berkeley/sockets/testing";
import { assertEquals, assertNotEquals } from "@std/assert";
import * as real from "../../../mod.ts";
import { FAMILIES, type Family } from "../../_each_family.ts";
import { HAS_POSIX } from "../../_posix.ts";
import { NAMES } from "./_name_scenarios.ts";
import {
  type Carrier,
  Log,
  type Scenario,
  type ScenarioSockets,
} from "./_scenario.ts";
import { TCP_CONNECTS } from "./_tcp_connect_scenarios.ts";
import { TCP_ENDS } from "./_tcp_end_scenarios.ts";
import { TCP_ACCEPTS, TCP_ADDRESSES } from "./_tcp_listen_scenarios.ts";
import { UDP_DATAGRAMS } from "./_udp_datagram_scenarios.ts";
import { UDP_GROUPS } from "./_udp_group_scenarios.ts";
import { UDP_PEERS } from "./_udp_peer_scenarios.ts";

const CARRIERS: readonly Carrier[] = HAS_POSIX
  ? ["posix", "deno", "node"]
  : ["deno", "node"];

/** The functions of the module, over one backend. */
function realSockets(carrier: Carrier): ScenarioSockets {
  // Over "deno", datagrams need --unstable-net.
  const udp = carrier === "deno" ? "node" : carrier;
  return {
    ...real,
    connectTcp: (options) => real.connectTcp({ ...options, backend: carrier }),
    listenTcp: (options) => real.listenTcp({ ...options, backend: carrier }),
    serveTcp: (options, handler) =>
      real.serveTcp({ ...options, backend: carrier }, handler),
    bindUdp: (options) => real.bindUdp({ ...options, backend: udp }),
    connectUdp: (options) => real.connectUdp({ ...options, backend: udp }),
  };
}

/** Runs a scenario, and returns what it wrote down. */
async function logOf(
  scenario: Scenario,
  family: Family,
  sockets: ScenarioSockets,
): Promise<string[]> {
  const log = new Log();
  await scenario.run({ ...sockets, family, log });
  return log.lines;
}

/** The same on real sockets; again, if another program took a port of its set-up. */
async function realLog(
  scenario: Scenario,
  family: Family,
  carrier: Carrier,
): Promise<string[]> {
  for (let left = 4;; left--) {
    try {
      return await logOf(scenario, family, realSockets(carrier));
    } catch (error) {
      if (left === 0 || !(error instanceof real.AddressInUseError)) throw error;
    }
  }
}

const SCENARIOS: readonly Scenario[] = [
  ...[...TCP_ADDRESSES, ...TCP_ACCEPTS, ...TCP_CONNECTS, ...TCP_ENDS],
  ...[...UDP_PEERS, ...UDP_DATAGRAMS, ...UDP_GROUPS, ...NAMES],
];

for (const scenario of SCENARIOS) {
  for (const family of FAMILIES) {
    const { name, differs = {}, lacks = {} } = scenario;
    if (scenario.family !== undefined && scenario.family !== family.family) {
      continue;
    }
    Deno.test({
      name: `simulated and real sockets agree: ${name} (${family.name})`,
      permissions: { net: true, ffi: HAS_POSIX },
      ignore: Deno.build.os !== "linux",
      async fn() {
        const simulated = await simulate((network) =>
          logOf(scenario, family, network.host("host"))
        );
        for (const carrier of CARRIERS) {
          if (lacks[carrier] !== undefined) continue;
          let log = await realLog(scenario, family, carrier);
          const reason = differs[carrier];
          // Another program may have taken the port, or all of the processor.
          for (let left = 2; left > 0; left--) {
            const agrees = log.join() === simulated.join();
            if (agrees === (reason === undefined)) break;
            log = await realLog(scenario, family, carrier);
          }
          if (reason === undefined) assertEquals(simulated, log, carrier);
          else assertNotEquals(simulated, log, `${carrier}: ${reason}`);
        }
      },
    });
  }
}
