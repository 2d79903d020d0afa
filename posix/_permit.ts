import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_TCP,
  IPPROTO_UDP,
  SOCK_DGRAM,
  SOCK_STREAM,
  tryParseIpAddress,
} from "../address/mod.ts";
import { toSocketError } from "../errors/mod.ts";
import {
  isAllNet,
  requireAllNet,
  requireNet,
  requireNotDenied,
  requireUnix,
  requireUnixNotDenied,
} from "../internal/runtime/mod.ts";
import type { CallName } from "./_failure.ts";
import { ROUTE_OPTIONS } from "./_platform.ts";
import { showName, type SocketName } from "./socket_name.ts";

/** How many permitted names are remembered. */
const MAX_REMEMBERED = 256;

/** The protocols whose every packet goes where an address says that was checked. */
const MPTCP = 262;
const UDPLITE = 136;
const ADDRESSED: Readonly<Record<number, readonly number[]>> = {
  [SOCK_STREAM]: [0, IPPROTO_TCP, MPTCP],
  [SOCK_DGRAM]: [0, IPPROTO_UDP, UDPLITE, IPPROTO_ICMP, IPPROTO_ICMPV6],
};
const SCTP = 132;

/** Runs a check; what it throws names the call, and the name that it is for. */
function refuseFor(
  { action, syscall }: CallName,
  check: () => void,
  name?: SocketName,
): void {
  try {
    check();
  } catch (error) {
    const what = name === undefined ? action : `${action} ${showName(name)}`;
    throw toSocketError(error, { action: what, syscall });
  }
}

/** An address as `getsockname` has it, without the zone. */
function plain(hostname: string): string {
  const ip = tryParseIpAddress(hostname)?.unmap();
  return ip?.withZone(undefined).toString() ?? hostname;
}

/** What two names of an address and a port have in common if they are the same. */
function keyOf(name: SocketName): string | undefined {
  return "port" in name && name.port !== 0
    ? `${plain(name.hostname)} ${name.port}`
    : undefined;
}

/**
 * Asks `Deno.permissions`, since libc does not, and never prompts. Remembers what
 * was permitted: a query costs more than a datagram.
 *
 * It takes names that are copies: of what else might change after the check, nothing
 * is known.
 */
export class Permit {
  readonly #permitted = new Map<string, Set<number>>();
  #count = 0;
  #isEverything: boolean | undefined;
  /** What the socket was bound to under a grant that need not name its port. */
  #own: string | undefined;

  /** Whether the program may use any address, so that none needs a check. */
  get isEverything(): boolean {
    return this.#isEverything ??= isAllNet();
  }

  /**
   * Throws unless the program may bind to a name, or listen there.
   *
   * @throws {NotCapableError} When it is not permitted.
   */
  toBind(name: SocketName, call: CallName): void {
    const own = keyOf(name);
    if (own === undefined || own !== this.#own) this.check(name, call);
  }

  /**
   * Takes note of the name that a socket has after it was bound: a port that the
   * system has chosen under a grant for port 0 is the socket's from now on.
   *
   * @throws {NotCapableError} When that is a name that was denied.
   */
  bound(name: SocketName, call: CallName): void {
    if ("hostname" in name && !isAllNet()) {
      const { hostname, port } = name;
      refuseFor(call, () => requireNotDenied(plain(hostname), port), name);
    }
    this.#own = keyOf(name);
  }

  /**
   * Throws unless the program may use a name. `here` is the name of a socket that
   * connects or sends: if it is bound, the unspecified address leads there.
   *
   * @throws {NotCapableError} When it is not permitted.
   */
  check(name: SocketName, call: CallName, here?: () => SocketName): void {
    const isPath = "path" in name;
    const host = isPath ? name.path : name.hostname;
    const port = isPath ? 0 : name.port;
    if (this.#permitted.get(host)?.has(port)) return;
    const isAny = !isPath && tryParseIpAddress(host)?.unmap().isUnspecified();
    // The working directory may change, and the name of the socket.
    const isLasting = isPath ? /^[/\0]/.test(host) : !isAny || isAllNet();
    refuseFor(call, () => {
      if (isPath) return requireUnix(host);
      requireNet(plain(host), port);
      if (isLasting || here === undefined) return;
      // The kernel sends it to the socket's own address, or else to loopback.
      const own = here();
      const hosts = "hostname" in own ? [plain(own.hostname)] : [];
      for (const each of ["127.0.0.1", "::1", ...hosts]) {
        requireNotDenied(each, port);
      }
    }, name);
    if (isLasting) this.#remember(host, port);
  }

  #remember(host: string, port: number): void {
    if (this.#count++ === MAX_REMEMBERED) {
      this.#permitted.clear();
      this.#count = 1;
    }
    const ports = this.#permitted.get(host) ?? new Set();
    this.#permitted.set(host, ports.add(port));
  }
}

/**
 * Throws if the packets of a socket go by more than the addresses that its calls
 * are given, as those of raw sockets do, unless the program may use every host.
 *
 * @throws {NotCapableError} When it is not permitted.
 */
export function permitOpening(
  family: number,
  type: number,
  protocol: number,
  call: CallName,
): void {
  if (family === AF_UNIX) return;
  const isInet = family === AF_INET || family === AF_INET6;
  if (isInet && ADDRESSED[type]?.includes(protocol)) return;
  refuseFor(call, requireAllNet);
}

/**
 * Throws if an option, or a control message, can have packets go to another address
 * than the one that was checked, unless the program may use every host.
 *
 * @throws {NotCapableError} When it is not permitted.
 */
export function permitOption(
  level: number,
  number: number,
  call: CallName,
): void {
  const isRoute = level === SCTP || // which has options that bind and connect
    ROUTE_OPTIONS[level]?.includes(number);
  if (isRoute) refuseFor(call, requireAllNet);
}

/**
 * Throws if a descriptor that another program opened has a name that is denied to
 * this one. Nothing need be granted: who hands over a descriptor grants it.
 *
 * @throws {NotCapableError} When it is denied.
 */
export function permitAdopting(
  names: readonly SocketName[],
  call: CallName,
): void {
  for (const name of names) {
    refuseFor(call, () => {
      if ("hostname" in name) requireNotDenied(plain(name.hostname), name.port);
      else if (name.path !== "") requireUnixNotDenied(name.path);
    });
  }
}
