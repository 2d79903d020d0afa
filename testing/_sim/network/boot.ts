import { IpPrefix } from "../../../address/mod.ts";
import type { Resolver, ResolverOptions } from "../../../resolve/mod.ts";
import { resolverOver } from "../../../resolve/_seam.ts";
import type { Zone } from "../dns/zone.ts";
import { DEFAULT_PATIENCE, ZoneSource } from "../dns/zone_source.ts";
import { type HostNetwork, hostNetwork } from "../host/host_sockets.ts";
import { TcpStack } from "../tcp/stack.ts";
import { UdpStack } from "../udp/stack.ts";
import { UnixStack } from "../unix/stack.ts";
import type { WireMachine } from "../wire/machine.ts";
import { endpointText } from "../wire/packet_record.ts";
import type { Recorder } from "../wire/recorder.ts";

const LOOPBACK = ["127.0.0.1/8", "::1/128"].map((text) => IpPrefix.parse(text));

/** What the boots of a host have in common. */
export interface BootContext {
  readonly machine: WireMachine;
  readonly zone: Zone;
  readonly recorder: Recorder;
  /** The names of the hosts that the name server does not hear. */
  readonly unheard: ReadonlySet<string>;
  /** The paths of unix sockets, which stay as files do. */
  readonly files: Set<string>;
  readonly resolver: ResolverOptions;
}

/** What a host has from its start until it stops. */
export interface Boot {
  readonly network: HostNetwork;
  /** Closes the sockets that have no packets; the machine closes all others. */
  shutdown(): void;
}

/** Makes the stacks and the resolver of a host that starts. */
export function bootHost(context: BootContext): Boot {
  const { machine, files } = context;
  const tcp = new TcpStack(machine);
  const udp = new UdpStack(machine);
  const unix = new UnixStack(machine, files);
  machine.attach("tcp", tcp);
  machine.attach("udp", udp);
  return {
    network: hostNetwork(
      {
        connect: tcp.connect,
        listen: async (target) => {
          const listener = await tcp.listen(target);
          const { hostname, port } = listener.addr;
          machine.record(() => `listens on ${endpointText(hostname, port)}`);
          return listener;
        },
      },
      async (target) => {
        const socket = await udp.bind(target);
        const { hostname, port } = socket.localAddr;
        machine.record(() => `binds ${endpointText(hostname, port)} (UDP)`);
        return socket;
      },
      unix,
      makeResolver(context),
    ),
    shutdown: () => unix.shutdown(),
  };
}

function makeResolver(context: BootContext): Resolver {
  const { machine, zone, recorder, unheard, resolver: options } = context;
  const {
    timeout = DEFAULT_PATIENCE.timeout,
    attempts = DEFAULT_PATIENCE.attempts,
  } = options;
  return resolverOver({
    source: new ZoneSource({
      host: machine.name,
      zone,
      scheduler: machine.scheduler,
      recorder,
      isConnected: () => !unheard.has(machine.name),
      patience: { timeout, attempts },
    }),
    interfaces: () => [
      ...machine.addresses.map(({ prefix }) => prefix),
      ...LOOPBACK,
    ],
    options,
  });
}
