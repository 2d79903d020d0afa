/** Calls that wait for the same half of a socket have their turn, one after another. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { TimedOutError, WouldBlockError } from "@berkeley/sockets/errors";
import {
  AF_UNIX,
  MessageBatch,
  MSG_DONTWAIT,
  MSG_PEEK,
  MSG_WAITALL,
  SOCK_STREAM,
  socketPair,
} from "../../posix/mod.ts";
import { MOD, runScript } from "./_script.ts";
import { bytes, eachPosixFamily, posixTest, SOON, text } from "./_setup.ts";

eachPosixFamily("who gives up leaves what there is", async ({ pair }) => {
  using ends = await pair();
  const { client, server } = ends;
  const giveUp = new AbortController();
  const flags = MSG_PEEK | MSG_WAITALL;
  // It looks at what comes, waits for more, and takes none.
  const first = client.recv(new Uint8Array(8), {
    flags,
    signal: giveUp.signal,
  });
  const buffer = new Uint8Array(8);
  const second = client.recv(buffer, SOON);
  await server.send(bytes("abc"));
  await assertRejects(
    () => client.recv(new Uint8Array(8), { timeout: 20 }),
    TimedOutError,
  );
  giveUp.abort();
  assertEquals(await first, 3);
  assertEquals(text(buffer, await second), "abc");
});

eachPosixFamily("who does not wait does not overtake", async (setup) => {
  using ends = await setup.pair();
  const { client, server } = ends;
  const flags = MSG_DONTWAIT;
  const buffer = new Uint8Array(8);
  const waiting = client.recv(buffer, SOON);
  await server.send(bytes("first"));
  const other = new Uint8Array(8);
  assertEquals(client.recvNow(other), undefined);
  await assertRejects(() => client.recv(other, { flags }), WouldBlockError);
  assertEquals(text(buffer, await waiting), "first");

  const much = new Uint8Array(16 << 20);
  const sending = client.send(much);
  assertEquals(client.sendNow(bytes("x")), undefined);
  await assertRejects(
    () => client.send(bytes("x"), { flags }),
    WouldBlockError,
  );
  let got = 0;
  while (got < much.length) got += await server.recv(much, SOON);
  assertEquals(await sending, much.length);

  using a = setup.bind();
  using b = setup.bind();
  const batch = new MessageBatch({ capacity: 2, size: 8 });
  const receiving = b.recv(buffer, SOON);
  a.addTo(batch, bytes("whole"), b.getSockName());
  assertEquals(a.sendManyNow(batch), 1);
  assertEquals(b.recvManyNow(batch), undefined);
  assertEquals(text(buffer, await receiving), "whole");
});

posixTest("any one of those that wait can give up", async () => {
  const [near, far] = socketPair(AF_UNIX, SOCK_STREAM);
  for (let who = 0; who < 4; who++) {
    const giveUps = [0, 1, 2, 3].map(() => new AbortController());
    const buffers = giveUps.map(() => new Uint8Array(1));
    const calls = giveUps.map(({ signal }, i) =>
      near.recv(buffers[i]!, { signal }).catch((reason) => reason)
    );
    giveUps[who]!.abort("enough");
    await far.send(bytes("abc"));
    const outcomes: unknown[] = [1, 1, 1];
    outcomes.splice(who, 0, "enough");
    assertEquals(await Promise.all(calls), outcomes);
    buffers.splice(who, 1);
    assertEquals(buffers.map((buffer) => text(buffer)).join(""), "abc");
  }
  near.close();
  far.close();
});

posixTest("a call may begin in what another one ends", async () => {
  const [near, far] = socketPair(AF_UNIX, SOCK_STREAM);
  const got: string[] = [];
  const buffer = new Uint8Array(1);
  const receive = async (): Promise<void> => {
    got.push(text(buffer, await near.recv(buffer, SOON)));
    if (got.length < 100) await receive();
  };
  const receiving = receive();
  for (let i = 0; i < 50; i++) await far.send(bytes("ab"));
  await receiving;
  assertEquals(got.join(""), "ab".repeat(50));

  // One that closes it, among those that wait.
  const first = near.recv(buffer, SOON).then(() => near.close());
  const rest = [0, 1].map(() => near.recv(buffer).catch(({ code }) => code));
  await far.send(bytes("x"));
  await first;
  assertEquals(await Promise.all(rest), ["EBADF", "EBADF"]);
  assert(near.isClosed);
  far.close();
});

posixTest("a program ends however often its waits come and go", async () => {
  const output = await runScript(
    `import { AF_UNIX, SOCK_STREAM, socketPair } from "${MOD}";
    const [a, b] = socketPair(AF_UNIX, SOCK_STREAM);
    for (let round = 0; round < 20; round++) {
      const waiting = a.recv(new Uint8Array(1), { timeout: round % 3 });
      const end = await waiting.then(() => "data", ({ code }) => code);
      if (end !== "ETIMEDOUT") throw new Error(end);
      if (round % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
      a.unref();
      const other = a.recv(new Uint8Array(1));
      a.ref();
      await b.send(new Uint8Array(1));
      await other;
    }
    for (let round = 0; round < 3; round++) {
      await a.recv(new Uint8Array(1), { timeout: 5 }).catch(() => {});
    }
    console.log("end");`,
  );
  assertEquals(output, "end\n");
}, "inherit");
