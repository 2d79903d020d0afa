/** Buffers whose memory is taken away while a call waits, and empty ones. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  AF_UNIX,
  MSG_WAITALL,
  type PosixSocket,
  SOCK_DGRAM,
  SOCK_STREAM,
  socketPair,
} from "../../posix/mod.ts";
import { bytes, eachPosixFamily, posixTest, SOON, text } from "./_setup.ts";

type Use = (socket: PosixSocket, buffer: Uint8Array) => Promise<unknown>;

const RECEIVES: Record<string, Use> = {
  recv: (socket, buffer) => socket.recv(buffer, SOON),
  recvFrom: (socket, buffer) => socket.recvFrom(buffer, SOON),
  recvMsg: (socket, buffer) => socket.recvMsg([buffer], SOON),
};
const RECEIVES_ALL: Use = (socket, buffer) =>
  socket.recv(buffer, { flags: MSG_WAITALL, ...SOON });

/** Ways to take the memory of a buffer away. */
const THEFTS: Record<string, (memory: ArrayBuffer) => void> = {
  transferred: (memory) => void memory.transfer(),
  "made smaller": (memory) => memory.resize(0),
};

function resizable(size: number): [Uint8Array, ArrayBuffer] {
  const memory = new ArrayBuffer(size, { maxByteLength: size });
  return [new Uint8Array(memory, 0, size), memory];
}

for (const [how, steal] of Object.entries(THEFTS)) {
  posixTest(`a buffer that is ${how} loses nothing that comes`, async () => {
    for (const type of [SOCK_STREAM, SOCK_DGRAM]) {
      const [near, far] = socketPair(AF_UNIX, type);
      const ways = Object.values(RECEIVES);
      if (type === SOCK_STREAM) ways.push(RECEIVES_ALL);
      for (const receive of ways) {
        const [buffer, memory] = resizable(8);
        const waiting = assertRejects(() => receive(near, buffer), TypeError);
        steal(memory);
        await far.send(bytes("kept"));
        await waiting;
        const own = new Uint8Array(8);
        assertEquals(text(own, await near.recv(own, SOON)), "kept");
      }
      near.close();
      far.close();
    }
  });

  eachPosixFamily(
    `bytes that are ${how} are not taken for sent`,
    async ({ pair }) => {
      using ends = await pair();
      const { client } = ends;
      const [first, memory] = resizable(32 << 20);
      const [second, behind] = resizable(8);
      const sending = [first, second].map((bytes) =>
        assertRejects(() => client.send(bytes), TypeError)
      );
      steal(memory);
      steal(behind);
      let got = 0;
      const buffer = new Uint8Array(1 << 20);
      let isOver = false;
      Promise.all(sending).then(() => {
        isOver = true;
        client.close();
      });
      while (!isOver) {
        const count = await ends.server.recv(buffer, SOON);
        if (count === 0) break;
        got += count;
      }
      await Promise.all(sending);
      assertEquals(got < 32 << 20, true);
    },
  );
}

posixTest("a buffer that is gone already is refused", async () => {
  const [near, far] = socketPair(AF_UNIX, SOCK_STREAM);
  await far.send(bytes("kept"));
  const gone = new Uint8Array(8);
  gone.buffer.transfer();
  for (const receive of [...Object.values(RECEIVES), RECEIVES_ALL]) {
    await assertRejects(() => receive(near, gone), TypeError);
  }
  await assertRejects(() => near.send(gone), TypeError);
  await assertRejects(() => near.sendMsg({ data: gone }), TypeError);
  assertThrows(() => near.recvNow(gone), TypeError);
  assertThrows(() => near.sendNow(gone), TypeError);
  const own = new Uint8Array(8);
  assertEquals(text(own, await near.recv(own, SOON)), "kept");
  near.close();
  far.close();
});

eachPosixFamily("empty buffers are as in C", async ({ pair, bind }) => {
  const empty = new Uint8Array(0);
  using a = bind();
  using b = bind();
  await a.connect(b.getSockName());
  for (const sent of ["", "lost", ""]) await a.send(bytes(sent));
  assertEquals(await b.recv(empty, SOON), 0);
  assertEquals((await b.recvFrom(empty, SOON)).truncated, true);
  assertEquals((await b.recvMsg([], SOON)).length, 0);
  using ends = await pair();
  assertEquals(await ends.client.send(empty), 0);
  assertEquals(await ends.client.sendMsg({ data: [] }), 0);
  assertEquals(await ends.client.recv(empty, { flags: MSG_WAITALL }), 0);
  await ends.server.send(bytes("x"));
  assertEquals(await ends.client.recv(empty, SOON), 0);
  assertEquals(await ends.client.recv(new Uint8Array(4), SOON), 1);
});

eachPosixFamily("close() does not wait for SO_LINGER", async ({ pair }) => {
  using ends = await pair();
  const { client, server } = ends;
  const linger = 10_000;
  client.setSockOpt("SO_LINGER", linger);
  const much = new Uint8Array(32 << 20);
  const sent = client.sendNow(much)!;
  const begin = performance.now();
  client.close();
  const share = (performance.now() - begin) / linger;
  assertEquals(share < 0.5, true);
  // All the same, all of it comes, and the end.
  let got = 0;
  for (let count; (count = await server.recv(much, SOON)) > 0;) got += count;
  assertEquals(got, sent);
});
