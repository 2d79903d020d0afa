import {
  checkPort,
  formatHostPort,
  parseIpAddress,
  SOCK_STREAM,
} from "../address/mod.ts";
import {
  checkChoice,
  checkCount,
  checkNumber,
  checkType,
} from "../internal/check/mod.ts";
import {
  AddrInfoError,
  NotCapableError,
  socketError,
  toSocketError,
} from "../errors/mod.ts";
import {
  checkLocalAddress,
  checkPeer,
  checkService,
  numericAddress,
} from "../internal/hosts/mod.ts";
import {
  readOptions,
  setOptions,
  type SocketOptions,
} from "../internal/libc/mod.ts";
import type { AddressFinder } from "../resolve/mod.ts";
import {
  checkWait,
  MAX_DELAY,
  retrace,
  type Wait,
  waitFor,
  type WaitOptions,
} from "../internal/wait/mod.ts";
import { type Backend, BACKEND_NAMES } from "./_backends.ts";
import { checkIdle } from "./_check_idle.ts";
import { HERE, type TcpNetwork } from "./_network.ts";
import { openConn } from "./_open_conn.ts";
import { race, RaceLost } from "./_race.ts";
import { isForRuntime, lookupsFor } from "./_resolve.ts";
import type { TcpBackend, TcpTransport } from "./_transport.ts";
import type { TcpConn } from "./conn.ts";
import type { TcpProxy } from "./proxy.ts";

/** RFC 8305 section 5: the Connection Attempt Delay, in milliseconds. */
const ATTEMPT_DELAY = 250;

/** Where to connect, and how. */
export interface ConnectTcpOptions extends WaitOptions {
  /**
   * A name or an IP address.
   *
   * @default {"127.0.0.1"}
   */
  hostname?: string | undefined;
  /** The port, 1 to 65535. */
  port: number;
  /** Defaults to none: {@linkcode ConnectServiceOptions} have one, and no port. */
  service?: undefined;
  /** Only IPv4, or only IPv6. Defaults to both. */
  family?: 4 | 6 | undefined;
  /**
   * The IP address to connect from: C's `bind` before `connect`. Defaults to what the
   * system chooses by the route.
   */
  localAddress?: string | undefined;
  /**
   * The port to connect from; 0 for a free one.
   *
   * @default {0}
   */
  localPort?: number | undefined;
  /**
   * TCP_NODELAY: whether small writes leave at once, which suits a connection
   * that gathers its small messages itself.
   *
   * @default {true}
   */
  noDelay?: boolean | undefined;
  /**
   * SO_KEEPALIVE: whether an idle peer is asked for signs of life; a number is
   * the idle time (TCP_KEEPIDLE) in milliseconds, which must be more than 0 and
   * is rounded up to whole seconds.
   *
   * @default {false}
   */
  keepAlive?: boolean | number | undefined;
  /**
   * How long an attempt runs alone before the next address is tried as well, in
   * milliseconds: RFC 8305's Connection Attempt Delay. 0 tries all at once.
   *
   * @default {250}
   */
  attemptDelay?: number | undefined;
  /**
   * How many queued bytes make `send` wait: 1 or more.
   *
   * @default {262144}
   */
  highWaterMark?: number | undefined;
  /** The resolver to use. Defaults to the shared one. */
  resolver?: AddressFinder | undefined;
  /**
   * The proxy to connect through, see `@berkeley/sockets/proxy`. `hostname` and `port`
   * are then those of the target; `timeout` and `signal` limit all steps, and the other
   * options are those of the connection to the proxy. `remoteAddr` of the connection is
   * the target as the caller wrote it, also if that is a name. Defaults to none.
   */
  proxy?: TcpProxy | undefined;
  /**
   * Options of the socket by C's names, such as `{ SO_RCVBUF: 1 << 20 }`. On
   * `"posix"` they are set before it connects, on the others right after.
   *
   * They need a program started with `--allow-ffi`.
   */
  socketOptions?: Partial<SocketOptions> | undefined;
  /**
   * Which API carries the connection. Defaults to `"node"` if `localAddress`,
   * `localPort` or a `keepAlive` time is given, and else to `"deno"`. `"posix"` is
   * libc, and needs a program started with `--allow-ffi`.
   */
  backend?: TcpBackend | undefined;
}

/** Which service to connect to, and how. */
export interface ConnectServiceOptions
  extends Omit<ConnectTcpOptions, "hostname" | "port" | "service"> {
  /**
   * The name of the service's SRV records: `_service._protocol.domain`, such as
   * `"_imaps._tcp.example.com"`. They have the hosts and the ports.
   */
  service: string;
  /** Defaults to those of the records; no other is allowed. */
  hostname?: undefined;
  /** Defaults to those of the records; no other is allowed. */
  port?: undefined;
}

