import { connectUnix, listenUnix } from "@berkeley/sockets/unix";
import { cancelReadsAtRandom } from "../_random_cancels.ts";
import type { FuzzTarget } from "./_target.ts";

/** A hundred tries are 10^8 bytes. */
const TOTAL = 1_000_000;
/** The only kind of unix socket that `--allow-net` is enough for. */
const HAS_ABSTRACT_NAMES = Deno.build.os === "linux";

/** Cancels reads at random, over a unix socket. */
export const unixCancels: FuzzTarget = {
  name: "unix_cancels",
  claim: "reads of a unix socket that are cancelled at random lose no byte",
  tries: HAS_ABSTRACT_NAMES ? 5 : 0,
  outcomes: HAS_ABSTRACT_NAMES ? ["cancelled"] : [],
  usesNetwork: true,
  async once(random) {
    const path = `\0berkeley-${crypto.randomUUID()}`;
    const backend = random.pick(["deno", "node"] as const);
    await using listener = await listenUnix({ path, backend });
    await using client = await connectUnix({ path, backend });
    await using server = await listener.accept();
    const ends = random.pick([[client, server], [server, client]] as const);
    const cancelled = await cancelReadsAtRandom(...ends, TOTAL, random);
    return cancelled > 0 ? "cancelled" : "";
  },
};
