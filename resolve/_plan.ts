/**
 * What getaddrinfo decides before any name is looked up: whether the hints
 * make sense, and which kinds of sockets on which ports are asked for. Pure.
 */
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  IPPROTO_TCP,
  IPPROTO_UDP,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_STREAM,
} from "../address/mod.ts";
import type { AddrInfoHints } from "./addr_info.ts";
import {
  AI_ADDRCONFIG,
  AI_ALL,
  AI_CANONNAME,
  AI_NUMERICHOST,
  AI_NUMERICSERV,
  AI_PASSIVE,
  AI_V4MAPPED,
} from "./flags.ts";
import type { ServiceTable } from "./services.ts";

/** One kind of socket and its port. */
export interface SocketKind {
  readonly socktype: number;
  readonly protocol: number;
  readonly port: number;
}

/** Which results are wanted. */
export type SocketHints = Omit<AddrInfoHints, "signal" | "timeout">;

/** The EAI_* code of a request that cannot be met. */
export class Refusal {
  readonly code: string;
  readonly reason: string | undefined;
  readonly cause: unknown;

  constructor(code: string, reason?: string, cause?: unknown) {
    this.code = code;
    this.reason = reason;
    this.cause = cause;
  }
}

/** A kind of socket that addresses are found for, in libc's order: RFC 3493 leaves it to the system. */
interface KnownKind {
  readonly socktype: number;
  readonly protocol: number;
  /** The protocol's name in the services table; undefined where there are no services. */
  readonly name: string | undefined;
}

const KINDS: readonly KnownKind[] = [
  { socktype: SOCK_STREAM, protocol: IPPROTO_TCP, name: "tcp" },
  { socktype: SOCK_DGRAM, protocol: IPPROTO_UDP, name: "udp" },
  { socktype: SOCK_RAW, protocol: 0, name: undefined },
];

const KNOWN_FLAGS = AI_PASSIVE | AI_CANONNAME | AI_NUMERICHOST | AI_V4MAPPED |
  AI_ALL |
  AI_ADDRCONFIG | AI_NUMERICSERV;

/** Refuses a request as libc does, and in its order. */
export function refuseRequest(
  node: string | null,
  service: string | number | null,
  hints: SocketHints,
): Refusal | undefined {
  const { flags = 0, family = AF_UNSPEC } = hints;
  if (node === null && service === null) {
    return new Refusal("EAI_NONAME", "neither a node nor a service is given");
  }
  if ((flags & ~KNOWN_FLAGS) !== 0 || (flags & AI_CANONNAME && node === null)) {
    return new Refusal("EAI_BADFLAGS");
  }
  if (family !== AF_UNSPEC && family !== AF_INET && family !== AF_INET6) {
    return new Refusal("EAI_FAMILY");
  }
  return undefined;
}

/** The kinds of sockets that the hints and the service allow. */
export function planSockets(
  service: string | number | null,
  hints: SocketHints,
  services: () => ServiceTable,
): readonly SocketKind[] | Refusal {
  const { socktype = 0, protocol = 0, flags = 0 } = hints;
  const isFree = socktype === 0 && protocol === 0;
  const kinds = kindsOf(socktype, protocol);
  const [first] = kinds;
  if (first === undefined) {
    return new Refusal(socktype === 0 ? "EAI_SERVICE" : "EAI_SOCKTYPE");
  }
  const chosen = isFree ? kinds : [first];
  const named = service === "" ? null : service;
  if (!isFree && named !== null && first.name === undefined) {
    return new Refusal("EAI_SERVICE");
  }
  const port = named === null ? 0 : portOf(named);
  if (port instanceof Refusal) return port;
  if (port !== undefined) {
    return chosen.map((kind) => ({
      socktype: kind.socktype,
      protocol: kind.socktype === SOCK_RAW ? protocol : kind.protocol,
      port,
    }));
  }
  if (flags & AI_NUMERICSERV) {
    return new Refusal("EAI_NONAME", "the service is not a number");
  }
  const table = services();
  const found: SocketKind[] = [];
  for (const kind of chosen) {
    if (kind.name === undefined) continue;
    const entry = table.byName(named as string, kind.name);
    if (entry === undefined) continue;
    found.push({
      socktype: kind.socktype,
      protocol: kind.protocol,
      port: entry.port,
    });
  }
  return found.length > 0 ? found : new Refusal("EAI_SERVICE");
}

const DIGITS = /^\d+$/;

function kindsOf(socktype: number, protocol: number): readonly KnownKind[] {
  return KINDS.filter((kind) =>
    (socktype === 0 || socktype === kind.socktype) &&
    (protocol === 0 || kind.socktype === SOCK_RAW || protocol === kind.protocol)
  );
}

/** The port that a service gives in digits; undefined for a name. */
function portOf(service: string | number): number | undefined | Refusal {
  if (typeof service === "string" && !DIGITS.test(service)) return undefined;
  const port = Number(service);
  return port <= 0xffff
    ? port
    : new Refusal("EAI_SERVICE", "the port is above 65535");
}
