import { assertEquals } from "@std/assert";
import { TLSSocket } from "node:tls";
import {
  makeCertificate,
  type Network,
  simulate,
} from "../../../testing/mod.ts";

/** Leaves a TLS connection open on both sides, with pending calls. */
async function abandon(network: Network, settled: string[]): Promise<void> {
  const issuer = await makeCertificate({ isAuthority: true });
  const { cert, key } = await makeCertificate({ names: ["server"], issuer });
  const server = network.host("server");
  const client = network.host("client");
  await server.serveTls({ port: 443, cert, key }, async (conn) => {
    await conn.readLine().finally(() => settled.push("line"));
  });
  const options = { hostname: "server", port: 443, caCerts: [issuer.cert] };
  const conn = await client.connectTls(options);
  const note = (name: string) => () => void settled.push(name);
  conn.readLine().then(note("read"), note("read"));
  network.partition(server, client);
  conn.send(new Uint8Array(1_000_000)).then(note("send"), note("send"));
  await network.sleep(10);
}

/** The sockets of `node:tls` that are destroyed while a function runs. */
async function destroyedBy(run: () => Promise<void>): Promise<Set<TLSSocket>> {
  const destroyed = new Set<TLSSocket>();
  const original = TLSSocket.prototype.destroy;
  TLSSocket.prototype.destroy = function (error?: Error) {
    destroyed.add(this);
    return Reflect.apply(original, this, [error]);
  };
  try {
    await run();
  } finally {
    Reflect.deleteProperty(TLSSocket.prototype, "destroy");
    if (TLSSocket.prototype.destroy !== original) {
      TLSSocket.prototype.destroy = original; // its own, not inherited
    }
  }
  return destroyed;
}

for (const fails of [false, true]) {
  const how = fails ? "fails" : "passes";
  const name =
    `simulate() frees open TLS connections when the test ${how}, and settles no call`;
  // TLS of Bun does not work over a stream.
  Deno.test({ name, ignore: "Bun" in globalThis, fn: () => frees(fails) });
}

/** Checks that both ends of a connection are freed. */
async function frees(fails: boolean): Promise<void> {
  const settled: string[] = [];
  let before = -1;
  const destroyed = await destroyedBy(async () => {
    await simulate(async (network) => {
      await abandon(network, settled);
      before = settled.length;
      if (fails) throw new Error("on purpose");
    }).catch((error) => {
      if (!fails) throw error;
    });
    await new Promise((resolve) => setTimeout(resolve, 1));
  });
  assertEquals(destroyed.size, 2);
  assertEquals([before, settled], [0, []]);
}
