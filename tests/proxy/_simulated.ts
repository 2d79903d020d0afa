/**
 * A client, a proxy and a target of a simulated network.
 *
 * @module
 */
import type { StreamConn } from "@berkeley/sockets/stream";
import { type Host, type Network, simulate } from "@berkeley/sockets/testing";

export const PROXY = { hostname: "proxy", port: 1080 };
export const TARGET = { hostname: "target", port: 7 };

/** Registers a test that may do nothing but compute. */
export function test(
  name: string,
  fn: (network: Network) => Promise<void>,
): void {
  Deno.test({ name, permissions: "none", fn: () => simulate(fn) });
}

/** Three hosts: the target says `hello`, and echoes lines. */
export async function threeHosts(network: Network): Promise<{
  client: Host;
  proxy: Host;
  target: Host;
}> {
  const client = network.host("client");
  const proxy = network.host("proxy");
  const target = network.host("target");
  const options = { hostname: "::", port: TARGET.port, onError: () => {} };
  await target.serveTcp(options, async (conn) => {
    await conn.send("hello\n");
    for await (const line of conn.lines()) await conn.send(`${line}\n`);
  });
  return { client, proxy, target };
}

/** Serves a proxy. Its connections may fail: clients of tests end them at any time. */
export async function serveProxy(
  host: Host,
  handler: (conn: StreamConn) => Promise<void>,
  port: number = PROXY.port,
): Promise<void> {
  await host.serveTcp({ port, onError: () => {} }, handler);
}

/** A proxy that sends these bytes, whatever it is asked for. */
export async function serveBytes(
  host: Host,
  bytes: Uint8Array | string,
  { afterRead = 1, end = true }: { afterRead?: number; end?: boolean } = {},
): Promise<void> {
  await serveProxy(host, async (conn) => {
    await conn.readExact(afterRead);
    await conn.send(bytes);
    if (end) await conn.closeWrite();
    while (await conn.read(new Uint8Array(1000)) !== null);
  });
}
