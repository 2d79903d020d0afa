import { type NetAddr, SOCK_STREAM } from "../address/mod.ts";
import { unmapped } from "../internal/hosts/mod.ts";
import { resetConnection } from "../internal/libc/mod.ts";
import {
  ConnTransport,
  DenoListener,
  listenWhenFree,
} from "../stream/_seam.ts";
import type { StreamConn } from "../stream/mod.ts";
import { takePlainConn } from "./_take_plain_conn.ts";
import type {
  ClientSettings,
  Handshake,
  ListenTarget,
  ServerSettings,
  TlsAcceptor,
  TlsTransport,
} from "./_transport.ts";

/** The addresses of both ends. */
interface Ends {
  readonly localAddr: NetAddr;
  readonly remoteAddr: NetAddr;
  /** The addresses of the socket, if it leads to a proxy. */
  readonly carrier?: Ends;
}

/** A TLS connection of the runtime's. */
class DenoTlsTransport extends ConnTransport<NetAddr, Deno.TlsConn>
  implements TlsTransport<NetAddr> {
  readonly #ends: Ends;
  readonly #serverName: string | undefined;

  constructor(conn: Deno.TlsConn, ends: Ends, serverName?: string) {
    super(conn);
    this.#ends = ends;
    this.#serverName = serverName;
  }

  override get localAddr(): NetAddr {
    return this.#ends.localAddr;
  }

  override get remoteAddr(): NetAddr {
    return this.#ends.remoteAddr;
  }

  async handshake(): Promise<Handshake> {
    const { alpnProtocol } = await this.conn.handshake();
    return { alpnProtocol, serverName: this.#serverName };
  }

  /**
   * The only way to end a handshake at once: `close` of Deno 2.9 leaves it to the peer
   * to end it (tests/tls/leaks_test.ts).
   */
  reset(): boolean {
    const { localAddr, remoteAddr } = this.#ends.carrier ?? this.#ends;
    const owner = { type: SOCK_STREAM, localAddr, remoteAddr };
    return resetConnection(owner, () => this.conn.close());
  }
}

/** Starts TLS as the client of a connection that `Deno.connect` made. */
export async function wrapClientDeno(
  conn: StreamConn,
  settings: ClientSettings,
): Promise<TlsTransport> {
  const { serverName, caCerts, alpnProtocols } = settings;
  const { unsafelyDisableHostnameVerification = false } = settings;
  const { transport } = takePlainConn(conn);
  const { localAddr, remoteAddr } = transport as unknown as Ends;
  const { carrier = transport } = transport as { carrier?: object };
  try {
    const tls = await Deno.startTls(transport.detach!() as Deno.TcpConn, {
      hostname: serverName,
      unsafelyDisableHostnameVerification,
      ...(caCerts && { caCerts: [...caCerts] }),
      ...(alpnProtocols && { alpnProtocols: [...alpnProtocols] }),
    });
    return new DenoTlsTransport(
      tls,
      { localAddr, remoteAddr, carrier: carrier as Ends },
      serverName,
    );
  } catch (error) {
    throw wrongInput(error, /^invalid peer certificate/, "caCerts");
  }
}

/** Listens by `Deno.listenTls`, which takes one certificate. */
export async function listenDeno(
  target: ListenTarget,
  settings: ServerSettings,
): Promise<TlsAcceptor> {
  const { hostname, port, backlog, reusePort } = target;
  const { alpnProtocols, certificate } = settings;
  const options: Deno.ListenTlsOptions & Deno.TlsCertifiedKeyPem = {
    ...{ hostname, port },
    cert: certificate!.cert,
    key: certificate!.key,
    ...(alpnProtocols && { alpnProtocols: [...alpnProtocols] }),
  };
  if (backlog !== undefined) options.tcpBacklog = backlog;
  if (reusePort) Object.assign(options, { reusePort });
  try {
    const listener = await listenWhenFree(() => Deno.listenTls(options));
    return acceptorOf(listener);
  } catch (error) {
    throw wrongInput(
      error,
      /^keys may not be|in (key|certificate) data$/,
      "key",
    );
  }
}

function acceptorOf(listener: Deno.TlsListener): TlsAcceptor {
  const acceptor = new DenoListener<
    NetAddr,
    Deno.TlsConn,
    DenoTlsTransport
  >(
    listener,
    plain(listener.addr),
    (conn) =>
      new DenoTlsTransport(conn, {
        localAddr: plain(conn.localAddr),
        remoteAddr: plain(conn.remoteAddr),
      }),
  );
  return {
    addr: acceptor.addr,
    accept: async () => {
      const transport = await acceptor.accept();
      return {
        remoteAddr: transport.remoteAddr,
        start: () => Promise.resolve(transport),
        close: () => transport.close(),
      };
    },
    close: () => acceptor.close(),
    ref: () => acceptor.ref(),
    unref: () => acceptor.unref(),
  };
}

function plain({ hostname, port }: NetAddr): NetAddr {
  return { transport: "tcp", hostname: unmapped(hostname), port };
}

/** The error of PEM that `_pem.ts` could not see to be wrong; else the error itself. */
function wrongInput(error: unknown, text: RegExp, name: string): unknown {
  const { message } = error as Error;
  if (!text.test(message)) return error;
  return new TypeError(`Cannot use ${name}: ${message}`, { cause: error });
}
