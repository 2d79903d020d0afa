import { assert } from "@std/assert";
import {
  hasLink,
  LINK_NAMES,
  newNetwork,
  soakCommand,
} from "./_bad_network.ts";

const NETWORK = newNetwork();

Deno.test({
  name:
    "hosts that cannot be reached are seen as such by connectTcp() and the sends of UDP",
  ignore: NETWORK === undefined,
  async fn() {
    const command = soakCommand(NETWORK!, "unreachable", 1, 0);
    const { success, stdout } = await command.output();
    assert(success, new TextDecoder().decode(stdout));
  },
});

for (const link of LINK_NAMES) {
  Deno.test({
    name:
      `a short soak over a ${link} link accounts for every byte and leaves nothing open`,
    ignore: NETWORK === undefined || !hasLink(NETWORK, link),
    async fn() {
      const command = soakCommand(NETWORK!, link, 1, 2);
      const { success, stdout } = await command.output();
      const text = new TextDecoder().decode(stdout);
      assert(success && text.includes("every byte is accounted for"), text);
    },
  });
}