/**
 * Connects to a host: C's `getaddrinfo`, `socket` and `connect` in one.
 *
 * A name's addresses of both families race as RFC 8305 has it: each is tried a
 * little after the one before, or at once when that one has failed, and the
 * first connection that stands is taken. Attempts that lose or fail are closed.
 *
 * Where `--allow-net` is limited to the host's name, the runtime looks it up and
 * chooses, since its addresses may not be used: on the `"deno"` backend, without
 * `family` and `resolver`.
 *
 * A `service` is found by its SRV records, whose targets are tried one after the other
 * in the order of RFC 2782, each as above. `timeout` covers all of it; a target gets an
 * equal share of the time that is left, but at least 2 seconds of it. A domain without
 * such records is not tried by its addresses, since no port is known.
 *
 * With `proxy`, the errors of the way to the target name the proxy and its reason.
 *
 * @throws {SocketError} When no address can be connected to. The code is that of
 * the first attempt; where there were several, the message lists them, and `cause`
 * is an `AggregateError` of their errors.
 * @throws {AddrInfoError} When the name cannot be resolved. For a service: `EAI_SERVICE`
 * when the domain declares that it does not offer it (the target `.`), `EAI_NODATA` or
 * `EAI_NONAME` when there are no SRV records.
 * @throws {RangeError} When a port, a delay or a size is out of range.
 * @throws {TypeError} When an option is not of its type.
 *
 * @example A connection with a time limit
 * ```ts
 * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
 * import { assertEquals } from "@std/assert";
 *
 * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
 * using conn = await connectTcp({
 *   hostname: "localhost",
 *   port: listener.addr.port,
 *   timeout: 5000,
 * });
 * assertEquals(conn.remoteAddr.port, listener.addr.port);
 * ```
 *
 * @example A service, wherever it is
 * ```ts
 * import { simulate } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * await simulate(async (network) => {
 *   await network.host("spare").serveTcp({ port: 7 }, (conn) => conn.send("hi\n"));
 *   network.dns.set("_echo._tcp.example.com", {
 *     srv: [
 *       { priority: 1, weight: 0, port: 7, target: "main" }, // does not exist
 *       { priority: 2, weight: 0, port: 7, target: "spare" },
 *     ],
 *   });
 *   const { connectTcp } = network.host("client");
 *   using conn = await connectTcp({ service: "_echo._tcp.example.com" });
 *   assertEquals(await conn.readLine(), "hi");
 * });
 * ```
 */
export async function connectTcp(
  options: ConnectTcpOptions | ConnectServiceOptions,
): Promise<TcpConn> {
  try {
    return await connectOver(HERE, options);
  } catch (error) {
    throw retrace(error);
  }
}

/** Connects from a host of a network. */
export async function connectOver(
  network: TcpNetwork,
  given: ConnectTcpOptions | ConnectServiceOptions,
): Promise<TcpConn> {
  const options = readOptions(given as ConnectTcpOptions, OPTIONS);
  if (options.service !== undefined) return await openService(network, options);
  const { hostname = "127.0.0.1", port, resolver = network.resolver } = options;
  const wait = check(options);
  const { proxy } = options;
  if (proxy !== undefined) {
    const { connectThrough } = await network.loadProxied();
    return await connectThrough(
      (near) => connectOver(network, near),
      { ...options, proxy, resolver },
      { hostname, port },
      wait,
      network.ways,
    );
  }
  const backend = network.toConnect(options);
  const subject = formatHostPort(hostname, port);
  const giveUp = new AbortController();
  const { signal } = giveUp;

  const target = { ...options, hostname, resolver };
  const address = numericAddress(target) ??
    (backend.names && isForRuntime(target) ? target : undefined);
  const racing = address !== undefined
    ? attempt(backend, address, options, signal) // with nothing to race against
    : race<TcpTransport>({
      lookups: lookupsFor(target, signal),
      attemptDelay: options.attemptDelay ?? ATTEMPT_DELAY,
      attempt: (address, signal) => attempt(backend, address, options, signal),
      discard: (transport) => transport.close(),
      sleep,
      signal,
    });
  const result = await waitFor(
    racing,
    wait,
    () =>
      socketError("ETIMEDOUT", {
        action: `connect to ${subject}`,
        syscall: "connect",
      }),
    (reason) => {
      giveUp.abort(reason);
      // It may have won in the very moment of giving up.
      racing.then((late) => {
        if (!(late instanceof RaceLost)) late.close();
      }, () => {});
    },
  );
  // A look-up that is still pending is of no use any more. A reason of its own would
  // cost an error with its stack.
  giveUp.abort("connected");
  if (result instanceof RaceLost) throw failure(result, subject);
  const conn = openConn(result, options);
  const { socketOptions } = options;
  if (backend.socketOptions) return conn; // it has set them already
  try {
    await setOptions({ type: SOCK_STREAM, socket: result }, socketOptions);
    return conn;
  } catch (error) {
    conn.close();
    throw error;
  }
}

