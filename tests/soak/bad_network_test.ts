import { assert } from "@std/assert";
import {
  hasLink,
  LINK_NAMES,
  newNetwork,
  soakCommand,
} from "./_bad_network.ts";

const NETWORK = newNetwork();

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

Deno.test({
  name:
    "hosts that cannot be reached are seen as such by connectTcp() and the sends of UDP",
  ignore: NETWORK === undefined,
  async fn() {
    const command = soakCommand(NETWORK!, "unreachable", 1, 0);
    const { success, stdout, stderr } = await command.output();
    assert(success, text(stdout) + text(stderr));
  },
});

for (const link of LINK_NAMES) {
  Deno.test({
    name:
      `a short soak over a ${link} link accounts for every byte and leaves nothing open`,
    ignore: NETWORK === undefined || !hasLink(NETWORK, link),
    async fn() {
      const command = soakCommand(NETWORK!, link, 1, 2);
      const { success, stdout, stderr } = await command.output();
      const all = text(stdout) + text(stderr);
      assert(success && all.includes("every byte is accounted for"), all);
    },
  });
}
