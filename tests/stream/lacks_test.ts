/** The table of streams says of each carrier what it lacks, and nothing else. */
import { assertEquals } from "@std/assert";
import { SocketError } from "@berkeley/sockets/errors";
import { StreamConn } from "@berkeley/sockets/stream";
import { type StreamPair, withPairs } from "../_each_stream.ts";
import { type Feature, STREAM_ROWS } from "../_stream_rows.ts";

/** How to use each feature; what a carrier lacks fails with ENOTSUP. */
const USES: Record<Feature, (ends: StreamPair) => Promise<void>> = {
  "half-close": async ({ client, server }) => {
    await client.closeWrite();
    assertEquals(await server.readLine(), null);
    await server.send("still here\n");
    assertEquals(await client.readLine(), "still here");
  },
  ref: ({ client }) =>
    Promise.try(() => {
      client.unref();
      client.ref();
    }),
  detach: async ({ client, server }) => {
    await using again = await Promise.try(() =>
      StreamConn.from(client.detach().conn as Deno.Conn)
    );
    await again.send("still here\n");
    assertEquals(await server.readLine(), "still here");
  },
};

for (const row of STREAM_ROWS) {
  Deno.test({
    name: `what ${row.name} lacks is not supported, and all else is`,
    permissions: row.permissions ?? "none",
    fn: () =>
      withPairs(row, async (pair) => {
        const lacking: string[] = [];
        for (const [feature, use] of Object.entries(USES)) {
          using ends = await pair();
          const error = await use(ends).then(() => undefined, (error) => error);
          if (error === undefined) continue;
          if (!(error instanceof SocketError)) throw error;
          assertEquals(error.code, "ENOTSUP", error.message);
          lacking.push(feature);
        }
        assertEquals(lacking.sort(), [...row.lacks ?? []].sort());
      }),
  });
}
