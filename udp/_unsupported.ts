import { backendHint, lackReason, optionHint } from "../internal/libc/mod.ts";
import { ABILITIES } from "./_abilities.ts";
import type { UdpBackend, UdpFeature } from "./_transport.ts";

interface Feature {
  /** Its name in messages. */
  readonly what: string;
  /** C's options for IPv4 and for IPv6, if the feature is one option. */
  readonly options?: readonly [v4: string, v6: string];
  /** What may do within the same backend. */
  readonly hints?: readonly string[];
}

const FEATURES: Record<UdpFeature, Feature> = {
  ttl: { what: "set a TTL", options: ["IP_TTL", "IPV6_UNICAST_HOPS"] },
  multicastTtl: {
    what: "set a multicast TTL",
    options: ["IP_MULTICAST_TTL", "IPV6_MULTICAST_HOPS"],
  },
  multicastLoopback: {
    what: "set multicast loopback",
    options: ["IP_MULTICAST_LOOP", "IPV6_MULTICAST_LOOP"],
  },
  multicastInterface: {
    what: "set a multicast interface",
    options: ["IP_MULTICAST_IF", "IPV6_MULTICAST_IF"],
  },
  broadcast: {
    what: "set broadcast",
    options: ["SO_BROADCAST", "SO_BROADCAST"],
  },
  receiveBufferSize: {
    what: "set SO_RCVBUF",
    options: ["SO_RCVBUF", "SO_RCVBUF"],
  },
  sendBufferSize: {
    what: "set SO_SNDBUF",
    options: ["SO_SNDBUF", "SO_SNDBUF"],
  },
  source: { what: "set source-specific membership" },
  interfaceName: {
    what: "join by the name of an interface",
    hints: ["use its index", "grant --allow-sys"],
  },
  interfaceIndex: {
    what: "join by the index of an interface",
    hints: ["use its name", "grant --allow-sys"],
  },
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
  { backend, family, isBinding = false, os = Deno.build.os }:
    UnsupportedContext,
): string {
  const { what, options, hints: own = [] } = FEATURES[feature];
  const hints = [...own];
  for (const [other, { flag, features }] of Object.entries(ABILITIES)) {
    const has = other !== backend && features[feature].includes(family);
    if (has && flag === undefined) hints.push(backendHint("bind", other));
  }
  if (hints.length < 2) {
    const option = options?.[family === 4 ? 0 : 1];
    if (option !== undefined) hints.push(...optionHint(option, isBinding, os));
    else if (os === "linux") {
      hints.push(backendHint("bind", "posix", ABILITIES.posix.flag));
    }
  }
  const on = family === 6 ? " over IPv6" : "";
  return lackReason({ backend, what: what + on, hints, os });
}
