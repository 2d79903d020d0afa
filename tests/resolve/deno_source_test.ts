import { AF_INET } from "../../address/mod.ts";
import { NotCapableError } from "../../errors/mod.ts";
import { Resolver, type WaitOptions } from "../../resolve/mod.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { endOf } from "./_codes.ts";
import type { Zone } from "./_dns_message.ts";
import { DnsServer } from "./_dns_server.ts";
import { IS_DENO } from "../_runtime.ts";

// Leave for one host is too little for packets of our own, so that here
// Deno.resolveDns asks.
const permissions: Deno.PermissionOptions = { net: ["127.0.0.1", "127.0.0.2"] };

const zone: Zone = {
  "a.test": [{ type: "A", data: "192.0.2.1" }],
  "many.test": Array.from(
    { length: 100 },
    (_, i) => ({ type: "A", data: `192.0.2.${i}` }),
  ),
};

Deno.test({
  name:
    "getAddrInfo() by Deno.resolveDns gives up without waiting for the runtime, and asks it only once",
  ignore: !IS_DENO,
  permissions,
  async fn() {
    const gate = Promise.withResolvers<undefined>();
    await using server = await DnsServer.start(zone, () => gate.promise);
    const resolver = new Resolver({
      nameServers: [server.nameServer],
      hosts: false,
    });
    const ask = (timeout: number): Promise<string | string[]> =>
      endOf(resolver.getAddrInfo("a.test", 80, { family: AF_INET, timeout }));
    assertEquals(await ask(20), "ETIMEDOUT");
    // The query goes on below, so it has to be ended for the sanitizers: a
    // second caller finds its answer.
    const later = ask(10_000);
    gate.resolve(undefined);
    assertEquals(await later, ["192.0.2.1"]);
    assertEquals(server.log, ["udp A a.test"]);
  },
});

Deno.test({
  name:
    "getAddrInfo() by Deno.resolveDns asks nobody for a name that was cancelled while it waited for a socket",
  ignore: !IS_DENO,
  permissions,
  async fn() {
    const gate = Promise.withResolvers<undefined>();
    const last = "last.test";
    await using server = await DnsServer.start(
      { [last]: [{ type: "A", data: "192.0.2.1" }] },
      () => gate.promise,
    );
    const resolver = new Resolver({
      nameServers: [server.nameServer],
      hosts: false,
      search: [],
    });
    const ask = (name: string, wait: WaitOptions = {}) =>
      resolver.getAddrInfo(name, 80, { family: AF_INET, ...wait })
        .catch((reason) => reason);
    // As many as there are sockets, so that all others wait.
    const first = Array.from({ length: 256 }, (_, i) => ask(`n${i}.test`));
    const controller = new AbortController();
    const { signal } = controller;
    const cancelled = [
      ask("aborted.test", { signal }),
      ask("late.test", { timeout: 1 }),
      ask("joined.test", { signal }),
    ];
    const joined = ask("joined.test");
    controller.abort("enough");
    const [aborted, late] = await Promise.all(cancelled);
    assertEquals([aborted, late.code], ["enough", "ETIMEDOUT"]);
    gate.resolve(undefined);
    await Promise.all([...first, joined]);
    await ask(last);
    const asked = new Set(server.log.map((line) => line.split(" ").at(-1)));
    assert(!asked.has("aborted.test") && !asked.has("late.test"));
    assert(asked.has("joined.test") && asked.has(last));
    assertEquals(asked.size, 258);
  },
});

Deno.test({
  name: "getAddrInfo() by Deno.resolveDns is not cut to one second by a signal",
  ignore: !IS_DENO,
  permissions,
  async fn() {
    // With a signal of its own the runtime would ask again after a second.
    await using server = await DnsServer.start(
      zone,
      () =>
        new Promise((resolve) => setTimeout(() => resolve(undefined), 1500)),
    );
    const resolver = new Resolver({
      nameServers: [server.nameServer],
      hosts: false,
    });
    const { signal } = new AbortController();
    const infos = resolver.getAddrInfo("a.test", 80, {
      family: AF_INET,
      signal,
      timeout: 30_000,
    });
    assertEquals(await endOf(infos), ["192.0.2.1"]);
    assertEquals(server.log, ["udp A a.test"]);
  },
});

Deno.test({
  name: "getAddrInfo() by Deno.resolveDns takes a hundred records over TCP",
  ignore: !IS_DENO,
  permissions,
  async fn() {
    await using server = await DnsServer.start(zone);
    const resolver = new Resolver({
      nameServers: [server.nameServer],
      hosts: false,
    });
    const end = await endOf(
      resolver.getAddrInfo("many.test", 80, { family: AF_INET }),
    );
    assertEquals(end.length, 100);
    assert(server.log.includes("tcp A many.test"));
  },
});

Deno.test({
  name:
    "getAddrInfo() by Deno.resolveDns keeps an answer for as long as ttl says",
  ignore: !IS_DENO,
  permissions,
  async fn() {
    await using server = await DnsServer.start(zone);
    let time = 0;
    const resolver = new Resolver({
      nameServers: [server.nameServer],
      hosts: false,
      now: () => time,
      cache: { ttl: 7000 },
    });
    const counts: number[] = [];
    for (time of [0, 6999, 7000]) {
      await resolver.getAddrInfo("a.test", 80, { family: AF_INET });
      counts.push(server.log.length);
    }
    assertEquals(counts, [1, 1, 2]);
  },
});

for (const net of [false, ["192.0.2.1"]] as const) {
  Deno.test({
    name:
      `getAddrInfo() rejects where asking is not permitted (net: ${net}), and never prompts`,
    ignore: !IS_DENO,
    permissions: { net: net === false ? false : [...net] },
    async fn() {
      const resolver = new Resolver({
        nameServers: [{ hostname: "127.0.0.1", port: 53 }],
      });
      await assertRejects(
        () => resolver.getAddrInfo("a.test", 80),
        NotCapableError,
      );
      // What asks nobody needs no permission at all.
      assertEquals(await endOf(resolver.getAddrInfo("localhost", "http")), [
        "::1",
        "127.0.0.1",
      ]);
      assertEquals(await endOf(resolver.getAddrInfo("192.0.2.9", "http")), [
        "192.0.2.9",
      ]);
    },
  });
}
