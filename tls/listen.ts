import { readListenPlan } from "./_listen_options.ts";
import { HERE, type TlsNetwork } from "./_network.ts";
import { openListener } from "./_open_listener.ts";
import type { ListenTlsOptions } from "./listen_options.ts";
import type { TlsListener } from "./listener.ts";

/**
 * Listens for TLS connections over TCP, as `listenTcp` does.
 *
 * Handshakes go on beside each other, so a slow or broken one delays no other
 * connection. One that fails or takes longer than `handshakeTimeout` is closed, and
 * reported to `onError`.
 *
 * @throws {TypeError} If an option is not of its type, a certificate or key is missing or
 * not in PEM, or a key does not belong to its certificate.
 * @throws {NotSupportedError} If `backend` cannot do what the options ask for.
 * @throws As `listenTcp` does.
 *
 * @example Clients with certificates only
 * ```ts
 * import { connectTls, listenTls } from "@berkeley/sockets/tls";
 * import { makeCertificate } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const issuer = await makeCertificate({ isAuthority: true });
 * const own = await makeCertificate({ issuer });
 * const ofClient = await makeCertificate({ issuer, usage: "client" });
 * using listener = await listenTls({
 *   ...{ hostname: "127.0.0.1", port: 0, cert: own.cert, key: own.key },
 *   clientAuth: "require",
 *   caCerts: [issuer.cert],
 * });
 * const [client, server] = await Promise.all([
 *   connectTls({
 *     ...{ hostname: "127.0.0.1", port: listener.addr.port },
 *     ...{ caCerts: [issuer.cert], cert: ofClient.cert, key: ofClient.key },
 *   }),
 *   listener.accept(),
 * ]);
 * await server.send("welcome\n");
 * assertEquals(await client.readLine(), "welcome");
 * client.close();
 * server.close();
 * ```
 */
export async function listenTls(
  options: ListenTlsOptions,
): Promise<TlsListener> {
  return await listenOver(HERE, options);
}

/** Listens on a host of a network. */
export async function listenOver(
  network: TlsNetwork,
  options: ListenTlsOptions,
): Promise<TlsListener> {
  return await openListener(readListenPlan(options), network);
}
