import { type Lack, lackReason } from "../internal/backends/mod.ts";
import { isDeno } from "../internal/runtime/mod.ts";
import type {
  UdpAbilities,
  UdpBackend,
  UdpCarrier,
  UdpFeature,
} from "./_transport.ts";

const BOTH = [4, 6] as const;

/** What the `node:dgram` of Deno 2.9 lacks. */
const OF_DENO: UdpAbilities["lacks"] = {
  // It takes these two for IPv6, and leaves its hop limits as they are.
  ttl: [6],
  multicastTtl: [6],
  receiveBufferSize: BOTH,
  sendBufferSize: BOTH,
  source: [6],
  interfaceIndex: [6],
};

/** What the backends can do, the fastest first; the last one needs no flag. */
export const ABILITIES: Readonly<Record<UdpBackend, UdpAbilities>> = {
  posix: {
    flag: "--allow-ffi",
    lacks: {},
    isFair: false,
    setsOptionsFirst: true,
    hasBothFamilies: true,
  },
  deno: {
    flag: "--unstable-net",
    // The runtime sets SO_BROADCAST on every socket, and never takes it back.
    lacks: {
      ttl: BOTH,
      multicastTtl: BOTH,
      multicastLoopback: BOTH,
      multicastInterface: BOTH,
      receiveBufferSize: BOTH,
      sendBufferSize: BOTH,
      source: BOTH,
      interfaceName: [6],
    },
    isFair: true, // tests/udp/fair_test.ts
    setsOptionsFirst: false,
    hasBothFamilies: false,
  },
  node: {
    lacks: isDeno ? OF_DENO : {},
    isFair: false,
    setsOptionsFirst: false,
    hasBothFamilies: true, // it opens a socket for each
  },
};

/** The names of all backends. */
export const BACKENDS = Object.keys(ABILITIES) as readonly UdpBackend[];

/** Whether a backend has a feature for a family, without `--allow-sys`. */
export function has(
  can: UdpAbilities,
  feature: UdpFeature,
  family: 4 | 6,
): boolean {
  return !can.lacks[feature]?.includes(family);
}

/** Returns why a backend refuses, and what to do instead. */
export function unsupported(
  feature: UdpFeature,
  context: Lack & { backend: UdpCarrier; family: 4 | 6 },
): string {
  const { backend, family } = context;
  const other = BACKENDS.find((name) =>
    name !== backend && ABILITIES[name].flag === undefined &&
    has(ABILITIES[name], feature, family)
  );
  return lackReason(feature, { ...context, other });
}
