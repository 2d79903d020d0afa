import { assert, assertEquals } from "@std/assert";
import { listenUnix } from "@berkeley/sockets/unix";
import { BACKENDS, withFolder } from "./_setup.ts";
import { IS_DENO } from "../_runtime.ts";

/** The next message of a worker. */
function next(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
  });
}

// Over libc the file has another mode at first, but the socket does not listen yet.
for (const backend of BACKENDS.filter((backend) => backend !== "posix")) {
  Deno.test({
    name: `a file never has more permissions than its mode, over ${backend}`,
    ignore: !IS_DENO || Deno.build.os === "windows",
    fn: () =>
      withFolder(async (folder) => {
        const path = `${folder}/sock`;
        const url = new URL("_mode_worker.ts", import.meta.url);
        const worker = new Worker(url, { type: "module" });
        const shared = new Int32Array(new SharedArrayBuffer(8));
        const [STOP, LOOKS] = [0, 1];
        const looking = next(worker);
        worker.postMessage({ path, memory: shared.buffer });
        assertEquals(await looking, "looking");
        const seeing = next(worker);
        const before = Deno.umask(0); // by which everybody could connect
        try {
          const isSeen = () => Atomics.load(shared, LOOKS) >= 20;
          for (let i = 0; i < 2000 && (i < 100 || !isSeen()); i++) {
            await using _ = await listenUnix({ path, mode: 0o640, backend });
          }
        } finally {
          Deno.umask(before);
          Atomics.store(shared, STOP, 1);
        }
        const seen = await seeing as number[];
        assert(seen.length > 0);
        assertEquals(seen.filter((mode) => (mode & ~0o640) !== 0), []);
      }),
  });
}
