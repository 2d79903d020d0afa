import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
} from "@std/assert";
import { AddressInUseError } from "@berkeley/sockets/errors";
import { connectUnix, listenUnix } from "@berkeley/sockets/unix";
import { AF_UNIX, SOCK_DGRAM, socket } from "../../posix/mod.ts";
import { HAS_POSIX } from "../_posix.ts";
import {
  BACKENDS,
  eachPath,
  exists,
  leaveStale,
  SOON,
  withFolder,
} from "./_setup.ts";
import { IS_DENO } from "../_runtime.ts";

eachPath("listenUnix() replaces a stale socket only when asked", async ({
  folder,
  path,
  listen,
  connect,
}) => {
  leaveStale(path);
  const { ino, mtime } = Deno.lstatSync(path);
  const error = await assertRejects(() => listen(), AddressInUseError);
  assertMatch(error.message, /pass replaceStale: true/);
  const kept = Deno.lstatSync(path);
  assertEquals([kept.ino, kept.mtime], [ino, mtime]);
  {
    await using listener = await listen({ replaceStale: true, mode: 0o600 });
    await using _client = await connect();
    await using _server = await listener.accept(SOON);
    assertEquals(Deno.lstatSync(path).mode! & 0o777, 0o600);
  }
  assertEquals([...Deno.readDirSync(folder)], []);
  await using _ = await listen({ replaceStale: true }); // there is none
});

eachPath("listenUnix() never replaces a living listener", async ({
  path,
  listen,
  connect,
}) => {
  await using listener = await listen();
  const error = await assertRejects(
    () => listen({ replaceStale: true }),
    AddressInUseError,
  );
  assertMatch(error.message, /another program listens on it/);
  assert(exists(path));
  // The probe is a connection that ends at once.
  await using probe = await listener.accept(SOON);
  assertEquals(await probe.read(new Uint8Array(1), SOON), null);
  await using client = await connect();
  await using server = await listener.accept(SOON);
  await client.send(new Uint8Array([1]));
  assertEquals(await server.readExact(1, SOON), new Uint8Array([1]));
});

/** What has the path, and how the error names it. */
const OTHERS: [what: string, put: (path: string) => void, message: RegExp][] = [
  [
    "a regular file",
    (path) => Deno.writeTextFileSync(path, "x"),
    /not a socket/,
  ],
  ["a folder", (path) => Deno.mkdirSync(path), /not a socket/],
  [
    "a link to a stale socket",
    (path) => {
      leaveStale(`${path}-target`);
      Deno.symlinkSync(`${path}-target`, path);
    },
    /not a socket/,
  ],
];

for (const [what, put, message] of OTHERS) {
  eachPath(`listenUnix() never replaces ${what}`, async ({ path, listen }) => {
    put(path);
    const { ino } = Deno.lstatSync(path);
    const error = await assertRejects(
      () => listen({ replaceStale: true, mode: 0o600 }),
      AddressInUseError,
    );
    assertMatch(error.message, message);
    assertEquals(Deno.lstatSync(path).ino, ino);
  });
}

Deno.test({
  name: "listenUnix() never replaces a socket for datagrams",
  ignore: !HAS_POSIX,
  fn: () =>
    withFolder(async (folder) => {
      using datagrams = socket(AF_UNIX, SOCK_DGRAM);
      const path = `${folder}/datagrams`;
      datagrams.bind({ path });
      for (const backend of BACKENDS) {
        const error = await assertRejects(
          () => listenUnix({ path, backend, replaceStale: true }),
          AddressInUseError,
        );
        assertMatch(error.message, /a socket of another type/);
        assert(exists(path));
      }
    }),
});

Deno.test({
  name: "listenUnix() never replaces a listener whose queue is full",
  ignore: !HAS_POSIX || Deno.build.os !== "linux",
  fn: () =>
    withFolder(async (folder) => {
      const path = `${folder}/sock`;
      const options = { path, backend: "posix", backlog: 1 } as const;
      await using _listener = await listenUnix(options);
      await using clients = new AsyncDisposableStack();
      for (let isFull = false; !isFull;) {
        try {
          clients.use(await connectUnix({ path, timeout: 20 }));
        } catch {
          isFull = true;
        }
      }
      for (const backend of ["deno", "node"] as const) {
        const error = await assertRejects(
          () => listenUnix({ path, backend, replaceStale: true }),
          AddressInUseError,
        );
        assertMatch(error.message, /whose queue is full/);
      }
    }),
});

eachPath(
  "one of several starters in a program replaces a stale socket",
  async ({
    path,
    listen,
    connect,
  }) => {
    leaveStale(path);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, () => listen({ replaceStale: true })),
    );
    const listeners = outcomes.flatMap((outcome) =>
      outcome.status === "fulfilled" ? [outcome.value] : []
    );
    for (const outcome of outcomes) {
      if (outcome.status === "fulfilled") continue;
      assertInstanceOf(outcome.reason, AddressInUseError);
    }
    assertEquals(listeners.length, 1);
    const [listener] = listeners;
    await using _client = await connect();
    await listener![Symbol.asyncDispose]();
    assert(!exists(path));
  },
);

// Other runtimes have no locks of files.
if (IS_DENO) {
  eachPath(
    "listenUnix() removes nothing while another starter holds the lock",
    async ({
      folder,
      path,
      listen,
    }) => {
      leaveStale(path);
      const { ino } = Deno.lstatSync(path);
      using lock = await Deno.open(folder);
      lock.lockSync(true);
      let isListening = false;
      const listening = listen({ replaceStale: true });
      listening.then(() => isListening = true, () => {});
      for (let turn = 0; turn < 10; turn++) {
        await new Promise((resolve) => setTimeout(resolve, 4));
      }
      assertEquals([isListening, Deno.lstatSync(path).ino], [false, ino]);
      lock.unlockSync();
      await using _listener = await listening;
    },
  );
}

/** A starter on a thread of its own. */
class Starter implements Disposable {
  readonly #worker = new Worker(
    new URL("_stale_worker.ts", import.meta.url),
    { type: "module" },
  );

  ask(message: unknown): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data }) => resolve(data);
      this.#worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
      this.#worker.postMessage(message);
    });
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}

for (const backend of BACKENDS) {
  Deno.test({
    name: `one of several threads replaces a stale socket, over ${backend}`,
    ignore: !IS_DENO || Deno.build.os === "windows",
    fn: () =>
      withFolder(async (folder) => {
        using stack = new DisposableStack();
        const starters: Starter[] = [];
        for (let i = 0; i < 3; i++) { // the first one is checked for the others
          const starter = stack.use(new Starter());
          await starter.ask("stop");
          starters.push(starter);
        }
        for (let round = 0; round < 5; round++) {
          const path = `${folder}/${round}`;
          leaveStale(path);
          const at = performance.timeOrigin + performance.now() + 5;
          const outcomes = await Promise.all(
            starters.map((starter) => starter.ask({ path, backend, at })),
          );
          assertEquals(outcomes.toSorted(), [
            "EADDRINUSE",
            "EADDRINUSE",
            "listens",
          ]);
          // The winner has the path.
          await using _client = await connectUnix({ path, ...SOON });
          await Promise.all(starters.map((starter) => starter.ask("stop")));
          assert(!exists(path));
        }
      }),
  });
}
