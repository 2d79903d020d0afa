import { formatHostPort, type NetAddr } from "../address/mod.ts";
import { checkChoice, checkType } from "../internal/check/mod.ts";
import { socketError } from "../errors/mod.ts";
import { checkWait, retrace, waitFor } from "../internal/wait/mod.ts";
import { checkService } from "../internal/hosts/mod.ts";
import type { ConnectTcpOptions, TcpBackend, TcpConn } from "../tcp/mod.ts";
import { BACKEND_NAMES, BACKENDS } from "./_backends.ts";
import { backendsFor, encrypts, unsupported } from "./_choose_backend.ts";
import { readClientSettings } from "./_client_settings.ts";
import { HERE, type TlsNetwork } from "./_network.ts";
import { shakeHands } from "./_shake_hands.ts";
import type { ClientSettings, TlsBackend, TlsTransport } from "./_transport.ts";
import type { TlsClientOptions } from "./client_options.ts";
import { TlsConn } from "./conn.ts";

/** The backends of clients, the preferred first. */
const ORDER = ["deno", "node"] as const;

/** Where to connect, how, and what to verify. */
export interface ConnectTlsOptions
  extends Omit<ConnectTcpOptions, "backend">, TlsClientOptions {
  /**
   * Which API encrypts. Defaults to `"deno"`; to `"node"` for `cert`, for
   * `localAddress`, `localPort` or a `keepAlive` time, and for a `tcpBackend` other than
   * `"deno"`. The table of the module has all differences.
   */
  backend?: TlsBackend | undefined;
  /**
   * Which API carries the TCP connection below. Defaults to the one that `connectTcp`
   * chooses for the options.
   */
  tcpBackend?: TcpBackend | undefined;
}

/** Which service to connect to, how, and what to verify. */
export interface ConnectTlsServiceOptions
  extends Omit<ConnectTlsOptions, "hostname" | "port" | "service"> {
  /**
   * The name of the service's SRV records: `_service._protocol.domain`, such as
   * `"_imaps._tcp.example.com"`. They have the hosts and the ports. The server's
   * certificate has to be valid for the domain (RFC 6125, since anyone may have forged
   * the records), unless `serverName` is another.
   */
  service: string;
  /** Defaults to those of the records; no other is allowed. */
  hostname?: undefined;
  /** Defaults to those of the records; no other is allowed. */
  port?: undefined;
}

/**
 * Connects to a host over TCP, as `connectTcp` does, and starts TLS as the
 * client. Resolves when the handshake is done and the server's certificate verified.
 * `timeout` and `signal` limit all of it. A server whose handshake fails is the end of
 * it, also where a `service` has further targets.
 *
 * @throws {CertificateError} If the server's certificate is refused; the code says why,
 * such as `ECERTEXPIRED`, `ECERTISSUER` or `ECERTNAME`.
 * @throws {ProtocolError} If the server refuses the handshake (`ETLSREFUSED`), has no
 * version (`ETLSVERSION`) or application protocol (`ETLSALPN`) in common, requires a
 * client certificate (`ETLSCLIENTCERT`), or does not speak TLS (`EPROTO`).
 * @throws {NotSupportedError} If `backend` cannot do what the options ask for.
 * @throws {TypeError} If an option is not of its type, or holds no PEM.
 * @throws As `connectTcp` does.
 *
 * @example A request with a time limit
 * ```ts
 * import { connectTls, serveTls } from "@berkeley/sockets/tls";
 * import { makeCertificate } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const { cert, key } = await makeCertificate(); // for localhost
 * await using server = await serveTls(
 *   { hostname: "127.0.0.1", port: 0, cert, key },
 *   async (conn) => {
 *     await conn.send(`hi ${await conn.readLine()}\n`);
 *   },
 * );
 *
 * using conn = await connectTls({
 *   hostname: "localhost",
 *   port: server.addr.port,
 *   caCerts: [cert],
 *   timeout: 5000,
 * });
 * await conn.send("there\n");
 * assertEquals(await conn.readLine(), "hi there");
 * ```
 */
export async function connectTls(
  options: ConnectTlsOptions | ConnectTlsServiceOptions,
): Promise<TlsConn> {
  try {
    return await connectOver(HERE, options);
  } catch (error) {
    throw retrace(error);
  }
}

/** Connects from a host of a network. */
export async function connectOver(
  network: TlsNetwork,
  given: ConnectTlsOptions | ConnectTlsServiceOptions,
): Promise<TlsConn> {
  const options = readOptions(given);
  const { hostname, subject } = peerOf(options.tcp);
  const plan = makePlan(network, options, hostname, `connect to ${subject}`);
  const { signal, timeout } = options;
  const wait = checkWait({ signal, timeout });
  if (wait === undefined) return await open(plan);
  const giveUp = new AbortController();
  const work = open(plan, giveUp.signal);
  return await waitFor(
    work,
    wait,
    () =>
      socketError("ETIMEDOUT", {
        action: `connect to ${subject}`,
        syscall: "connect",
      }),
    (reason) => {
      giveUp.abort(reason);
      // It may have ended well in the very moment of the cancellation.
      work.then((late) => late.close(), () => {});
    },
  );
}

