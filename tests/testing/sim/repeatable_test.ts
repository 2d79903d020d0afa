import { assert, assertEquals } from "@std/assert";
import { type Host, type Network, simulate } from "../../../testing/mod.ts";

/** Answers lines over TCP and datagrams over UDP, from the start of the host. */
async function serve(host: Host): Promise<void> {
  void host.serveTcp({ port: 7 }, async (conn) => {
    for await (const line of conn.lines()) await conn.send(`${line}!\n`);
  });
  const socket = await host.bindUdp({ hostname: "0.0.0.0", port: 7 });
  for await (const { data, address } of socket) {
    await socket.sendTo(data, address);
  }
}

async function askTcp(host: Host, hostname: string, text: string) {
  using conn = await host.connectTcp({ hostname, port: 7, timeout: 3000 });
  await conn.send(`${text}\n`);
  return await conn.readLine({ timeout: 3000 });
}

async function askUdp(host: Host, hostname: string, text: string) {
  using socket = await host.connectUdp({ hostname, port: 7 });
  await socket.send(text);
  const { data } = await socket.receive({ timeout: 200 });
  return new TextDecoder().decode(data);
}

/** Asks a random server from a random host, and returns how it ended. */
async function act(
  network: Network,
  clients: Host[],
  ask: typeof askTcp,
): Promise<string> {
  const { random } = network;
  const client = random.pick(clients);
  const name = random.pick(["server", "alias", "nobody"]);
  try {
    return (await ask(client, name, `${Math.random()}`)) ?? "end";
  } catch (error) {
    return String(error);
  }
}

function trouble(network: Network, server: Host, client: Host): void {
  const { random } = network;
  random.pick([
    () => server.restart(),
    () => network.partition(server, client, { oneWay: true }),
    () => network.hold(server, client),
    () => network.dns.fail("alias", "SERVFAIL"),
    () => network.dns.set("alias", { addresses: "10.0.0.1", ttl: 0 }),
  ])();
}

/** Everything that can differ between two runs, as text. */
function run(seed: number): Promise<string> {
  const link = {
    latency: 2,
    jitter: 3,
    loss: 0.05,
    duplicate: 0.05,
    reorder: 0.05,
    bandwidth: 100_000,
  };
  return simulate({ seed, link }, async (network) => {
    const server = network.host("server");
    const clients = [network.host("a"), network.host("b")];
    network.dns.set("alias", { cname: "server", ttl: 50 });
    server.start(serve);
    await network.sleep(1);
    const results: string[] = [];
    for (let i = 0; i < 2; i++) {
      const acts = [askTcp, askUdp].map((ask) => act(network, clients, ask));
      if (network.chance(0.5)) trouble(network, server, clients[0]!);
      results.push(...await Promise.all(acts));
      network.heal();
      network.release();
    }
    return [network.trace, ...results, ...network.faults].join("\n");
  });
}

Deno.test("simulate() gives one trace in 1,000 runs with one seed", async () => {
  const first = await run(1);
  assert(first.includes("UDP, length") && first.includes("Flags [S]"), first);
  for (let i = 1; i < 1000; i++) {
    const again = await run(1);
    if (again !== first) assertEquals(again.split("\n"), first.split("\n"));
  }
});

Deno.test("simulate() gives other traces with other seeds", async () => {
  const traces = new Set<string>();
  for (let seed = 1; seed <= 50; seed++) traces.add(await run(seed));
  assertEquals(traces.size, 50);
});
