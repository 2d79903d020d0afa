import {
  AF_INET,
  AF_INET6,
  SOCK_STREAM,
  SocketAddress,
} from "../../address/mod.ts";
import { Resolver } from "../../resolve/mod.ts";
import { assert, assertEquals } from "@std/assert";
import { lookup } from "node:dns/promises";
import { endOf } from "./_codes.ts";

// localhost is known to every system; what else libc knows is its own affair.
Deno.test({
  name: "Resolver with source system gives libc's names of an address",
  permissions: { net: true },
  async fn() {
    const resolver = new Resolver({ source: "system" });
    const address = SocketAddress.from({ hostname: "127.0.0.1", port: 80 });
    const { hostname, service } = await resolver.getNameInfo(address);
    assert(hostname.length > 0);
    assertEquals(service, "http");
  },
});

Deno.test({
  name:
    "Resolver with source system gives libc's addresses, and asks it once for many",
  async fn() {
    const name = Deno.hostname();
    const resolver = new Resolver({ source: "system" });
    const expected = await lookup(name, { all: true, verbatim: true }).then(
      (found) => found.map(({ address }) => address),
      () => "EAI_NONAME",
    );
    const looks = Array.from(
      { length: 100 },
      () => endOf(resolver.getAddrInfo(name, 80, { socktype: SOCK_STREAM })),
    );
    for (const end of await Promise.all(looks)) {
      assertEquals(typeof end === "string" ? "EAI_NONAME" : end, expected);
    }
  },
});

Deno.test({
  name:
    "Resolver with source system keeps the rules for special and malformed names",
  permissions: { net: true },
  async fn() {
    const resolver = new Resolver({ source: "system" });
    const look = (name: string, family = 0): Promise<string | string[]> =>
      endOf(resolver.getAddrInfo(name, "http", { family }));
    assertEquals(await look("x.localhost"), ["::1", "127.0.0.1"]);
    assertEquals(await look("localhost", AF_INET), ["127.0.0.1"]);
    assertEquals(await look("localhost", AF_INET6), ["::1"]);
    assertEquals(await look("x.invalid"), "EAI_NONAME");
    assertEquals(await look("127.1"), "EAI_NONAME");
    assertEquals(await look("192.0.2.1"), ["192.0.2.1"]);
  },
});
