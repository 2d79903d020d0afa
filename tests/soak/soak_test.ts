import { assertEquals, assertGreater } from "@std/assert";
import { Account } from "./_account.ts";
import { runRound } from "./_round.ts";

Deno.test("a short soak with a fixed seed accounts for every message and leaves nothing open", async () => {
  const account = new Account();
  await runRound({
    account,
    seed: 1,
    streams: 40,
    messages: 60,
    datagramFlows: 8,
    datagrams: 400,
    restarts: 3,
    isLossy: false,
    patience: 60_000,
    isAlone: false, // tests in parallel share the process; sanitizers look as well
  });
  assertEquals(account.faults, []);
  assertEquals(account.faultCount, 0);
  for (
    const what of [
      "connections ended by the peer",
      "connections that ended in order",
      "endings by closeRead",
      "endings by graceful",
      "endings by reset",
      "endings by webStreams",
      "closes with messages to send that ended in order",
      "half-closes by the peer",
      "restarts",
      "restarts of answerers",
      "writes given up",
    ]
  ) assertGreater(account.total(what), 0, what);
});
