import type { TcpBackend } from "./_transport.ts";

/** What some backend lacks, and what to do instead. */
const HINTS = {
  localAddress: [
    "has no localAddress or localPort",
    'use backend: "node"',
  ],
  idleTime: [
    "has no idle time of keep-alive",
    'connect or listen with backend: "node"',
  ],
  reusePort: [
    "has reusePort only in a program started with --unstable-net",
    'use backend: "node"',
  ],
  ipv6Only: [
    "takes both families on ::",
    "leave out backend, and start the program with --allow-ffi",
  ],
  reset: [
    "has no RST without --allow-ffi",
    'grant it, or connect or listen with backend: "node"',
  ],
  detach: [
    "has no Deno.TcpConn",
    'connect or listen with backend: "deno"',
  ],
} as const;

/** What some backend cannot do. */
export type Feature = keyof typeof HINTS;

/** Returns why a backend refuses, and what to do: the reason of an ENOTSUP error. */
export function unsupported(
  feature: Feature,
  backend: TcpBackend,
): string {
  const [lack, hint] = HINTS[feature];
  return `the "${backend}" backend ${lack}; ${hint}`;
}
