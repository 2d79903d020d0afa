import type { UdpAbilities, UdpBackend } from "./_transport.ts";

const BOTH = [4, 6] as const;
const NONE = [] as const;

/** What the backends can do, the fastest first; the last one needs no flag. */
export const ABILITIES: Readonly<Record<UdpBackend, UdpAbilities>> = {
  posix: {
    flag: "--allow-ffi",
    features: {
      ttl: BOTH,
      multicastTtl: BOTH,
      multicastLoopback: BOTH,
      multicastInterface: BOTH,
      broadcast: BOTH,
      receiveBufferSize: BOTH,
      sendBufferSize: BOTH,
      source: BOTH,
      interfaceName: BOTH,
      interfaceIndex: BOTH,
    },
    knowsArrived: true,
    setsOptionsFirst: true,
    hasBothFamilies: true,
  },
  deno: {
    flag: "--unstable-net",
    features: {
      ttl: NONE,
      multicastTtl: NONE,
      multicastLoopback: NONE,
      multicastInterface: NONE,
      // The runtime sets SO_BROADCAST on every socket, and never takes it back.
      broadcast: BOTH,
      receiveBufferSize: NONE,
      sendBufferSize: NONE,
      source: NONE,
      interfaceName: [4],
      interfaceIndex: BOTH,
    },
    knowsArrived: false,
    setsOptionsFirst: false,
    hasBothFamilies: false,
  },
  node: {
    features: {
      // The runtime takes these two for IPv6, and leaves its hop limits as they are.
      ttl: [4],
      multicastTtl: [4],
      multicastLoopback: BOTH,
      multicastInterface: BOTH,
      broadcast: BOTH,
      receiveBufferSize: NONE,
      sendBufferSize: NONE,
      source: [4],
      interfaceName: BOTH,
      interfaceIndex: [4],
    },
    knowsArrived: true,
    setsOptionsFirst: false,
    hasBothFamilies: true, // it opens a socket for each
  },
};
