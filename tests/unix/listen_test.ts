import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
} from "@std/assert";
import {
  AddressInUseError,
  ClosedError,
  NotSupportedError,
  SocketError,
  TimedOutError,
} from "@berkeley/sockets/errors";
import { listenUnix } from "@berkeley/sockets/unix";
import { bytes } from "../_each_stream.ts";
import {
  abstractName,
  BACKENDS,
  eachName,
  eachPath,
  exists,
  SOON,
} from "./_setup.ts";
import { IS_DENO } from "../_runtime.ts";

/** Names of what a folder holds. */
function entries(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
}

function modeOf(path: string): number {
  return Deno.lstatSync(path).mode! & 0o777;
}

eachPath(
  "listenUnix() makes a socket with its mode, and close() removes it",
  async ({
    folder,
    path,
    listen,
  }) => {
    for (const mode of [0o600, 0o666, 0o777, 0]) {
      const listener = await listen({ mode });
      assert(Deno.lstatSync(path).isSocket);
      assertEquals(modeOf(path), mode);
      await listener[Symbol.asyncDispose]();
      assertEquals(entries(folder), []);
    }
  },
);

eachName(
  "listenUnix() refuses a name that is taken",
  async ({ path, listen, connect }) => {
    await using listener = await listen();
    for (const replaceStale of path.startsWith("/") ? [false] : [false, true]) {
      const error = await assertRejects(
        () => listen({ replaceStale }),
        AddressInUseError,
      );
      assertInstanceOf(error, Deno.errors.AddrInUse);
      assertEquals(error.syscall, "bind");
      assertEquals<unknown>(error.localAddr, { transport: "unix", path });
      assertMatch(
        error.message,
        path.startsWith("/") ? /pass replaceStale: true/ : /another socket has/,
      );
    }
    await using _client = await connect(); // it was not harmed
    await using _server = await listener.accept(SOON);
  },
);

eachPath(
  "listenUnix() says what is wrong with a path, and leaves nothing",
  async ({
    folder,
    listen,
  }) => {
    Deno.writeTextFileSync(`${folder}/file`, "precious");
    const cases: [path: string, code: string, message: RegExp][] = [
      [`${folder}/no/sock`, "ENOENT", /folder does not exist; create it first/],
      [`${folder}/file/sock`, "ENOTDIR", /not a directory/],
      [`${folder}/file`, "EADDRINUSE", /the path is taken/],
    ];
    for (const [path, code, message] of cases) {
      const error = await assertRejects(() => listen({ path, mode: 0o600 }));
      assertInstanceOf(error, SocketError);
      assertEquals([error.code, error.syscall], [code, "bind"]);
      assertMatch(error.message, message);
    }
    assertEquals(entries(folder), ["file"]);
    assertEquals(Deno.readTextFileSync(`${folder}/file`), "precious");
    assert(modeOf(`${folder}/file`) !== 0o600);
  },
);

eachName(
  "a name is free as soon as close() has ended",
  async ({ listen, connect }) => {
    for (let i = 0; i < 20; i++) {
      const listener = await listen();
      const accepting = listener.accept(SOON);
      const client = await connect();
      (await accepting).close();
      const pending = assertRejects(() => listener.accept(), ClosedError);
      await listener[Symbol.asyncDispose]();
      await client[Symbol.asyncDispose]();
      await pending;
    }
  },
);

eachName(
  "listenUnix() waits for a listener of ours that was just closed",
  async ({ listen }) => {
    for (let i = 0; i < 20; i++) {
      const listener = await listen();
      const pending = assertRejects(() => listener.accept(), ClosedError);
      listener.close();
      const next = await listen();
      await next[Symbol.asyncDispose]();
      await pending;
    }
  },
);

eachName(
  "accept() that is cancelled takes no connection",
  async ({ listen, connect }) => {
    await using listener = await listen();
    await assertRejects(() => listener.accept({ timeout: 1 }), TimedOutError);
    await using client = await connect();
    await using server = await listener.accept(SOON);
    await client.send(bytes("kept\n"));
    assertEquals(await server.readLine(SOON), "kept");
  },
);

type Successor = [
  what: string,
  put: (path: string) => Deno.Listener | void,
];
const OTHER_SOCKET: Successor = [
  "another socket",
  (path) => Deno.listen({ transport: "unix", path }),
];
/** Has something else at a listener's path before it is closed. */
const SUCCESSORS: Successor[] = [
  ["a regular file", (path) => Deno.writeTextFileSync(path, "precious")],
  ["a folder", (path) => Deno.mkdirSync(path)],
  ["a link", (path) => Deno.symlinkSync("/somewhere", path)],
  ...IS_DENO ? [OTHER_SOCKET] : [],
];

