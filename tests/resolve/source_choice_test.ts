/** Where name servers come from in a runtime with the API of Node, if no file names any. */
import dns from "node:dns";
import { parseIpAddress } from "../../address/mod.ts";
import { IS_DENO } from "../_runtime.ts";
import { SourceChoice } from "../../resolve/_source_choice.ts";
import { settingsOf } from "../../resolve/_settings.ts";
import { assertEquals } from "@std/assert";
import { DnsServer } from "./_dns_server.ts";

Deno.test({
  name: "the DNS is asked at the servers of node:dns if no file names any",
  ignore: IS_DENO,
  async fn() {
    await using server = await DnsServer.start({
      "a.test": [{ type: "A", data: "192.0.2.1" }],
    });
    const { hostname, port } = server.nameServer;
    const before = dns.getServers();
    dns.setServers([`${hostname}:${port}`]);
    try {
      const choice = new SourceChoice(settingsOf({}), undefined);
      const { signal } = new AbortController();
      const turn = { isWaiting: false };
      const outcome = await choice.current().query("a.test", "A", signal, turn);
      assertEquals(outcome.records, [parseIpAddress("192.0.2.1")]);
      assertEquals(choice.current(), choice.current());
    } finally {
      dns.setServers(before);
    }
  },
});
