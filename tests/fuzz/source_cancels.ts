import { cancelReadsAtRandom } from "../_random_cancels.ts";
import { SOURCE_ROWS } from "../_source_rows.ts";
import type { FuzzTarget } from "./_target.ts";

/** A hundred tries are 10^8 bytes. */
const TOTAL = 1_000_000;

/** Cancels reads at random, over each kind of source that `StreamConn.from` takes. */
export const sourceCancels: FuzzTarget = {
  name: "source_cancels",
  claim:
    "reads over any conn, duplex or web streams that are cancelled at random lose no byte",
  tries: 10,
  outcomes: SOURCE_ROWS.map(({ name }) => `cancelled over ${name}`),
  usesNetwork: true,
  async once(random) {
    const row = random.pick(SOURCE_ROWS);
    const [client, server] = await row.pair({});
    await using near = client;
    await using far = server;
    const ends = random.pick([[near, far], [far, near]] as const);
    const cancelled = await cancelReadsAtRandom(...ends, TOTAL, random);
    return cancelled > 0 ? `cancelled over ${row.name}` : "";
  },
};