for (const [what, put] of SUCCESSORS) {
  for (const isAccepting of [false, true]) {
    const moment = isAccepting ? "while it accepts" : "while idle";
    eachPath(
      `close() never removes ${what} that has the path by then (${moment})`,
      async ({
        folder,
        path,
        listen,
      }) => {
        const listener = await listen();
        const pending = isAccepting ? listener.accept().catch(() => {}) : null;
        Deno.removeSync(path);
        const other = put(path);
        const { ino } = Deno.lstatSync(path);
        await listener[Symbol.asyncDispose]();
        await pending;
        assertEquals(entries(folder), ["sock"]);
        assertEquals(Deno.lstatSync(path).ino, ino);
        if (other === undefined) return;
        using living = other;
        using _client = await Deno.connect({ transport: "unix", path });
        (await living.accept()).close();
      },
    );
  }
}

eachPath(
  "close() leaves its own socket alone under another name",
  async ({ path, listen }) => {
    const listener = await listen();
    Deno.renameSync(path, `${path}-moved`);
    await listener[Symbol.asyncDispose]();
    assert(exists(`${path}-moved`));
  },
);

eachPath(
  "close() removes a relative path from where it was",
  async ({ folder, listen }) => {
    const before = Deno.cwd();
    Deno.mkdirSync(`${folder}/elsewhere`);
    Deno.chdir(folder);
    try {
      const listener = await listen({ path: "relative" });
      assert(exists(`${folder}/relative`));
      Deno.chdir("elsewhere");
      Deno.writeTextFileSync("relative", "precious");
      await listener[Symbol.asyncDispose]();
      assertEquals(Deno.readTextFileSync("relative"), "precious");
      assert(!exists(`${folder}/relative`));
    } finally {
      Deno.chdir(before);
    }
  },
);

Deno.test("listenUnix() rejects for bad options before it opens anything", async () => {
  const path = "/there/is/no/such/folder/sock";
  const bad: [options: object, error: ErrorConstructor][] = [
    [{ backend: "tcp" }, TypeError],
    [{ highWaterMark: 0 }, RangeError],
    [{ backlog: 0 }, RangeError],
    [{ backlog: 1.5 }, RangeError],
    [{ mode: -1 }, RangeError],
    [{ mode: 0o1000 }, RangeError],
    [{ mode: "600" }, RangeError],
    [{ replaceStale: "yes" }, TypeError],
  ];
  for (const [options, expected] of bad) {
    await assertRejects(() => listenUnix({ path, ...options }), expected);
  }
});

Deno.test({
  name: "listenUnix() refuses a mode for an abstract name",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const options = { path: abstractName(), mode: 0o600 };
    const error = await assertRejects(() => listenUnix(options), TypeError);
    assertMatch(error.message, /an abstract name has no file/);
  },
});

eachPath("listenUnix() takes a backlog, or says which backend does", async ({
  backend,
  path,
  listen,
}) => {
  if (backend === "deno") {
    const error = await assertRejects(
      () => listen({ backlog: 5 }),
      NotSupportedError,
    );
    assertMatch(error.message, /leave out backend, or use backend: "posix"/);
    assert(!exists(path));
  }
  const chosen = backend === "deno" ? { backend: undefined } : {};
  await using listener = await listen({ ...chosen, backlog: 5 });
  assertEquals(listener.backend, backend === "deno" ? "node" : backend);
});

for (const backend of BACKENDS.filter((backend) => backend !== "posix")) {
  Deno.test({
    name: `listenUnix() leaves the umask as it was, over ${backend}`,
    ignore: Deno.build.os === "windows",
    async fn() {
      const folder = await Deno.makeTempDir();
      const before = Deno.umask(0o027);
      try {
        const path = `${folder}/sock`;
        {
          await using _ = await listenUnix({ path, mode: 0o660, backend });
          assertEquals(modeOf(path), 0o660);
        }
        await assertRejects(() =>
          listenUnix({ path: `${folder}/no/sock`, mode: 0o660, backend })
        );
        assertEquals(Deno.umask(), 0o027);
        await using _ = await listenUnix({ path, backend });
        assertEquals(modeOf(path), 0o750);
      } finally {
        Deno.umask(before);
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
