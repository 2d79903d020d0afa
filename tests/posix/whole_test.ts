/** MSG_WAITALL, by itself and with MSG_PEEK, and what ends it. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  ClosedError,
  ConnectionResetError,
  TimedOutError,
} from "@berkeley/sockets/errors";
import {
  AF_UNIX,
  MSG_DONTWAIT,
  MSG_OOB,
  MSG_PEEK,
  MSG_WAITALL,
  PosixSocket,
  SHUT_WR,
  SOCK_STREAM,
  socketPair,
} from "../../posix/mod.ts";
import {
  bytes,
  eachPosixFamily,
  type Ends,
  NEVER,
  posixTest,
  SOON,
  text,
  until,
} from "./_setup.ts";

const PEEK_ALL = MSG_PEEK | MSG_WAITALL;

/** Sends a reset instead of the end. */
function reset(socket: PosixSocket): void {
  socket.setSockOpt("SO_LINGER", 0);
  socket.close();
}

/** Receives as `flags` say. */
async function receive(
  socket: PosixSocket,
  size: number,
  flags: number,
  options = SOON,
): Promise<string> {
  const buffer = new Uint8Array(size);
  return text(buffer, await socket.recv(buffer, { flags, ...options }));
}

/** Waits until a reset has come. */
function isReset(socket: PosixSocket): Promise<void> {
  return until(() => socket.tcpInfo().state === "CLOSE");
}

eachPosixFamily("what came before a reset is not lost", async ({ pair }) => {
  {
    using ends = await pair();
    await ends.server.send(bytes("abc"));
    reset(ends.server);
    await isReset(ends.client);
    assertEquals(await receive(ends.client, 8, MSG_WAITALL), "abc");
    const buffer = new Uint8Array(8);
    assertThrows(() => ends.client.recvNow(buffer), ConnectionResetError);
    assertEquals(await ends.client.recv(buffer), 0); // told once, as in C
  }
  {
    using ends = await pair();
    const { client, server } = ends;
    const buffer = new Uint8Array(8);
    const filling = client.recv(buffer, { flags: MSG_WAITALL, ...SOON });
    const next = assertRejects(
      () => receive(client, 8, 0),
      ConnectionResetError,
    );
    await server.send(bytes("abc"));
    await until(() => text(buffer, 3) === "abc");
    reset(server);
    assertEquals(await filling, 3);
    await next;
  }
});

eachPosixFamily("MSG_PEEK with MSG_WAITALL waits for all", async (setup) => {
  using ends = await setup.pair();
  const { client, server } = ends;
  const peeking = receive(client, 6, PEEK_ALL);
  for (const part of ["ab", "cd", "ef"]) await server.send(bytes(part));
  assertEquals(await peeking, "abcdef");
  assertEquals(await receive(client, 6, PEEK_ALL), "abcdef");
  assertEquals(await receive(client, 4, PEEK_ALL), "abcd");
  assertEquals(await receive(client, 8, PEEK_ALL, NEVER), "abcdef");
  const flags = PEEK_ALL | MSG_DONTWAIT;
  assertEquals(await receive(client, 8, flags), "abcdef");
  assertEquals(await receive(client, 6, 0), "abcdef");
  await assertRejects(() => receive(client, 6, PEEK_ALL, NEVER), TimedOutError);

  const ending = receive(client, 8, PEEK_ALL);
  await server.send(bytes("end"));
  server.shutdown(SHUT_WR);
  assertEquals(await ending, "end");
  assertEquals(await receive(client, 8, PEEK_ALL), "end");
  assertEquals(await receive(client, 8, MSG_WAITALL), "end");
  assertEquals(await receive(client, 8, PEEK_ALL), "");
});

eachPosixFamily("urgent data ends a peek for all", async ({ pair }) => {
  using ends = await pair();
  const { client, server } = ends;
  const peeking = receive(client, 8, PEEK_ALL);
  await server.send(bytes("abc"));
  await server.send(bytes("!"), { flags: MSG_OOB });
  assertEquals(await peeking, "abc");
});

eachPosixFamily("close() and abort end a receive of all", async ({ pair }) => {
  for (const flags of [MSG_WAITALL, PEEK_ALL]) {
    using ends = await pair();
    const { client, server } = ends;
    const giveUp = new AbortController();
    const buffer = new Uint8Array(8);
    const options = { flags, signal: giveUp.signal };
    const empty = client.recv(buffer, options).catch((reason) => reason);
    giveUp.abort("enough");
    assertEquals(await empty, "enough");

    const again = new AbortController();
    const some = client.recv(buffer, { flags, signal: again.signal });
    await server.send(bytes("abc"));
    await until(() => text(buffer, 3) === "abc");
    again.abort("enough"); // which tells of what has come

    assertEquals(text(buffer, await some), "abc");

    const closing = assertRejects(
      () => client.recv(new Uint8Array(80), { flags, ...SOON }),
      ClosedError,
    );
    client.close();
    await closing;
  }
});

