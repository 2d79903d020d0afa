import { assertRejects } from "@std/assert";
import { connectUnix, listenUnix } from "@berkeley/sockets/unix";
import { until } from "../_each_stream.ts";
import { BACKENDS, leaveStale, SOON, withFolder } from "./_setup.ts";

/** How many descriptors this process has open. */
function openDescriptors(): number {
  return [...Deno.readDirSync("/proc/self/fd")].length;
}

for (const backend of BACKENDS) {
  Deno.test({
    name:
      `calls that fail or are cancelled leave no descriptor, over ${backend}`,
    ignore: Deno.build.os !== "linux",
    fn: () =>
      withFolder(async (folder) => {
        const path = `${folder}/sock`;
        const other = `${folder}/other`;
        const once = async () => {
          await using listener = await listenUnix({ path, backend });
          const accepting = listener.accept({ timeout: 0 })
            .then((conn) => conn.close(), () => {});
          const giveUp = new AbortController();
          const { signal } = giveUp;
          const cancelled = connectUnix({ path, backend, signal })
            .then((conn) => conn.close(), () => {});
          giveUp.abort();
          await cancelled;
          await connectUnix({ path, backend, timeout: 0 })
            .then((conn) => conn.close(), () => {});
          await accepting;

          const client = await connectUnix({ path, backend, ...SOON });
          const reading = client.readLine().catch(() => {});
          await client[Symbol.asyncDispose]();
          await reading;

          await assertRejects(() => listenUnix({ path, backend }));
          const replaceStale = true;
          await assertRejects(() =>
            listenUnix({ path, backend, replaceStale })
          );
          await assertRejects(() => connectUnix({ path: other, backend }));
          leaveStale(other);
          await assertRejects(() => connectUnix({ path: other, backend }));
          await using _ = await listenUnix({
            path: other,
            backend,
            replaceStale,
          });
        };
        await once(); // what is opened once and for all
        const before = openDescriptors();
        for (let i = 0; i < 10; i++) await once();
        await until(() => openDescriptors() <= before);
      }),
  });
}
