import { AF_INET } from "../../address/mod.ts";
import { TimedOutError } from "../../errors/mod.ts";
import {
  type AddrInfo,
  type AddrInfoHints,
  Resolver,
} from "../../resolve/mod.ts";
import { SocketAddress } from "../../address/mod.ts";
import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { endOf } from "./_codes.ts";
import type { Zone } from "./_dns_message.ts";
import { DnsServer } from "./_dns_server.ts";

const zone: Zone = { "a.test": [{ type: "A", data: "192.0.2.1" }] };

function resolverOf(server: DnsServer): Resolver {
  return new Resolver({
    nameServers: [server.nameServer],
    hosts: false,
    timeout: 60_000,
  });
}

/** Every call that waits, on a name that is never answered. */
const CALLS: Record<
  string,
  (resolver: Resolver, wait: AddrInfoHints) => Promise<unknown>
> = {
  getAddrInfo: (resolver, wait) => resolver.getAddrInfo("a.test", 80, wait),
  getNameInfo: (resolver, wait) =>
    resolver.getNameInfo(
      SocketAddress.from({ hostname: "192.0.2.1", port: 80 }),
      0,
      wait,
    ),
  getHostByName: (resolver, wait) => resolver.getHostByName("a.test", wait),
  getHostByAddr: (resolver, wait) =>
    resolver.getHostByAddr(
      SocketAddress.from({ hostname: "192.0.2.1", port: 80 }).ip,
      wait,
    ),
  resolve: (resolver, wait) => resolver.resolve("a.test", "TXT", wait),
  lookupService: (resolver, wait) =>
    resolver.lookupService({ service: "x", domain: "a.test" }, wait),
};

// The sanitizers see to it that giving up leaves no socket and no timer behind.
for (const [name, call] of Object.entries(CALLS)) {
  Deno.test({
    name: `${name}() rejects with the signal's reason, whatever it is`,
    permissions: { net: true },
    async fn() {
      await using server = await DnsServer.start(zone, () => null);
      const resolver = resolverOf(server);
      const reason = { any: "thing" };
      const controller = new AbortController();
      const work = call(resolver, { signal: controller.signal });
      queueMicrotask(() => controller.abort(reason));
      assertStrictEquals(await work.catch((error) => error), reason);
      assertStrictEquals(
        await call(resolver, { signal: AbortSignal.abort(reason) }).catch((e) =>
          e
        ),
        reason,
      );
    },
  });

  Deno.test({
    name: `${name}() rejects with ETIMEDOUT when its time is up`,
    permissions: { net: true },
    async fn() {
      await using server = await DnsServer.start(zone, () => null);
      const error = await assertRejects(
        () => call(resolverOf(server), { timeout: 20 }),
        TimedOutError,
      );
      assertEquals(error.code, "ETIMEDOUT");
    },
  });

  Deno.test({
    name: `${name}() refuses a negative timeout before it asks`,
    permissions: { net: true },
    async fn() {
      await using server = await DnsServer.start(zone);
      await assertRejects(
        () => call(resolverOf(server), { timeout: -1 }),
        RangeError,
      );
      assertEquals(server.log, []);
    },
  });
}

Deno.test({
  name: "getAddrInfo() goes on for others when one caller gives up",
  permissions: { net: true },
  async fn() {
    const gate = Promise.withResolvers<undefined>();
    await using server = await DnsServer.start(zone, () => gate.promise);
    const resolver = resolverOf(server);
    const controller = new AbortController();
    const ask = (wait: AddrInfoHints): Promise<AddrInfo[]> =>
      resolver.getAddrInfo("a.test", 80, { family: AF_INET, ...wait });
    const impatient = ask({ signal: controller.signal });
    const patient = ask({ timeout: 60_000 });
    const careless = ask({});
    controller.abort(new Error("enough"));
    await assertRejects(() => impatient, Error, "enough");
    gate.resolve(undefined);
    assertEquals(await endOf(patient), ["192.0.2.1"]);
    assertEquals(await endOf(careless), ["192.0.2.1"]);
    assertEquals(server.log.length, 1);
  },
});

Deno.test({
  name: "getAddrInfo() starts anew after all callers gave up",
  permissions: { net: true },
  async fn() {
    let isSilent = true;
    await using server = await DnsServer.start(
      zone,
      () => isSilent ? null : undefined,
    );
    const resolver = resolverOf(server);
    const ask = (wait: AddrInfoHints): Promise<string | string[]> =>
      endOf(resolver.getAddrInfo("a.test", 80, { family: AF_INET, ...wait }));
    assertEquals(
      await Promise.all([ask({ timeout: 20 }), ask({ timeout: 30 })]),
      [
        "ETIMEDOUT",
        "ETIMEDOUT",
      ],
    );
    isSilent = false;
    assertEquals(await ask({}), ["192.0.2.1"]);
  },
});

