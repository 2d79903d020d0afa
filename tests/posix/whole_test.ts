/** MSG_WAITALL, by itself and with MSG_PEEK, and what ends it. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  ClosedError,
  ConnectionResetError,
  TimedOutError,
} from "@berkeley/sockets/errors";
import {
  MSG_DONTWAIT,
  MSG_OOB,
  MSG_PEEK,
  MSG_WAITALL,
  type PosixSocket,
  SHUT_WR,
} from "../../posix/mod.ts";
import { bytes, eachPosixFamily, NEVER, SOON, text, until } from "./_setup.ts";

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
