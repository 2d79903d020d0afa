import type { Addr } from "../address/mod.ts";
import { BusyError, socketError } from "../errors/mod.ts";
import { checkChoice, checkCount } from "../internal/check/mod.ts";
import {
  checkWait,
  retrace,
  waitFor,
  type WaitOptions,
} from "../internal/wait/mod.ts";
import { isReading, showAddr } from "../stream/_seam.ts";
import { StreamConn } from "../stream/mod.ts";
import { TcpConn } from "../tcp/mod.ts";
import { BACKEND_NAMES, BACKENDS } from "./_backends.ts";
import { backendsFor, encrypts, type Need } from "./_choose_backend.ts";
import { readClientSettings } from "./_client_settings.ts";
import { readServerIdentity } from "./_listen_options.ts";
import type { TlsNetwork } from "./_network.ts";
import { shakeHands } from "./_shake_hands.ts";
import type {
  CertificateKeyPair,
  ClientSettings,
  ServerSettings,
  TlsBackend,
  TlsTransport,
} from "./_transport.ts";
import type { TlsClientOptions } from "./client_options.ts";
import { TlsConn } from "./conn.ts";
import type { TlsServerOptions } from "./listen_options.ts";

/** The backends, the preferred first. */
const ORDER = ["deno", "node"] as const;
/** The longest start by default, in milliseconds. */
const TIMEOUT = 10_000;

/** The options of both sides of {@linkcode startTls}. */
export interface StartTlsOptions extends WaitOptions {
  /**
   * The longest start in milliseconds: sending what is queued, and the handshake.
   * `Infinity` is no limit.
   *
   * @default {10000}
   */
  timeout?: number | undefined;
  /**
   * Which API encrypts. Defaults to `"deno"` for a client without certificate over a
   * TCP connection of that backend, and else to `"node"`, which takes any connection.
   */
  backend?: TlsBackend | undefined;
  /**
   * How many queued bytes make `send` wait.
   *
   * @default {262144}
   */
  highWaterMark?: number | undefined;
}

/** How to start TLS as the client of a connection. */
export interface StartTlsClientOptions
  extends StartTlsOptions, TlsClientOptions {
  /** Must be false or omitted. */
  isServer?: false | undefined;
  /**
   * The host name or IP address of the server, which its certificate must be for. If
   * omitted, `serverName` must be given.
   */
  hostname?: string | undefined;
}

/** How to start TLS as the server of a connection. */
export interface StartTlsServerOptions
  extends StartTlsOptions, TlsServerOptions {
  /** Must be true. */
  isServer: true;
}

/** What is to be done, all of it checked. */
type Plan =
  & {
    readonly pairs: readonly CertificateKeyPair[];
    readonly needs: readonly Need[];
    readonly backend: TlsBackend | undefined;
    readonly highWaterMark: number | undefined;
  }
  & ({ readonly client: ClientSettings } | { readonly server: ServerSettings });

/**
 * Starts TLS on a connection that is there, as its client or its server: STARTTLS of
 * mail, LDAP and XMPP, the upgrade of PostgreSQL. It takes every connection of this
 * package: over TCP on every backend, over unix sockets, and those of
 * {@linkcode StreamConn.from}.
 *
 * What was sent before leaves first. If bytes came in plain text that nothing has read,
 * the call rejects with `EPROTO` and closes the connection: an attacker between the
 * peers may have added them, to have them taken for a part of the session
 * (CVE-2011-0411). So the last line before TLS must be the last thing that the peer
 * sends in plain text.
 *
 * The `TlsConn` takes the connection over: `conn` is closed then, its methods reject with
 * a `ClosedError`, and closing it does nothing. If the start fails, is aborted or takes
 * too long, the connection below is closed.
 *
 * @throws {TypeError} If an option is not of its type or holds no PEM, or `conn` is no
 * `StreamConn`; the connection stays open.
 * @throws {BusyError} If a read or a write of `conn` is pending; the connection stays
 * open.
 * @throws {CertificateError} If the peer's certificate is refused.
 * @throws {ProtocolError} `EPROTO` if bytes came in plain text or the peer does not speak
 * TLS, and as {@linkcode connectTls} does.
 * @throws {NotSupportedError} If `backend` cannot do what the options ask for.
 * @throws {ClosedError} If `conn` is closed.
 * @throws {TimedOutError} When it takes longer than `timeout`.
 *
 * @example Both sides of STARTTLS
 * ```ts
 * import { startTls } from "@berkeley/sockets/tls";
 * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
 * import { makeCertificate } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const { cert, key } = await makeCertificate(); // for localhost, in tests
 *
 * await using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
 * const serving = (async () => {
 *   const plain = await listener.accept();
 *   assertEquals(await plain.readLine(), "STARTTLS");
 *   await plain.send("220 go ahead\r\n");
 *   await using conn = await startTls(plain, { isServer: true, cert, key });
 *   return await conn.readLine();
 * })();
 *
 * const plain = await connectTcp(listener.addr);
 * await plain.send("STARTTLS\r\n");
 * assertEquals(await plain.readLine(), "220 go ahead");
 * await using conn = await startTls(plain, {
 *   hostname: "localhost",
 *   caCerts: [cert],
 * });
 * await conn.send("AUTH PLAIN c2VjcmV0\r\n");
 * assertEquals(await serving, "AUTH PLAIN c2VjcmV0");
 * ```
 */
