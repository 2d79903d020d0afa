import { formatHostPort, type NetAddr } from "../address/mod.ts";
import { checkChoice, checkType } from "../internal/check/mod.ts";
import { socketError } from "../errors/mod.ts";
import { checkWait, retrace, waitFor } from "../internal/wait/mod.ts";
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

/**
 * Connects to a host over TCP, as `connectTcp` does, and starts TLS as the
 * client. Resolves when the handshake is done and the server's certificate verified.
 * `timeout` and `signal` limit all of it.
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
export async function connectTls(options: ConnectTlsOptions): Promise<TlsConn> {
  try {
    return await connectOver(HERE, options);
  } catch (error) {
    throw retrace(error);
  }
}

/** Connects from a host of a network. */
export async function connectOver(
  network: TlsNetwork,
  given: ConnectTlsOptions,
): Promise<TlsConn> {
  const options = readOptions(given);
  const { hostname = "127.0.0.1", port } = options.tcp;
  checkType("hostname", hostname, "string");
  const subject = formatHostPort(hostname, port);
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

/** The options of TCP, but those that limit the wait. */
type TcpOptions = {
  readonly [
    K in keyof Required<
      Omit<ConnectTcpOptions, "backend" | "signal" | "timeout">
    >
  ]: ConnectTcpOptions[K];
};

/** The options, each read once; those of TCP are for `connectTcp` to check. */
function readOptions(options: ConnectTlsOptions) {
  const { hostname, port, family, localAddress, localPort } = options;
  const { noDelay, keepAlive, attemptDelay, highWaterMark } = options;
  const { resolver, socketOptions, signal, timeout } = options;
  const { caCerts, cert, key, alpnProtocols, serverName } = options;
  const { unsafelyDisableHostnameVerification, backend, tcpBackend } = options;
  const tcp: TcpOptions = {
    ...{ hostname, port, family, localAddress, localPort },
    ...{ noDelay, keepAlive, attemptDelay, highWaterMark },
    ...{ resolver, socketOptions },
  };
  return {
    ...{ tcp, signal, timeout, caCerts, cert, key, alpnProtocols, serverName },
    ...{ unsafelyDisableHostnameVerification, backend, tcpBackend },
  };
}

/** What is to be done, all of it checked. */
interface Plan {
  readonly network: TlsNetwork;
  readonly tcp: ConnectTcpOptions;
  readonly settings: ClientSettings;
  /** What can encrypt, the preferred first. */
  readonly backends: readonly TlsBackend[];
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
    return { network, tcp: { ...tcp, backend: below }, settings, backends };
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
  const conn: TcpConn = await network.connectTcp({ ...plan.tcp, signal });
  let transport: TlsTransport;
  try {
    const { backend = backends.find((name) => encrypts(name, conn))! } =
      network;
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
