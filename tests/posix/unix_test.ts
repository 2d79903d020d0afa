import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  AddressInUseError,
  ConnectionRefusedError,
  SocketError,
  TimedOutError,
} from "@berkeley/sockets/errors";
import {
  AF_UNIX,
  PosixSocket,
  SHUT_WR,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  socket,
  socketPair,
} from "../../posix/mod.ts";
import { bytes, NEVER, posixTest, SOON, text } from "./_setup.ts";

/** Paths need reading and writing, and /proc/self/fd everything. */
const ALL = "inherit";

/** Names to be bound to: a path, and one that lives in no file system. */
async function withNames(
  body: (name: { path: string }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body({ path: `${folder}/sock` });
    if (Deno.build.os === "linux") {
      await body({ path: `\0berkeley-${crypto.randomUUID()}` });
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

posixTest(
  "streams by path and by abstract name",
  () =>
    withNames(async (name) => {
      using listener = socket(AF_UNIX, SOCK_STREAM);
      listener.bind(name);
      listener.listen();
      assertEquals(listener.getSockName(), name);
      using client = socket(AF_UNIX, SOCK_STREAM);
      await client.connect(name, SOON);
      const { socket: server, address } = await listener.accept(SOON);
      using _ = server;
      assertEquals(address, { path: "" });
      assertEquals(client.getPeerName(), name);
      await client.send(bytes("local"));
      client.shutdown(SHUT_WR);
      const buffer = new Uint8Array(16);
      assertEquals(text(buffer, await server.recv(buffer)), "local");
      assertEquals(await server.recv(buffer), 0);
      assertEquals(server.getSockOpt("SO_PEERCRED").pid, Deno.pid);
      using second = socket(AF_UNIX, SOCK_STREAM);
      assertThrows(() => second.bind(name), AddressInUseError);
    }),
  ALL,
);

posixTest(
  "datagrams tell their sender's path",
  () =>
    withNames(async (name) => {
      using server = socket(AF_UNIX, SOCK_DGRAM);
      server.bind(name);
      using client = socket(AF_UNIX, SOCK_DGRAM);
      const own = { path: `${name.path}-client` };
      client.bind(own);
      await client.sendTo(bytes("question"), name);
      const buffer = new Uint8Array(32);
      const { length, address } = await server.recvFrom(buffer, SOON);
      assertEquals([text(buffer, length), address], ["question", own]);
      await server.sendTo(bytes("answer"), address);
      assertEquals(text(buffer, await client.recv(buffer, SOON)), "answer");
    }),
  ALL,
);

posixTest(
  "a packet of SOCK_SEQPACKET stays one",
  () =>
    withNames(async (name) => {
      using listener = socket(AF_UNIX, SOCK_SEQPACKET);
      listener.bind(name);
      listener.listen();
      using client = socket(AF_UNIX, SOCK_SEQPACKET);
      await client.connect(name);
      using server = (await listener.accept()).socket;
      await client.send(bytes("first"));
      await client.send(bytes("second"));
      const buffer = new Uint8Array(32);
      assertEquals(text(buffer, await server.recv(buffer)), "first");
      assertEquals(text(buffer, await server.recv(buffer)), "second");
    }),
  ALL,
);

posixTest("connect() waits for a listener that is busy", async () => {
  const name = { path: `\0berkeley-${crypto.randomUUID()}` };
  using listener = socket(AF_UNIX, SOCK_STREAM);
  listener.bind(name);
  listener.listen(0);
  using first = socket(AF_UNIX, SOCK_STREAM);
  await first.connect(name);
  using second = socket(AF_UNIX, SOCK_STREAM);
  const waiting = second.connect(name, SOON);
  using third = socket(AF_UNIX, SOCK_STREAM);
  await assertRejects(() => third.connect(name, NEVER), TimedOutError);
  assert(third.isClosed);
  (await listener.accept(SOON)).socket.close();
  await waiting;
  (await listener.accept(SOON)).socket.close();
  listener.close();
  using fourth = socket(AF_UNIX, SOCK_STREAM);
  await assertRejects(() => fourth.connect(name), ConnectionRefusedError);
});

posixTest("socketPair() is connected, of each type", async () => {
  for (const type of [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET]) {
    const [a, b] = socketPair(AF_UNIX, type);
    await a.send(bytes("to b"));
    const buffer = new Uint8Array(8);
    assertEquals(text(buffer, await b.recv(buffer, SOON)), "to b");
    await b.send(bytes("to a"));
    assertEquals(text(buffer, await a.recv(buffer, SOON)), "to a");
    a.close();
    b.close();
  }
});

posixTest(
  "bad names, families and types are refused",
  () => {
    for (const [family, type] of [[99, SOCK_STREAM], [AF_UNIX, 77], [0, 1]]) {
      if (family === 0) {
        assertThrows(() => socket(family, type!), SocketError, "EAFNOSUPPORT");
      } else assertThrows(() => socket(family!, type!), TypeError);
    }
    assertThrows(() => socket(AF_UNIX, SOCK_STREAM, -1), TypeError);
    assertThrows(() => socket(AF_UNIX, SOCK_STREAM, 99), SocketError);
    assertThrows(() => socketPair(2, SOCK_RAW), SocketError);
    using local = socket(AF_UNIX, SOCK_STREAM);
    assertThrows(() => local.bind({ path: "" }), RangeError);
    assertThrows(
      () => local.bind({ path: "/tmp/" + "x".repeat(110) }),
      RangeError,
    );
    assertThrows(() => local.bind({ path: "/tmp/a\0b" }), TypeError);
    assertThrows(() => local.bind({ hostname: "::1", port: 1 }), TypeError);
  },
  ALL,
);

posixTest(
  "adopt() takes over a descriptor, and nothing but a socket",
  async () => {
    const [a, b] = socketPair(AF_UNIX, SOCK_SEQPACKET);
    const again = PosixSocket.adopt(a.fd);
    assertEquals([again.family, again.type], [AF_UNIX, SOCK_SEQPACKET]);
    await again.send(bytes("x"));
    assertEquals(await b.recv(new Uint8Array(4), SOON), 1);
    a.close(); // the number is the same: one close is enough
    b.close();
    assertThrows(() => PosixSocket.adopt(-1), SocketError, "EBADF");
    using file = await Deno.open("/dev/null");
    assert(file);
    const devNull = Number(
      [...Deno.readDirSync("/proc/self/fd")].map(({ name }) => name).find(
        (fd) => {
          try {
            return Deno.readLinkSync(`/proc/self/fd/${fd}`) === "/dev/null" &&
              Number(fd) > 2;
          } catch {
            return false;
          }
        },
      ),
    );
    assertThrows(() => PosixSocket.adopt(devNull), SocketError, "ENOTSOCK");
  },
  ALL,
);
