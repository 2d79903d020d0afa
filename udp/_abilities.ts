import type { UdpAbilities, UdpBackend } from "./_transport.ts";

const BOTH = [4, 6] as const;
const NONE = [] as const;

type Features = UdpAbilities["features"];

/** Every feature, for the same families. */
function each(families: readonly (4 | 6)[]): Features {
  return {
    ttl: families,
    multicastTtl: families,
    multicastLoopback: families,
    multicastInterface: families,
    broadcast: families,
    receiveBufferSize: families,
    sendBufferSize: families,
    source: families,
    interfaceName: families,
    interfaceIndex: families,
  };
}

/** What the backends can do, the fastest first; the last one needs no flag. */
export const ABILITIES: Readonly<Record<UdpBackend, UdpAbilities>> = {
  posix: {
    flag: "--allow-ffi",
    features: each(BOTH),
    knowsArrived: true,
    setsOptionsFirst: true,
    hasBothFamilies: true,
  },
  deno: {
    flag: "--unstable-net",
    features: {
      ...each(NONE),
      // The runtime sets SO_BROADCAST on every socket, and never takes it back.
      broadcast: BOTH,
      interfaceName: [4],
      interfaceIndex: BOTH,
    },
    knowsArrived: false,
    setsOptionsFirst: false,
    hasBothFamilies: false,
  },
  node: {
    features: {
      ...each(BOTH),
      // The runtime takes these two for IPv6, and leaves its hop limits as they are.
      ttl: [4],
      multicastTtl: [4],
      receiveBufferSize: NONE,
      sendBufferSize: NONE,
      source: [4],
      interfaceIndex: [4],
    },
    knowsArrived: true,
    setsOptionsFirst: false,
    hasBothFamilies: true, // it opens a socket for each
  },
};
