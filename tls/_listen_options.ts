import { checkPort } from "../address/mod.ts";
import {
  checkChoice,
  checkCount,
  checkInteger,
  checkNumber,
  checkType,
} from "../internal/check/mod.ts";
import type { ListenTcpOptions, TcpBackend } from "../tcp/mod.ts";
import { readAlpnProtocols } from "./_alpn.ts";
import { BACKEND_NAMES } from "./_backends.ts";
import { Certificates } from "./_certificates.ts";
import type { Need } from "./_choose_backend.ts";
import { readCaCerts } from "./_pem.ts";
import type { ClientAuth, ServerSettings, TlsBackend } from "./_transport.ts";
import type { ListenTlsOptions, TlsServerOptions } from "./listen_options.ts";

const CLIENT_AUTH: readonly ClientAuth[] = ["none", "request", "require"];
/** The longest handshake by default, in milliseconds. */
const HANDSHAKE_TIMEOUT = 10_000;
/** The most connections in their handshake by default. */
const MAX_HANDSHAKES = 1024;

/** What a server starts TLS with, and its certificates. */
export interface ServerIdentity {
  /** For the backend: one object for all connections. */
  readonly settings: ServerSettings;
  /** The certificates, which change in place. */
  readonly certificates: Certificates;
  /** What a backend must have for it. */
  readonly needs: readonly Need[];
}

/** Reads the options of a server once, and refuses bad ones. */
export function readServerIdentity(options: TlsServerOptions): ServerIdentity {
  const { cert, key, certificates: byName, alpnProtocols } = options;
  const { clientAuth = "none", caCerts } = options;
  checkChoice("clientAuth", clientAuth, CLIENT_AUTH);
  const certificates = new Certificates({ cert, key, certificates: byName });
  const authorities = readCaCerts(caCerts);
  if (clientAuth !== "none" && !authorities?.length) {
    throw new TypeError(
      "Cannot ask clients for certificates: caCerts is missing",
    );
  }
  const needs: Need[] = [];
  if (certificates.dependsOnName) needs.push("certificateFor");
  if (clientAuth !== "none") needs.push("clientAuth");
  const settings: ServerSettings = {
    certificateFor: (serverName) => certificates.find(serverName),
    alpnProtocols: readAlpnProtocols(alpnProtocols),
    clientAuth,
    caCerts: authorities,
  };
  return { settings, certificates, needs };
}

/** The options of a listener, each read once. */
export interface ListenPlan {
  /** Those of TCP, for `listenTcp` to check. */
  readonly tcp: ListenTcpOptions;
  readonly identity: ServerIdentity;
  /** What a backend must have for them. */
  readonly needs: readonly Need[];
  readonly handshakeTimeout: number;
  readonly maxHandshakes: number;
  readonly onError: ((error: unknown) => void) | undefined;
  readonly backend: TlsBackend | undefined;
  readonly tcpBackend: TcpBackend | undefined;
}

type TcpOptions = {
  readonly [
    K in keyof Required<Omit<ListenTcpOptions, "backend">>
  ]: ListenTcpOptions[K];
};

/** Refuses bad options of TCP; not every backend listens by `listenTcp`. */
function checkTcp(options: TcpOptions): void {
  const { backlog, highWaterMark } = options;
  checkType("hostname", options.hostname, "string");
  checkPort(options.port);
  checkChoice("family", options.family, [4, 6]);
  for (
    const name of ["reusePort", "ipv6Only", "noDelay", "keepAlive"] as const
  ) {
    checkType(name, options[name], "boolean");
  }
  checkCount("backlog", backlog);
  checkCount("highWaterMark", highWaterMark);
}

/** Reads each option once: what is checked is what is used. */
export function readListenPlan(options: ListenTlsOptions): ListenPlan {
  const { hostname, port, family, backlog, reusePort, ipv6Only } = options;
  const { noDelay, keepAlive, highWaterMark, resolver, socketOptions } =
    options;
  const { signal, timeout, tcpBackend, backend, onError } = options;
  const { handshakeTimeout = HANDSHAKE_TIMEOUT } = options;
  const { maxHandshakes = MAX_HANDSHAKES } = options;
  const tcp: TcpOptions = {
    ...{ hostname, port, family, backlog, reusePort, ipv6Only },
    ...{ noDelay, keepAlive, highWaterMark, resolver, socketOptions },
    ...{ signal, timeout },
  };
  checkTcp(tcp);
  checkNumber("handshakeTimeout", handshakeTimeout, 0);
  checkInteger("maxHandshakes", maxHandshakes, 1);
  checkType("onError", onError, "function");
  checkChoice("backend", backend, BACKEND_NAMES);
  const identity = readServerIdentity(options);
  const needs = [...identity.needs];
  if (noDelay === false || keepAlive) needs.push("acceptedOptions");
  if (ipv6Only) needs.push("ipv6Only");
  if (reusePort) needs.push("reusePort");
  return {
    ...{ tcp, identity, needs, handshakeTimeout, maxHandshakes, onError },
    ...{ backend, tcpBackend },
  };
}
