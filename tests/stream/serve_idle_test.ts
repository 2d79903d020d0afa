/** What the idle timeout of a server counts, and what it leaves alone. */
import { assertEquals, assertRejects } from "@std/assert";
import { ClosedError } from "@berkeley/sockets/errors";
import type { TcpConn } from "@berkeley/sockets/tcp";
import { eachTransport, type Setup } from "../_each_stream.ts";

/** Ways in which a handler ends its connection before it ends itself. */
const ENDS: [string, (conn: TcpConn) => void][] = [
  ["closes", (conn) => conn.close()],
  ["resets", (conn) => conn.reset()],
  ["detaches", (conn) => conn.detach().conn.close()],
];

function isPossible(name: string, { backend }: Setup): boolean {
  if (name === "resets") return backend !== "deno";
  return name !== "detaches" || backend === "deno";
}

for (const [name, end] of ENDS) {
  eachTransport(
    `a handler that ${name} its connection, works on and throws is not idle`,
    async (setup) => {
      if (!isPossible(name, setup)) return;
      const { connect, serve } = setup;
      const boom = new Error("boom");
      const reported = Promise.withResolvers<unknown>();
      await using server = await serve(
        { idleTimeout: 10, onError: reported.resolve },
        async (conn) => {
          end(conn);
          await new Promise((resolve) => setTimeout(resolve, 60));
          throw boom;
        },
      );
      // Node meets a reset before it reports the connection.
      using _ = await connect(server.addr).catch(() => undefined);
      assertEquals(await reported.promise, boom);
      const { failed, idled } = server.stats;
      assertEquals({ failed, idled }, { failed: 1, idled: 0 });
    },
  );
}

eachTransport(
  "a handler whose connection was closed for being idle is counted as idle",
  async ({ connect, serve }) => {
    const errors: unknown[] = [];
    const ended = Promise.withResolvers<void>();
    await using server = await serve(
      { idleTimeout: 10, onError: (error) => errors.push(error) },
      async (conn) => {
        await assertRejects(() => conn.readLine(), ClosedError);
        ended.resolve();
        throw new Error("after that");
      },
    );
    using client = await connect(server.addr);
    await ended.promise;
    assertEquals(await client.readLine(), null);
    assertEquals([server.stats.idled, errors], [1, []]);
  },
);
