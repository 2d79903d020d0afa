import { assertEquals } from "@std/assert";
import { TARGETS, tryOnce } from "./targets.ts";

for (const target of TARGETS) {
  Deno.test({
    name: `fuzzing: ${target.claim}`,
    permissions: target.usesNetwork ? { net: true } : "none",
    async fn() {
      const outcomes = new Set<string>();
      for (let seed = 0; seed < target.tries; seed++) {
        outcomes.add(await tryOnce(target, seed));
      }
      const missing = target.outcomes.filter((kind) => !outcomes.has(kind));
      assertEquals(missing, []);
    },
  });
}
