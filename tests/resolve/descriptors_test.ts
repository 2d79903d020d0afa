/** How many sockets look-ups open, and what they do where there are none left. */
import { AF_INET } from "../../address/mod.ts";
import { Resolver } from "../../resolve/mod.ts";
import { assertEquals } from "@std/assert";
import { endOf } from "./_codes.ts";
import { DnsServer } from "./_dns_server.ts";
import { IS_DENO } from "../_runtime.ts";

for (
  const { limit, way } of [
    { limit: 400, way: "udp" },
    { limit: 400, way: "tcp" },
    { limit: 100, way: "udp" },
    { limit: 100, way: "tcp" },
  ]
) {
  Deno.test({
    name:
      `getAddrInfo() finds 500 names over ${way.toUpperCase()} at the same time with ${limit} descriptors`,
    ignore: !IS_DENO || Deno.build.os === "windows",
    async fn() {
      await using server = await DnsServer.start(
        {},
        ({ name, type }, by) =>
          way === "tcp" && by === "udp" ? { truncated: true } : {
            answers: [[
              name,
              type === "A"
                ? { type, data: "192.0.2.1" }
                : { type: "AAAA", data: "2001:db8::1" },
            ]],
          },
      );
      const { port } = server.nameServer;
      const script = new URL("_few_descriptors.ts", import.meta.url).pathname;
      const { stdout, stderr } = await new Deno.Command("sh", {
        args: [
          "-c",
          `ulimit -n ${limit} && exec "$@"`,
          "sh",
          Deno.execPath(),
          "run",
          "--quiet",
          "--no-config",
          "--allow-net",
          script,
          String(port),
          "500",
        ],
      }).output();
      assertEquals(new TextDecoder().decode(stderr), "");
      assertEquals(JSON.parse(new TextDecoder().decode(stdout)), {
        found: 500,
        failed: [],
      });
    },
  });
}

Deno.test({
  name:
    "300 silent names of one Resolver do not delay the names of another one",
  permissions: { net: true },
  async fn() {
    await using silent = await DnsServer.start({}, () => null);
    await using good = await DnsServer.start({
      "a.test": [{ type: "A", data: "192.0.2.1" }],
    });
    const [busy, other] = [silent, good].map(({ nameServer }) =>
      new Resolver({
        nameServers: [nameServer],
        hosts: false,
        timeout: 60_000,
      })
    );
    const controller = new AbortController();
    const { signal } = controller;
    const looks = Array.from(
      { length: 300 },
      (_, i) =>
        busy!.getAddrInfo(`n${i}.test`, 80, { family: AF_INET, signal })
          .catch((reason) => reason),
    );
    const look = other!.getAddrInfo("a.test", 80, {
      family: AF_INET,
      timeout: 15_000,
    });
    assertEquals(await endOf(look), ["192.0.2.1"]);
    controller.abort("enough");
    assertEquals(new Set(await Promise.all(looks)), new Set(["enough"]));
  },
});
