/**
 * Tests of TLS run over each API that encrypts, on both families.
 *
 * @module
 */
import {
  makeCertificate,
  type TestCertificate,
} from "@berkeley/sockets/testing";
import * as here from "@berkeley/sockets";
import type { Sockets } from "@berkeley/sockets";
import type {
  ConnectTlsOptions,
  ListenTlsOptions,
  TlsBackend,
  TlsConn,
  TlsListener,
} from "@berkeley/sockets/tls";
import { eachFamily, FAMILIES, type Family } from "../_each_family.ts";
import { IS_DENO } from "../_runtime.ts";
import { onSimulatedHost, type RealNeed } from "../_simulated.ts";

/** The APIs that encrypt. */
export const CARRIERS: readonly TlsBackend[] = IS_DENO
  ? ["deno", "node"]
  : ["node"];

/** The authority of all certificates here. */
export const authority: TestCertificate = await makeCertificate({
  isAuthority: true,
});
/** An authority that nobody trusts. */
export const stranger: TestCertificate = await makeCertificate({
  isAuthority: true,
  commonName: "a stranger",
});
/** The certificate of the servers. */
export const good: TestCertificate = await makeCertificate({
  issuer: authority,
});

/** What a client here trusts, and what a server here shows. */
export const CLIENT: { caCerts: string[] } = { caCerts: [authority.cert] };
export const SERVER: { cert: string; key: string } = {
  cert: good.cert,
  key: good.key,
};

/** Two ends over TLS, closed at the end of their scope. */
export interface TlsPair extends AsyncDisposable {
  client: TlsConn;
  server: TlsConn;
}

/** An API that encrypts, on a family, and shortcuts to use it. */
export interface Carrier extends Family {
  /** The API. */
  carrier: TlsBackend;
  /** The functions of the host: of this one, or of a simulated one. */
  host: Sockets;
  /** Listens on loopback. */
  listen(options?: Partial<ListenTlsOptions>): Promise<TlsListener>;
  /** Connects. */
  connect(
    addr: Deno.NetAddr,
    options?: Partial<ConnectTlsOptions>,
  ): Promise<TlsConn>;
  /** Connects two ends. */
  pair(
    options?: Partial<ConnectTlsOptions>,
    listening?: Partial<ListenTlsOptions>,
  ): Promise<TlsPair>;
}

/** The shortcuts for an API on a family. */
export function carrierOn(
  carrier: TlsBackend,
  family: Family,
  host: Sockets = here,
): Carrier {
  const { loopback: hostname } = family;
  const { connectTls, listenTls } = host;
  const listen = (options: Partial<ListenTlsOptions> = {}) =>
    listenTls({ hostname, port: 0, backend: carrier, ...SERVER, ...options });
  const connect = (
    addr: Deno.NetAddr,
    options: Partial<ConnectTlsOptions> = {},
  ) => connectTls({ ...addr, backend: carrier, ...CLIENT, ...options });
  const pair = async (options = {}, listening = {}) => {
    await using listener = await listen(listening);
    const [client, server] = await Promise.all([
      connect(listener.addr, options),
      listener.accept(),
    ]);
    return {
      ...{ client, server },
      async [Symbol.asyncDispose]() {
        await Promise.all([
          client[Symbol.asyncDispose](),
          server[Symbol.asyncDispose](),
        ]);
      },
    };
  };
  return { ...family, ...{ carrier, host, listen, connect, pair } };
}

/**
 * Registers a test for each API that encrypts and each family, and for a simulated host,
 * unless it `needs` the real world.
 */
export function eachCarrier(
  name: string,
  body: (carrier: Carrier) => Promise<void>,
  { needs, ...more }: Deno.PermissionOptionsObject & { needs?: RealNeed } = {},
): void {
  for (const family of IS_DENO && needs === undefined ? FAMILIES : []) {
    Deno.test({
      name: `${name}, over simulated (${family.name})`,
      permissions: "none",
      fn: () =>
        onSimulatedHost((host) => body(carrierOn("node", family, host))),
    });
  }
  for (const carrier of CARRIERS) {
    eachFamily(
      `${name}, over ${carrier}`,
      (family) => body(carrierOn(carrier, family)),
      more,
    );
  }
}

/** What a promise rejects with; undefined if it resolves. */
export function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(() => undefined, (error) => error);
}
