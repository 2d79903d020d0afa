import { assertGreater } from "@std/assert";
import { cancelReadsAtRandom } from "../_random_cancels.ts";
import { Random } from "../_random.ts";
import { eachPath } from "./_setup.ts";

/** `deno task fuzz --tries 100 unix_cancels` sends 100 times a tenth of it. */
const TOTAL = 10_000_000;

eachPath("reads that are cancelled at random lose no byte", async ({
  backend,
  pair,
}) => {
  const random = new Random(backend.length);
  await using ends = await pair({ highWaterMark: 100_000 });
  const { client, server } = ends;
  const cancelled = await cancelReadsAtRandom(client, server, TOTAL, random);
  assertGreater(cancelled, 100);
});