/** The name that the server has to prove, and the peer as messages show it. */
function peerOf(
  options: TcpOptions,
): { hostname: string; subject: string } {
  const { service, hostname = "127.0.0.1", port } = options;
  if (service === undefined) {
    checkType("hostname", hostname, "string");
    return { hostname, subject: formatHostPort(hostname, port!) };
  }
  const { name, domain } = checkService(service, options.hostname, port);
  return { hostname: domain.replace(/\.$/, ""), subject: name };
}

/** The options of TCP, but those that limit the wait. */
type TcpOptions =
  & {
    readonly [
      K in keyof Required<
        Omit<ConnectTcpOptions, "backend" | "service" | "signal" | "timeout">
      >
    ]: ConnectTcpOptions[K] | undefined;
  }
  & { readonly service: string | undefined };

/** The options, each read once; those of TCP are for `connectTcp` to check. */
function readOptions(options: ConnectTlsOptions | ConnectTlsServiceOptions) {
  const { service, hostname, port, family, localAddress, localPort } = options;
  const { noDelay, keepAlive, attemptDelay, highWaterMark } = options;
  const { resolver, socketOptions, proxy, signal, timeout } = options;
  const { caCerts, cert, key, alpnProtocols, serverName } = options;
  const { unsafelyDisableHostnameVerification, backend, tcpBackend } = options;
  const tcp: TcpOptions = {
    ...{ hostname, port, family, localAddress, localPort },
    ...{ noDelay, keepAlive, attemptDelay, highWaterMark },
    ...{ resolver, socketOptions, service, proxy },
  };
  return {
    ...{ tcp, signal, timeout, caCerts, cert, key, alpnProtocols, serverName },
    ...{ unsafelyDisableHostnameVerification, backend, tcpBackend },
  };
}

/** What is to be done, all of it checked. */
interface Plan {
  readonly network: TlsNetwork;
  readonly tcp: TcpOptions & Pick<ConnectTcpOptions, "backend" | "timeout">;
  readonly settings: ClientSettings;
  /** What can encrypt, the preferred first. */
  readonly backends: readonly TlsBackend[];
  /** What could not be done, for errors. */
  readonly action: string;
}

function makePlan(
  network: TlsNetwork,
  options: ReturnType<typeof readOptions>,
  hostname: string,
  action: string,
): Plan {
  const { tcp, tcpBackend } = options;
  checkChoice("backend", options.backend, BACKEND_NAMES);
  const { backend = options.backend } = network;
  const settings = readClientSettings(options, { hostname });
  const backends = backendsFor({
    ...{ backend, order: ORDER, action },
    needs: settings.certificate === undefined ? [] : ["clientCertificate"],
  });
  const below = tcpBackendFor(backends, tcpBackend);
  if (below !== null) {
    // The targets of a service share the time.
    const timeout = tcp.service === undefined ? undefined : options.timeout;
    const own = { ...tcp, backend: below, timeout };
    return { network, tcp: own, settings, backends, action };
  }
  throw unsupported("tcpBackend", backends[0]!, action);
}

/** What is to carry TCP; undefined leaves it to `connectTcp`, null cannot be had. */
function tcpBackendFor(
  backends: readonly TlsBackend[],
  chosen: TcpBackend | undefined,
): TcpBackend | undefined | null {
  const possible = backends.flatMap((name) => BACKENDS[name].overTcp);
  if (chosen !== undefined) return possible.includes(chosen) ? chosen : null;
  return possible.length === 1 ? possible[0] : undefined;
}

async function open(plan: Plan, signal?: AbortSignal): Promise<TlsConn> {
  const { network, settings, backends } = plan;
  if (settings.certificate !== undefined) {
    const { checkPair } = await BACKENDS[backends[0]!].load();
    checkPair?.(settings.certificate);
    signal?.throwIfAborted();
  }
  // connectTcp() checks them.
  const options = { ...plan.tcp, signal } as ConnectTcpOptions;
  const conn: TcpConn = await network.connectTcp(options);
  let transport: TlsTransport;
  try {
    const { backend = backends.find((name) => encrypts(name, conn)) } = network;
    if (backend === undefined) {
      throw unsupported("anyConn", backends[0]!, plan.action);
    }
    const { wrapClient } = await BACKENDS[backend].load();
    signal?.throwIfAborted();
    transport = await wrapClient(conn, settings);
  } catch (error) {
    conn.close();
    throw error;
  }
  const handshake = await shakeHands(transport, signal);
  return new TlsConn(
    transport as TlsTransport<NetAddr>,
    handshake,
    plan.tcp,
  );
}