/** Connects to the first target of a service that answers. */
async function openService(
  network: TcpNetwork,
  options: Omit<ConnectTcpOptions, "service"> & { service?: unknown },
): Promise<TcpConn> {
  const { service: name, hostname, port, signal, timeout, ...rest } = options;
  const service = checkService(name, hostname, port);
  check({ ...rest, port: 1, signal, timeout }); // before any look-up
  network.toConnect(rest);
  const { connectService } = await import("./_connect_service.ts");
  return await connectService(service, {
    resolver: options.resolver ?? network.resolver,
    connect: (target) => connectOver(network, { ...rest, ...target }),
    wait: { signal, timeout },
  });
}

const OPTIONS: readonly (keyof ConnectTcpOptions)[] = [
  ...["hostname", "port", "family", "localAddress", "localPort"] as const,
  ...["noDelay", "keepAlive", "attemptDelay", "highWaterMark"] as const,
  ...["resolver", "proxy", "backend", "service", "signal", "timeout"] as const,
];

function check(options: ConnectTcpOptions): Wait | undefined {
  const { localPort, localAddress, keepAlive, attemptDelay } = options;
  const { hostname = "127.0.0.1", port } = options;
  checkPeer(hostname, port, "connect");
  checkChoice("family", options.family, [4, 6]);
  if (localPort !== undefined) checkPort(localPort, "localPort");
  checkLocalAddress(localAddress);
  if (attemptDelay !== undefined) checkNumber("attemptDelay", attemptDelay, 0);
  checkType("noDelay", options.noDelay, "boolean");
  if (typeof keepAlive === "number") checkIdle(keepAlive);
  else checkType("keepAlive", keepAlive, "boolean");
  checkCount("highWaterMark", options.highWaterMark);
  checkChoice("backend", options.backend, BACKEND_NAMES);
  return checkWait(options);
}

async function attempt(
  backend: Backend,
  { hostname, port }: { hostname: string; port: number },
  options: ConnectTcpOptions,
  signal: AbortSignal,
): Promise<TcpTransport> {
  const { connect } = await backend.load();
  signal.throwIfAborted();
  try {
    const { localPort, socketOptions } = options;
    const localAddress = options.localAddress === undefined
      ? undefined
      : `${parseIpAddress(options.localAddress).unmap()}`;
    const from = { localAddress, localPort, socketOptions };
    return await connect({ hostname, port, ...from }, signal);
  } catch (error) {
    if (signal.aborted) throw error; // the reason, which is not about this address
    throw toSocketError(error, {
      action: `connect to ${formatHostPort(hostname, port)}`,
      syscall: "connect",
      remoteAddr: { transport: "tcp", hostname, port },
    });
  }
}

/** The first attempt's error, which lists the others where there are any. */
function failure({ attempts, lookupErrors }: RaceLost, subject: string): Error {
  const [first] = attempts;
  if (first === undefined) return lookupFailure(lookupErrors);
  const error = first.error as Error & { code?: string };
  if (attempts.length === 1 || error.code === undefined) return error;
  // It names the flag that is missing, which says more than a list.
  if (error instanceof NotCapableError) return error;
  return socketError(error.code, {
    action: `connect to ${subject}`,
    syscall: "connect",
    reason: attempts.map(({ address, error }) =>
      `${address} ${(error as { code?: string }).code ?? error}`
    ).join(", "),
    cause: new AggregateError(
      attempts.map(({ error }) => error),
      `All ${attempts.length} attempts to connect to ${subject} failed`,
    ),
  });
}

/** The look-up that says most: one that may yet succeed, else the last family's. */
function lookupFailure(errors: readonly unknown[]): Error {
  const isTemporary = (error: unknown) =>
    !(error instanceof AddrInfoError) || error.code === "EAI_AGAIN";
  return (errors.find(isTemporary) ?? errors.at(-1)) as Error;
}

/** Resolves after so many milliseconds, or sooner when aborted. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, Math.min(ms, MAX_DELAY));
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