Deno.test({
  name: "getAddrInfo() does not join a query that was just given up",
  permissions: { net: true },
  async fn() {
    let isSilent = true;
    await using server = await DnsServer.start(
      zone,
      () => isSilent ? null : undefined,
    );
    const resolver = resolverOf(server);
    const controller = new AbortController();
    const ask = (wait: AddrInfoHints): Promise<AddrInfo[]> =>
      resolver.getAddrInfo("a.test", 80, { family: AF_INET, ...wait });
    const impatient = ask({ signal: controller.signal });
    controller.abort(new Error("enough"));
    isSilent = false;
    const next = ask({ timeout: 20_000 });
    await assertRejects(() => impatient, Error, "enough");
    assertEquals(await endOf(next), ["192.0.2.1"]);
  },
});

Deno.test({
  name: "look-ups that are given up while they wait for a socket keep none",
  permissions: { net: true },
  async fn() {
    const gate = Promise.withResolvers<undefined>();
    await using server = await DnsServer.start(
      { ...zone, "b.test": [{ type: "A", data: "192.0.2.2" }] },
      () => gate.promise,
    );
    const resolver = resolverOf(server);
    const controller = new AbortController();
    const { signal } = controller;
    const hints = { family: AF_INET, signal };
    // More than the sockets that there are, twice over: half of them wait.
    const ask = (i: number, wait: AddrInfoHints): Promise<unknown> =>
      resolver.getAddrInfo(`n${i}.test`, 80, wait).catch((error) => error);
    const first = Array.from(
      { length: 256 },
      (_, i) => ask(i, { family: AF_INET }),
    );
    const second = Array.from(
      { length: 600 },
      (_, i) => ask(1000 + i, hints),
    );
    controller.abort("enough");
    assertEquals(new Set(await Promise.all(second)), new Set(["enough"]));
    gate.resolve(undefined);
    await Promise.all(first);
    const patient = { family: AF_INET, timeout: 20_000 };
    const next = resolver.getAddrInfo("b.test", 80, patient);
    assertEquals(await endOf(next), ["192.0.2.2"]);
  },
});

Deno.test({
  name:
    "getAddrInfo() with timeout 0 gives what needs no waiting, and nothing else",
  permissions: { net: true },
  async fn() {
    await using server = await DnsServer.start(zone);
    const resolver = resolverOf(server);
    const hints = { family: AF_INET, timeout: 0 };
    assertEquals(await endOf(resolver.getAddrInfo("192.0.2.7", 80, hints)), [
      "192.0.2.7",
    ]);
    assertEquals(await endOf(resolver.getAddrInfo("localhost", 80, hints)), [
      "127.0.0.1",
    ]);
    assertEquals(
      await endOf(resolver.getAddrInfo("a.test", 80, hints)),
      "ETIMEDOUT",
    );
    assertEquals(server.log, []);
    await resolver.getAddrInfo("a.test", 80, { family: AF_INET });
    assertEquals(await endOf(resolver.getAddrInfo("a.test", 80, hints)), [
      "192.0.2.1",
    ]);
  },
});

Deno.test({
  name: "getAddrInfo() gives up a TCP connection as well",
  permissions: { net: true },
  async fn() {
    const overTcp = Promise.withResolvers<void>();
    await using server = await DnsServer.start(zone, (_, way) => {
      if (way === "udp") return { truncated: true };
      overTcp.resolve();
      return null;
    });
    const controller = new AbortController();
    const work = resolverOf(server).getAddrInfo("a.test", 80, {
      family: AF_INET,
      signal: controller.signal,
    });
    await overTcp.promise;
    controller.abort(new Error("enough"));
    await assertRejects(() => work, Error, "enough");
  },
});

Deno.test({
  name: "getAddrInfo() counts its time over all the names it tries",
  permissions: { net: true },
  async fn() {
    const late = (): Promise<undefined> =>
      new Promise((resolve) => setTimeout(() => resolve(undefined), 50));
    await using server = await DnsServer.start(zone, late);
    const resolver = new Resolver({
      nameServers: [server.nameServer],
      hosts: false,
      search: Array.from({ length: 10 }, (_, i) => `d${i}.test`),
    });
    const hints = { family: AF_INET, timeout: 200 };
    assertEquals(
      await endOf(resolver.getAddrInfo("name", 80, hints)),
      "ETIMEDOUT",
    );
  },
});

Deno.test({
  name: "getAddrInfo() rejects misuse before it asks",
  permissions: { net: true },
  async fn() {
    await using server = await DnsServer.start(zone);
    const resolver = resolverOf(server);
    const call = resolver.getAddrInfo.bind(resolver) as (
      ...args: unknown[]
    ) => Promise<unknown>;
    for (
      const args of [[undefined, 80], [127, 80], ["a.test", undefined], [
        "a.test",
        {},
      ]]
    ) {
      await assertRejects(() => call(...args), TypeError);
    }
    for (const port of [-1, 65536, 1.5, NaN]) {
      await assertRejects(() => call("a.test", port), RangeError);
    }
    assertEquals(server.log, []);
  },
});
