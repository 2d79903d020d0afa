import { assertGreater } from "@std/assert";
import { cancelReadsAtRandom } from "../_random_cancels.ts";
import { Random } from "../_random.ts";
import { FAMILIES } from "../_each_family.ts";
import { carrierOn, CARRIERS } from "./_tls.ts";

/** `deno task fuzz --tries 100 tls_cancels` sends ten times as much. */
const TOTAL = 10_000_000;

Deno.test({
  name: `reads that are cancelled at random lose no byte, over ${
    CARRIERS.join(" and ")
  }`,
  permissions: { net: true },
  async fn() {
    await Promise.all(CARRIERS.map(async (carrier, seed) => {
      const { pair } = carrierOn(carrier, FAMILIES[seed % FAMILIES.length]!);
      await using ends = await pair({ highWaterMark: 100_000 });
      const random = new Random(seed);
      const { client, server } = ends;
      const cancelled = await cancelReadsAtRandom(
        client,
        server,
        TOTAL,
        random,
      );
      assertGreater(cancelled, 100);
    }));
  },
});
