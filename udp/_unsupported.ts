import type { UdpBackend, UdpSettings } from "./_transport.ts";

/** What some backend cannot do. */
export type UdpFeature =
  | keyof UdpSettings
  | "source"
  | "interfaceName"
  | "interfaceIndex";

interface Feature {
  /** Its name in messages. */
  readonly what: string;
  /** The families for which `node:dgram` has it. */
  readonly node: readonly number[];
  /** C's options for IPv4 and for IPv6, if the feature is one option. */
  readonly options?: readonly [v4: string, v6: string];
}

const FEATURES: Record<UdpFeature, Feature> = {
  ttl: {
    what: "set a TTL",
    node: [4],
    options: ["IP_TTL", "IPV6_UNICAST_HOPS"],
  },
  multicastTtl: {
    what: "set a multicast TTL",
    node: [4],
    options: ["IP_MULTICAST_TTL", "IPV6_MULTICAST_HOPS"],
  },
  multicastLoopback: {
    what: "set multicast loopback",
    node: [4, 6],
    options: ["IP_MULTICAST_LOOP", "IPV6_MULTICAST_LOOP"],
  },
  multicastInterface: {
    what: "set a multicast interface",
    node: [4, 6],
    options: ["IP_MULTICAST_IF", "IPV6_MULTICAST_IF"],
  },
  broadcast: {
    what: "set broadcast",
    node: [4, 6],
    options: ["SO_BROADCAST", "SO_BROADCAST"],
  },
  receiveBufferSize: {
    what: "set SO_RCVBUF",
    node: [],
    options: ["SO_RCVBUF", "SO_RCVBUF"],
  },
  sendBufferSize: {
    what: "set SO_SNDBUF",
    node: [],
    options: ["SO_SNDBUF", "SO_SNDBUF"],
  },
  source: { what: "set source-specific membership", node: [4] },
  interfaceName: { what: "join by the name of an interface", node: [6] },
  interfaceIndex: { what: "join by the index of an interface", node: [] },
};

/** Where a feature was asked for. */
export interface UnsupportedContext {
  readonly backend: UdpBackend;
  readonly family: 4 | 6;
  /** Whether it was an option of `bindUdp` or `connectUdp`. */
  readonly isBinding?: boolean;
  /** The system. */
  readonly os?: typeof Deno.build.os;
}

/** Why a backend refuses, and what to do instead: the reason of an ENOTSUP error. */
export function unsupported(
  feature: UdpFeature,
  context: UnsupportedContext,
): string {
  const { backend, family, os = Deno.build.os } = context;
  const { what, node } = FEATURES[feature];
  const hints: string[] = [];
  if (feature === "interfaceName") hints.push("use its index");
  if (feature === "interfaceIndex") hints.push("use its name");
  if (feature.startsWith("interface")) hints.push("grant --allow-sys");
  if (backend === "deno" && node.includes(family)) {
    hints.push('bind with backend: "node"');
  }
  if (hints.length < 2) hints.push(...libcHint(feature, context, os));
  const on = family === 6 ? " over IPv6" : "";
  const hint = hints.length === 0
    ? `no backend can on ${os}`
    : hints.join(", or ");
  return `the "${backend}" backend cannot ${what}${on}; ${hint}`;
}

function libcHint(
  feature: UdpFeature,
  { family, isBinding }: UnsupportedContext,
  os: typeof Deno.build.os,
): string[] {
  const { options } = FEATURES[feature];
  const option = options?.[family === 4 ? 0 : 1];
  if (os !== "linux" && os !== "darwin") return [];
  if (option !== undefined) {
    return [
      isBinding
        ? `with --allow-ffi pass socketOptions: { ${option}: … }`
        : `with --allow-ffi use setOption("${option}", …)`,
    ];
  }
  return os === "linux"
    ? ['bind with backend: "posix", which needs --allow-ffi']
    : [];
}