type Receive = (
  socket: PosixSocket,
  buffer: Uint8Array,
  options: { flags: number; timeout: number },
) => Promise<number>;

const RECEIVES: Record<string, Receive> = {
  recv: (socket, buffer, options) => socket.recv(buffer, options),
  recvFrom: async (socket, buffer, options) =>
    (await socket.recvFrom(buffer, options)).length,
  recvMsg: async (socket, buffer, options) => {
    const pieces = [buffer.subarray(0, 3), buffer.subarray(3)];
    return (await socket.recvMsg(pieces, options)).length;
  },
};

async function fillInEachWay({ client, server }: Ends): Promise<void> {
  for (const [name, receive] of Object.entries(RECEIVES)) {
    const buffer = new Uint8Array(8);
    const options = { flags: MSG_WAITALL, ...SOON };
    for (const flags of [PEEK_ALL, MSG_WAITALL]) {
      const filling = receive(client, buffer, { ...options, flags });
      const parts = flags === PEEK_ALL ? ["ab", "cdef", "gh"] : [];
      for (const part of parts) await server.send(bytes(part));
      assertEquals(text(buffer, await filling), "abcdefgh", name);
      buffer.fill(0);
    }
    const filling = receive(client, buffer, options);
    for (const part of ["ab", "cdef", "ghi"]) await server.send(bytes(part));
    assertEquals(text(buffer, await filling), "abcdefgh", name);
    const few = await receive(client, buffer, { ...options, ...NEVER });
    assertEquals(text(buffer, few), "i", name);
    const dontWait = { ...options, flags: MSG_WAITALL | MSG_DONTWAIT };
    await server.send(bytes("few"));
    assertEquals(text(buffer, await receive(client, buffer, dontWait)), "few");
  }
  const ending = Object.values(RECEIVES).map((receive) =>
    receive(client, new Uint8Array(8), { flags: MSG_WAITALL, ...SOON })
  );
  server.shutdown(SHUT_WR);
  assertEquals(await Promise.all(ending), [0, 0, 0]);
}

eachPosixFamily("each way to receive fills the buffer", async ({ pair }) => {
  using ends = await pair();
  await fillInEachWay(ends);
});

posixTest(
  "each way to receive fills the buffer, of a local stream",
  async () => {
    const [client, server] = socketPair(AF_UNIX, SOCK_STREAM);
    using _c = client;
    using _s = server;
    await fillInEachWay({ client, server, [Symbol.dispose]() {} });
  },
);

posixTest("descriptors end what recvMsg() waits for", async () => {
  const [near, far] = socketPair(AF_UNIX, SOCK_STREAM);
  using _n = near;
  using _f = far;
  const options = { flags: MSG_WAITALL, ...SOON };
  const filling = near.recvMsg(new Uint8Array(8), options);
  const control = [{ type: "SCM_RIGHTS" as const, descriptors: [far.fd] }];
  await far.send(bytes("ab"));
  await far.sendMsg({ data: bytes("cd"), control });
  await far.send(bytes("ef"));
  const message = await filling;
  assertEquals([message.length, message.control.length], [4, 1]);
  const [rights] = message.control;
  if (rights?.type !== "SCM_RIGHTS") throw new Error("no descriptor came");
  PosixSocket.adopt(rights.descriptors[0]!).close();
  assertEquals(await near.recv(new Uint8Array(8)), 2);
});

eachPosixFamily("sendMsg() sends all of a stream", async ({ pair }) => {
  using ends = await pair();
  const { client, server } = ends;
  const data = [1, 2, 3].map((byte) => new Uint8Array(4 << 20).fill(byte));
  const sending = client.sendMsg({ data: [...data, bytes("end")] });
  for (const piece of data) {
    const got = new Uint8Array(piece.length);
    await server.recv(got, { flags: MSG_WAITALL, ...SOON });
    assertEquals(got.every((byte) => byte === piece[0]), true);
  }
  assertEquals(await receive(server, 3, MSG_WAITALL), "end");
  assertEquals(await sending, (12 << 20) + 3);

  server.setSockOpt("SO_RCVBUF", 65_536);
  client.setSockOpt("SO_SNDBUF", 65_536);
  const sent = await client.sendMsg({ data }, NEVER); // tells what has gone
  assertEquals(sent > 0 && sent < 12 << 20, true);
});