export async function startTls<A extends Addr>(
  conn: StreamConn<A>,
  options: StartTlsClientOptions | StartTlsServerOptions,
): Promise<TlsConn<A>> {
  try {
    return await startOver({}, conn, options);
  } catch (error) {
    throw retrace(error);
  }
}

/** Starts TLS on a connection of a host of a network. */
export async function startOver<A extends Addr>(
  network: Pick<TlsNetwork, "backend">,
  conn: StreamConn<A>,
  options: StartTlsClientOptions | StartTlsServerOptions,
): Promise<TlsConn<A>> {
  if (!(conn instanceof StreamConn)) {
    throw new TypeError(
      "Cannot start TLS: conn must be a StreamConn; StreamConn.from() makes one",
    );
  }
  const { signal, timeout = TIMEOUT } = options;
  checkWait({ timeout, signal: signal?.aborted ? undefined : signal });
  const plan = readPlan(options);
  const { backend = chooseBackend(conn, plan) } = network;
  const giveUp = new AbortController();
  const work = open(conn, plan, backend, giveUp.signal);
  return await waitFor(
    work,
    { signal, timeout },
    () =>
      socketError("ETIMEDOUT", {
        action: actionOf(conn),
        syscall: "handshake",
        remoteAddr: conn.remoteAddr,
      }),
    (reason) => {
      giveUp.abort(reason);
      // It may have ended well in the very moment of the cancellation.
      work.then((late) => late.close(), () => {});
    },
  );
}

/** Reads each option once, and refuses bad ones. */
function readPlan(
  options: StartTlsClientOptions | StartTlsServerOptions,
): Plan {
  const { isServer, backend, highWaterMark } = options;
  checkChoice("isServer", isServer, [true, false]);
  checkChoice("backend", backend, BACKEND_NAMES);
  checkCount("highWaterMark", highWaterMark);
  const common = { backend, highWaterMark };
  if (isServer === true) {
    const { settings: server, certificates, needs } = readServerIdentity(
      options as StartTlsServerOptions,
    );
    const pairs = certificates.all;
    return { ...common, pairs, needs: ["anyConn", ...needs], server };
  }
  const given = options as StartTlsClientOptions;
  const client = readClientSettings(given, given as { hostname: string });
  const { certificate } = client;
  return certificate === undefined
    ? { ...common, pairs: [], needs: [], client }
    : { ...common, pairs: [certificate], needs: ["clientCertificate"], client };
}

function chooseBackend(conn: StreamConn, plan: Plan): TlsBackend {
  const [preferred] = ORDER;
  const isSimple = conn instanceof TcpConn && !isReading(conn) &&
    encrypts(preferred, conn);
  const [backend] = backendsFor({
    backend: plan.backend,
    order: ORDER,
    needs: isSimple ? plan.needs : ["anyConn", ...plan.needs],
    action: actionOf(conn),
  });
  return backend!;
}

async function open<A extends Addr>(
  conn: StreamConn<A>,
  plan: Plan,
  backend: TlsBackend,
  signal: AbortSignal,
): Promise<TlsConn<A>> {
  const { checkPair, wrapClient, wrapServer } = await BACKENDS[backend].load();
  for (const pair of plan.pairs) checkPair?.(pair);
  let transport: TlsTransport;
  try {
    signal.throwIfAborted();
    await conn.flush({ signal });
    transport = "server" in plan
      ? await wrapServer!(conn, plan.server)
      : await wrapClient(conn, plan.client);
  } catch (error) {
    // A read that is pending is a mistake of the caller's, and goes on.
    if (!(error instanceof BusyError)) conn.close();
    throw error;
  }
  const handshake = await shakeHands(transport, signal);
  return new TlsConn(transport as TlsTransport<A>, handshake, plan);
}

function actionOf({ remoteAddr }: StreamConn): string {
  return `start TLS with ${showAddr(remoteAddr)}`;
}
