import type { UdpBackend, UdpSettings } from "./_transport.ts";

/** What some backend cannot do. */
export type UdpFeature =
  | keyof UdpSettings
  | "source"
  | "interfaceName"
  | "interfaceIndex";

const NODE = 'bind with backend: "node"';
const POSIX = 'bind with backend: "posix", which needs --allow-ffi';

/** How each feature is called, and which families of `node:dgram` have it. */
const FEATURES: Record<UdpFeature, { what: string; node: number[] }> = {
  ttl: { what: "set a TTL", node: [4] },
  multicastTtl: { what: "set a multicast TTL", node: [4] },
  multicastLoopback: { what: "set multicast loopback", node: [4, 6] },
  multicastInterface: { what: "set a multicast interface", node: [4, 6] },
  broadcast: { what: "set broadcast", node: [4, 6] },
  receiveBufferSize: { what: "set SO_RCVBUF", node: [] },
  sendBufferSize: { what: "set SO_SNDBUF", node: [] },
  source: { what: "set source-specific membership", node: [4] },
  interfaceName: { what: "join by the name of an interface", node: [6] },
  interfaceIndex: { what: "join by the index of an interface", node: [] },
};

/** Why a backend refuses, and what would do: the reason of an ENOTSUP error. */
export function unsupported(
  feature: UdpFeature,
  backend: UdpBackend,
  family: 4 | 6,
): string {
  const { what, node } = FEATURES[feature];
  const others = backend === "deno" && node.includes(family) ? NODE : POSIX;
  const hint = feature === "interfaceName"
    ? `use its index, grant --allow-sys, or ${others}`
    : feature === "interfaceIndex"
    ? "use its name, or grant --allow-sys"
    : others;
  const on = family === 6 ? " over IPv6" : "";
  return `the "${backend}" backend cannot ${what}${on}; ${hint}`;
}
