import { makeCertificate } from "@berkeley/sockets/testing";
import { connectTls, listenTls } from "@berkeley/sockets/tls";
import { cancelReadsAtRandom } from "../_random_cancels.ts";
import type { FuzzTarget } from "./_target.ts";

/** A hundred tries are 10^8 bytes. */
const TOTAL = 1_000_000;

let certificate: ReturnType<typeof makeCertificate> | undefined;

/** Cancels reads at random, over TLS. */
export const tlsCancels: FuzzTarget = {
  name: "tls_cancels",
  claim: "reads over TLS that are cancelled at random lose no byte",
  tries: 4,
  outcomes: ["cancelled"],
  usesNetwork: true,
  async once(random) {
    const { cert, key } = await (certificate ??= makeCertificate());
    const backend = random.pick(["deno", "node"] as const);
    const other = random.pick(["deno", "node"] as const);
    const where = { hostname: "127.0.0.1", port: 0, backend };
    await using listener = await listenTls({ ...where, cert, key });
    const [client, server] = await Promise.all([
      connectTls({ ...listener.addr, caCerts: [cert], backend: other }),
      listener.accept(),
    ]);
    await using _client = client;
    await using _server = server;
    const ends = random.pick([[client, server], [server, client]] as const);
    const cancelled = await cancelReadsAtRandom(...ends, TOTAL, random);
    return cancelled > 0 ? "cancelled" : "";
  },
};
