import { isDeno, SYSTEM, type SystemName } from "../runtime/mod.ts";

/** What to do about something that some backend lacks. */
interface Row {
  /** What the backend lacks, behind its name. */
  readonly lack: string;
  /** What to do instead, the best first. */
  readonly hints?: readonly string[];
  /** As `hints`, for what only Deno has. */
  readonly inDeno?: readonly string[];
  /** C's options that do the same, for IPv4 and for IPv6. */
  readonly options?: readonly [v4: string, v6: string];
  /** What to do instead on Linux, if there is no better hint. */
  readonly onLinux?: string;
}

const ROWS = {
  deno: {
    lack: "needs Deno",
    hints: ["leave out backend"],
  },
  // Of connections and listeners.
  localAddress: {
    lack: "has no localAddress or localPort",
    hints: ['use backend: "node"'],
  },
  idleTime: {
    lack: "has no idle time of keep-alive",
    hints: ['connect or listen with backend: "node"'],
  },
  reusePort: {
    lack: "has reusePort only in a program started with --unstable-net",
    hints: ['use backend: "node"'],
  },
  ipv6Only: {
    lack: "takes both families on ::",
    inDeno: ["leave out backend, and start the program with --allow-ffi"],
  },
  reset: {
    lack: "has no RST without --allow-ffi",
    inDeno: ['grant it, or connect or listen with backend: "node"'],
  },
  detach: {
    lack: "has no Deno.TcpConn",
    inDeno: ['connect or listen with backend: "deno"'],
  },
  closeWrite: {
    lack: "cannot half-close this connection",
    hints: ["mark the end of a message by its length", "call close()"],
  },
  ref: {
    lack: "has no ref() and unref() for this connection",
    hints: ["call those of its source, such as the child process"],
  },
  giveBack: {
    lack: "cannot detach this connection",
    hints: ["read and write through it"],
  },
  backlog: {
    lack: "has a backlog of 1024 for unix sockets, which cannot be changed",
    hints: ["leave out backend"],
    inDeno: ['use backend: "posix"'],
  },
  // Of TLS.
  anyConn: {
    lack:
      'starts TLS only as the client of a TCP connection of "deno", while nothing reads',
    hints: ['use backend: "node"'],
  },
  clientCertificate: {
    lack: "sends no client certificate",
    hints: ['use backend: "node"'],
  },
  clientAuth: {
    lack: "asks clients for no certificate",
    hints: ['use backend: "node"'],
  },
  certificateFor: {
    lack: "cannot change or choose its certificate",
    hints: ['listen with backend: "node"'],
  },
  acceptedOptions: {
    lack: "sets no options of accepted connections",
    hints: ['listen with backend: "node"'],
  },
  tcpBackend: {
    lack: 'encrypts only TCP connections of the "deno" backend',
    hints: ['use backend: "node"'],
  },
  // Of datagrams.
  unstableNet: {
    lack: "needs a program started with --unstable-net",
    hints: ["leave out backend"],
  },
  linux: {
    lack: "of UDP needs Linux",
    hints: ["leave out backend"],
  },
  bothFamilies: {
    lack: "has no sockets for both families on this system",
    hints: ['bind with backend: "node"', "bind to an address"],
  },
  ttl: {
    lack: "cannot set a TTL",
    options: ["IP_TTL", "IPV6_UNICAST_HOPS"],
  },
  multicastTtl: {
    lack: "cannot set a multicast TTL",
    options: ["IP_MULTICAST_TTL", "IPV6_MULTICAST_HOPS"],
  },
  multicastLoopback: {
    lack: "cannot set multicast loopback",
    options: ["IP_MULTICAST_LOOP", "IPV6_MULTICAST_LOOP"],
  },
  multicastInterface: {
    lack: "cannot set a multicast interface",
    options: ["IP_MULTICAST_IF", "IPV6_MULTICAST_IF"],
  },
  broadcast: {
    lack: "cannot set broadcast",
    options: ["SO_BROADCAST", "SO_BROADCAST"],
  },
  receiveBufferSize: {
    lack: "cannot set SO_RCVBUF",
    options: ["SO_RCVBUF", "SO_RCVBUF"],
  },
  sendBufferSize: {
    lack: "cannot set SO_SNDBUF",
    options: ["SO_SNDBUF", "SO_SNDBUF"],
  },
  source: {
    lack: "cannot set source-specific membership",
    onLinux: 'bind with backend: "posix", which needs --allow-ffi',
  },
  interfaceName: {
    lack: "cannot join by the name of an interface",
    hints: ["use its index"],
    inDeno: ["grant --allow-sys"],
  },
  interfaceIndex: {
    lack: "cannot join by the index of an interface",
    hints: ["use its name"],
    inDeno: ["grant --allow-sys"],
  },
} as const;

/** What some backend lacks. */
export type Feature = keyof typeof ROWS;

/** Who lacks a feature, and where. */
export interface Lack {
  /** The backend that lacks it. */
  readonly backend: string;
  /** The family that it lacks it for. */
  readonly family?: 4 | 6 | undefined;
  /** A backend that has it and needs no flag. */
  readonly other?: string | undefined;
  /** Whether it was an option of the function that opens the socket. */
  readonly isOpening?: boolean | undefined;
  /** The system. Defaults to this one. */
  readonly os?: SystemName | undefined;
}

/** Returns the reason of an ENOTSUP error: what is missing, and what to do instead. */
export function lackReason(
  feature: Feature,
  { backend, family, other, isOpening, os = SYSTEM }: Lack,
): string {
  const row: Row = ROWS[feature];
  const { lack, hints: own = [], inDeno = [], onLinux } = row;
  const hints = isDeno ? [...own, ...inDeno] : [...own];
  if (other !== undefined) hints.push(`bind with backend: "${other}"`);
  const option = row.options?.[family === 6 ? 1 : 0];
  if (option !== undefined && isDeno && (os === "linux" || os === "darwin")) {
    const call = isOpening
      ? `pass socketOptions: { ${option}: … }`
      : `use setOption("${option}", …)`;
    hints.push(`with --allow-ffi ${call}`);
  }
  if (onLinux !== undefined && isDeno && os === "linux") hints.push(onLinux);
  const over = family === 6 ? " over IPv6" : "";
  const hint = hints.length === 0
    ? `no backend can ${isDeno ? `on ${os}` : "in this runtime"}`
    : hints.join(", or ");
  return `the "${backend}" backend ${lack}${over}; ${hint}`;
}

/** C's option for what a backend may lack. */
export type OptionFeature = {
  [F in Feature]: (typeof ROWS)[F] extends { options: unknown } ? F : never;
}[Feature];

/** Returns C's option for a feature that is one, such as IP_TTL. */
export function optionOf<F extends OptionFeature>(
  feature: F,
  family: 4 | 6,
): (typeof ROWS)[F]["options"][number] {
  return ROWS[feature].options[family === 4 ? 0 : 1];
}
