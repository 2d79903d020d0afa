import { assertGreater } from "@std/assert";
import { cancelReadsAtRandom } from "../_random_cancels.ts";
import { Random } from "../_random.ts";
import { connectUnix, listenUnix } from "@berkeley/sockets/unix";
import { BACKENDS, SOON, withFolder } from "./_setup.ts";

/** `deno task fuzz --tries 100 unix_cancels` sends ten times as much. */
const TOTAL = 10_000_000;

Deno.test({
  name: `reads that are cancelled at random lose no byte, over ${
    BACKENDS.join(", ")
  }`,
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      await Promise.all(BACKENDS.map(async (backend, seed) => {
        const path = `${folder}/${backend}`;
        await using listener = await listenUnix({ path, backend });
        const highWaterMark = 100_000;
        await using client = await connectUnix({
          path,
          backend,
          highWaterMark,
        });
        await using server = await listener.accept(SOON);
        const random = new Random(seed);
        const cancelled = await cancelReadsAtRandom(
          client,
          server,
          TOTAL,
          random,
        );
        assertGreater(cancelled, 100);
      }));
    }),
});
