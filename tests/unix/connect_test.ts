import {
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  ConnectionRefusedError,
  NotSupportedError,
  SocketError,
  TimedOutError,
} from "@berkeley/sockets/errors";
import { connectUnix, listenUnix } from "@berkeley/sockets/unix";
import { AF_UNIX, SOCK_DGRAM, socket } from "../../posix/mod.ts";
import { HAS_POSIX } from "../_posix.ts";
import { BACKENDS, eachPath, leaveStale, SOON, withFolder } from "./_setup.ts";

async function failureOf(call: () => Promise<unknown>): Promise<SocketError> {
  const error = await assertRejects(call);
  assertInstanceOf(error, SocketError);
  return error;
}

eachPath("connectUnix() says what is wrong with a path", async ({
  folder,
  connect,
  path,
}) => {
  Deno.writeTextFileSync(`${folder}/file`, "");
  leaveStale(path);
  const cases: [path: string, code: string, message: RegExp][] = [
    [path, "ECONNREFUSED", /the path exists, but no program listens on it/],
    [`${folder}/file`, "ECONNREFUSED", /no program listens on it/],
    [`${folder}/none`, "ENOENT", /no such socket; start the server first/],
    [`${folder}/file/none`, "ENOTDIR", /not a directory/],
  ];
  for (const [path, code, message] of cases) {
    const error = await failureOf(() => connect({ path }));
    assertEquals([error.code, error.syscall], [code, "connect"]);
    assertStringIncludes(error.message, `Cannot connect to ${path}: `);
    assertMatch(error.message, message);
    assertEquals<unknown>(error.remoteAddr, { transport: "unix", path });
  }
  const refused = await failureOf(() => connect());
  assertInstanceOf(refused, ConnectionRefusedError);
  assertInstanceOf(refused, Deno.errors.ConnectionRefused);
});

Deno.test({
  name: "connectUnix() says that a socket is one for datagrams",
  ignore: !HAS_POSIX,
  fn: () =>
    withFolder(async (folder) => {
      using datagrams = socket(AF_UNIX, SOCK_DGRAM);
      const path = `${folder}/datagrams`;
      datagrams.bind({ path });
      for (const backend of BACKENDS) {
        const error = await failureOf(() => connectUnix({ path, backend }));
        assertEquals(error.code, "EPROTOTYPE", backend);
        assertMatch(
          error.message,
          /of another type, such as one for datagrams/,
        );
      }
    }),
});

const LONGEST = Deno.build.os === "linux" ? 107 : 103;

for (const open of [connectUnix, listenUnix]) {
  Deno.test(`${open.name}() refuses bad paths before it opens anything`, async () => {
    const bad: [path: unknown, message: RegExp][] = [
      [undefined, /path undefined: it must be a string/],
      [7, /path 7: it must be a string/],
      ["", /path "": it must not be empty/],
      ["\0", /path "\\u0000": it must not be empty/],
      ["/a\0b", /it must not contain NUL/],
    ];
    for (const [path, message] of bad) {
      const call = () => open({ path: path as string });
      const error = await assertRejects(call, TypeError);
      assertMatch(error.message, message);
    }
  });

  Deno.test(`${open.name}() counts the bytes of a path before it opens anything`, async () => {
    const folder = "/there/is/no/such/folder/";
    const tooLong = [
      folder.padEnd(LONGEST + 1, "x"),
      folder.padEnd(LONGEST - 1, "x") + "\u00e9", // two bytes
      ...(Deno.build.os === "linux" ? ["\0".padEnd(109, "x")] : []),
    ];
    for (const path of tooLong) {
      const error = await failureOf(() => open({ path }));
      assertEquals(error.code, "ENAMETOOLONG");
      assertMatch(error.message, /it has 10\d bytes, and the system allows/);
    }
    const error = await failureOf(() =>
      open({ path: folder.padEnd(LONGEST, "x") })
    );
    assertEquals(error.code, "ENOENT");
  });
}

Deno.test({
  name: "connectUnix() refuses abstract names elsewhere than on Linux",
  ignore: Deno.build.os === "linux",
  async fn() {
    const error = await failureOf(() => connectUnix({ path: "\0name" }));
    assertInstanceOf(error, NotSupportedError);
  },
});

Deno.test("connectUnix() rejects for bad options before it opens anything", async () => {
  const path = "/there/is/no/such/socket";
  const bad: [options: object, error: ErrorConstructor][] = [
    [{ backend: "tcp" }, TypeError],
    [{ highWaterMark: 0 }, RangeError],
    [{ timeout: -1 }, RangeError],
    [{ timeout: "1" }, TypeError],
    [{ signal: {} }, TypeError],
  ];
  for (const [options, expected] of bad) {
    await assertRejects(() => connectUnix({ path, ...options }), expected);
  }
  const signal = AbortSignal.abort("the reason");
  const reason = await connectUnix({ path, signal }).catch((error) => error);
  assertEquals(reason, "the reason");
});

for (const backend of BACKENDS) {
  Deno.test({
    name: `connectUnix() waits while the queue is full, over ${backend}`,
    ignore: !HAS_POSIX || Deno.build.os !== "linux",
    fn: () =>
      withFolder(async (folder) => {
        const path = `${folder}/sock`;
        const options = { path, backend: "posix", backlog: 1 } as const;
        await using listener = await listenUnix(options);
        const clients = [];
        const connect = (more = SOON) =>
          connectUnix({ path, backend, ...more });
        for (;;) { // until the queue is full
          try {
            clients.push(await connect({ timeout: 50 }));
          } catch (error) {
            assertInstanceOf(error, TimedOutError);
            break;
          }
        }
        const giveUp = new AbortController();
        const cancelled = connectUnix({ path, backend, signal: giveUp.signal });
        giveUp.abort("cancelled");
        assertEquals(await cancelled.catch((error) => error), "cancelled");

        const waiting = connect();
        for (const client of clients) {
          (await listener.accept(SOON)).close();
          await client[Symbol.asyncDispose]();
        }
        await using last = await waiting;
        await using server = await listener.accept(SOON);
        await last.send(new Uint8Array([7]));
        assertEquals(await server.readExact(1, SOON), new Uint8Array([7]));
      }),
  });
}
