import { formatHostPort, SOCK_STREAM } from "../address/mod.ts";
import { openingError } from "../internal/backends/mod.ts";
import { findAddress, numericAddress } from "../internal/hosts/mod.ts";
import { setOptions } from "../internal/libc/mod.ts";
import { isNetByName } from "../internal/runtime/mod.ts";
import { checkWait } from "../internal/wait/mod.ts";
import type { ListenTcpOptions } from "../tcp/mod.ts";
import { BACKENDS, type Calls } from "./_backends.ts";
import { backendsFor, unsupported } from "./_choose_backend.ts";
import { HandshakingListener } from "./_handshaking_listener.ts";
import type { ListenPlan } from "./_listen_options.ts";
import type { TlsNetwork } from "./_network.ts";
import { acceptOverTcp } from "./_tcp_acceptor.ts";
import type { TlsAcceptor } from "./_transport.ts";
import { TlsListener } from "./listener.ts";

/** The backends of servers, the preferred first. */
const ORDER = ["node", "deno"] as const;

/** Listens as planned, on a host of a network. */
export async function openListener(
  plan: ListenPlan,
  network: TlsNetwork,
): Promise<TlsListener> {
  const { tcp, identity, needs } = plan;
  const { hostname = "0.0.0.0", port } = tcp;
  const action = `listen on ${formatHostPort(hostname, port)}`;
  const { backend: chosen, tcpBackend } = plan;
  const backends = backendsFor({
    ...{ backend: network.backend ?? chosen, needs, order: ORDER, action },
  });
  const backend = backends[0]!;
  const can = BACKENDS[backend];
  if (tcpBackend !== undefined && !can.overTcp.includes(tcpBackend)) {
    throw unsupported("tcpBackend", backend, action);
  }
  const calls = await can.load();
  for (const pair of identity.certificates.all) calls.checkPair?.(pair);
  const acceptor = calls.listen === undefined
    ? await listenOverTcp(plan, network, calls)
    : await listenRaw(plan, calls.listen, action);
  const transport = new HandshakingListener(backend, acceptor, {
    timeout: plan.handshakeTimeout,
    most: plan.maxHandshakes,
    onError: plan.onError ?? (() => {}),
  });
  const { certificates } = identity;
  const { highWaterMark } = tcp;
  return new TlsListener({ transport, certificates, calls, highWaterMark });
}

async function listenOverTcp(
  { tcp, tcpBackend, identity }: ListenPlan,
  network: TlsNetwork,
  { wrapServer }: Calls,
): Promise<TlsAcceptor> {
  const listener = await network.listenTcp({ ...tcp, backend: tcpBackend });
  return acceptOverTcp(listener, wrapServer!, identity.settings);
}

/** Listens by an API that accepts and encrypts in one. */
async function listenRaw(
  { tcp, identity }: ListenPlan,
  listen: NonNullable<Calls["listen"]>,
  action: string,
): Promise<TlsAcceptor> {
  const { port, backlog, reusePort, socketOptions } = tcp;
  const hostname = await hostToBind(tcp, action);
  let acceptor: TlsAcceptor;
  try {
    const target = { hostname, port, backlog, reusePort };
    const { settings, certificates: { standard: certificate } } = identity;
    acceptor = await listen(target, { ...settings, certificate });
  } catch (error) {
    const localAddr = { transport: "tcp", hostname, port } as const;
    throw openingError(error, { action, localAddr }, "listen");
  }
  try {
    await setOptions({ type: SOCK_STREAM, socket: acceptor }, socketOptions);
    return acceptor;
  } catch (error) {
    await acceptor.close();
    throw error;
  }
}

/** The address to bind, or the name if net access is by name, for the runtime to look up. */
async function hostToBind(
  tcp: ListenTcpOptions,
  action: string,
): Promise<string> {
  const { hostname = "0.0.0.0", port, family, resolver } = tcp;
  const host = { hostname, port, family };
  const address = numericAddress(host);
  if (address !== undefined) return address.hostname;
  const isChosen = family !== undefined || resolver !== undefined;
  if (!isChosen && isNetByName(hostname, port)) return hostname;
  const found = await findAddress(
    { ...host, resolver, socktype: SOCK_STREAM, isPassive: true },
    checkWait(tcp),
    { action, syscall: "getaddrinfo" },
  );
  return found.hostname;
}
