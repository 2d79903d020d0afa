/**
 * Name servers whose port is closed. Each look-up has less time than one server is
 * waited for, so that it fails where the refusal is not heard.
 */
import { AF_INET } from "../../address/mod.ts";
import { Resolver, type ResolverOptions } from "../../resolve/mod.ts";
import { assert, assertEquals } from "@std/assert";
import { createSocket } from "node:dgram";
import { FAMILIES } from "../_each_family.ts";
import { endOf } from "./_codes.ts";
import type { Zone } from "./_dns_message.ts";
import { DnsServer } from "./_dns_server.ts";
import { IS_DENO } from "../_runtime.ts";

const zone: Zone = {
  "a.test": [{ type: "A", data: "192.0.2.1" }],
  "b.test": [{ type: "A", data: "192.0.2.2" }],
  "c.test": [{ type: "A", data: "192.0.2.3" }],
};

interface Server {
  hostname: string;
  port: number;
}

/** A port that is closed over TCP and over UDP. */
async function closedServer(hostname: string): Promise<Server> {
  await using server = await DnsServer.start({}, undefined, { hostname });
  return server.nameServer;
}

function look(
  servers: Server[],
  options: ResolverOptions = {},
): (name: string) => Promise<string | string[]> {
  const resolver = new Resolver({
    nameServers: servers,
    timeout: 60_000,
    hosts: false,
    ...options,
  });
  return (name) =>
    endOf(
      resolver.getAddrInfo(name, 80, { family: AF_INET, timeout: 15_000 }),
    );
}

/** How a refusal is heard, by what the program may do. */
const WAYS: { way: string; permissions: Deno.PermissionOptions }[] = [
  { way: "over TCP", permissions: { net: true } },
  { way: "by libc", permissions: { net: true, ffi: true } },
];

for (const { loopback, name: family } of FAMILIES) {
  for (const { way, permissions } of WAYS) {
    const test = (name: string, fn: () => Promise<void>): void =>
      Deno.test({ name: `${name} (${family}, ${way})`, permissions, fn });

    test("getAddrInfo() asks the next server at once when a port is closed", async () => {
      await using good = await DnsServer.start(zone, undefined, {
        hostname: loopback,
      });
      const closed = await closedServer(loopback);
      const find = look([closed, good.nameServer], { attempts: 1 });
      assertEquals(await find("a.test"), ["192.0.2.1"]);
      assertEquals(await find("b.test"), ["192.0.2.2"]);
      assertEquals(good.log, ["udp A a.test", "udp A b.test"]);
    });

    test("getAddrInfo() ends with EAI_AGAIN when all ports are closed", async () => {
      const closed = await closedServer(loopback);
      const other = await closedServer(loopback);
      assertEquals(await look([closed])("a.test"), "EAI_AGAIN");
      assertEquals(await look([closed, other])("a.test"), "EAI_AGAIN");
    });

    test("getAddrInfo() asks a server last for 5 seconds after its port was closed", async () => {
      const closed = await closedServer(loopback);
      await using good = await DnsServer.start(zone, undefined, {
        hostname: loopback,
      });
      let now = 1000;
      const find = look([closed, good.nameServer], { now: () => now });
      assertEquals(await find("a.test"), ["192.0.2.1"]);
      await using revived = await DnsServer.start(zone, undefined, closed);
      now += 4999;
      assertEquals(await find("b.test"), ["192.0.2.2"]);
      assertEquals(revived.log, []);
      now += 1;
      assertEquals(await find("c.test"), ["192.0.2.3"]);
      assertEquals(revived.log, ["udp A c.test"]);
    });

    test("getAddrInfo() waits for a server that answers over UDP only", async () => {
      const late = (): Promise<undefined> =>
        new Promise((resolve) => setTimeout(() => resolve(undefined), 500));
      await using server = await DnsServer.start(zone, late, {
        hostname: loopback,
        udpOnly: true,
      });
      const find = look([server.nameServer], { cache: false });
      assertEquals(await find("a.test"), ["192.0.2.1"]);
      assertEquals(await find("b.test"), ["192.0.2.2"]);
      const asked = server.log.filter((line) => !line.endsWith(" NS "));
      assertEquals(asked, ["udp A a.test", "udp A b.test"]);
      assertEquals(server.errors, []);
    });
  }
}

Deno.test({
  name: "getAddrInfo() waits for a silent server whose port is open",
  permissions: { net: true },
  async fn() {
    await using silent = await DnsServer.start({}, () => null);
    const resolver = new Resolver({
      nameServers: [silent.nameServer],
      timeout: 60_000,
      hosts: false,
    });
    const work = resolver.getAddrInfo("a.test", 80, {
      family: AF_INET,
      timeout: 500,
    });
    assertEquals(await endOf(work), "ETIMEDOUT");
  },
});

// What the probe over TCP is for: should this fail, the runtime has learned to hear
// refusals over UDP, and the probe can go.
for (const { loopback, name } of FAMILIES) {
  Deno.test({
    name: `node:dgram of this Deno hears no refusal (${name})`,
    permissions: { net: true },
    ignore: !IS_DENO || Deno.build.os === "windows",
    async fn() {
      const { port } = await closedServer(loopback);
      const socket = createSocket(loopback === "::1" ? "udp6" : "udp4");
      const heard: unknown[] = [];
      socket.on("error", (error) => heard.push(error));
      await new Promise<void>((resolve) =>
        socket.connect(port, loopback, () => resolve())
      );
      for (let i = 0; i < 2; i++) {
        await new Promise<void>((resolve) =>
          socket.send(new Uint8Array(1), (error) => {
            if (error) heard.push(error);
            resolve();
          })
        );
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      await new Promise<void>((resolve) => socket.close(() => resolve()));
      assert(heard.length === 0);
    },
  });
}
