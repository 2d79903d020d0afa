import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  ClosedError,
  SocketError,
  TimedOutError,
} from "@berkeley/sockets/errors";
import {
  AF_UNIX,
  MSG_OOB,
  poll,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  POLLPRI,
  type PollRequest,
  SHUT_WR,
  SOCK_STREAM,
  socketPair,
} from "../../posix/mod.ts";
import {
  bytes,
  eachPosixFamily,
  NEVER,
  posixTest,
  SOON,
  text,
} from "./_setup.ts";

posixTest("poll() tells what is ready, and waits for it", async () => {
  const [a, b] = socketPair(AF_UNIX, SOCK_STREAM);
  const [c, d] = socketPair(AF_UNIX, SOCK_STREAM);
  const both = [{ socket: b, events: POLLIN }, { socket: d, events: POLLIN }];
  await assertRejects(() => poll(both, NEVER), TimedOutError);
  await assertRejects(() => poll(both, { timeout: 0 }), TimedOutError);
  const waiting = poll(both, SOON);
  await c.send(bytes("x"));
  assertEquals(await waiting, [0, POLLIN]);
  const out = { socket: a, events: POLLIN | POLLOUT };
  assertEquals(await poll([out, ...both], SOON), [POLLOUT, 0, POLLIN]);
  const giveUp = new AbortController();
  const aborted = poll([both[0]!], { signal: giveUp.signal });
  giveUp.abort("enough");
  assertEquals(await aborted.catch((reason) => reason), "enough");
  c.close();
  const [events] = await poll([{ socket: d, events: POLLIN }], SOON);
  assert((events! & POLLHUP) !== 0 && (events! & POLLERR) === 0);
  d.close();
  assertEquals(await poll([{ socket: d, events: POLLIN }]), [POLLNVAL]);
  const closing = poll([{ socket: b, events: POLLIN }], SOON);
  b.close();
  await assertRejects(() => closing, SocketError, "EBADF");
  a.close();
});

posixTest("poll() for nothing but the end hears of it", async () => {
  const [a, b] = socketPair(AF_UNIX, SOCK_STREAM);
  const request = { socket: a, events: 0 };
  await assertRejects(() => poll([request], NEVER), TimedOutError);
  const waiting = poll([request], SOON);
  await b.send(bytes("not asked for"));
  b.close();
  const [events] = await waiting;
  assertEquals(events! & POLLHUP, POLLHUP);
  a.close();
});

posixTest("poll() of nothing ends by time and by signal", async () => {
  await assertRejects(() => poll([], NEVER), TimedOutError);
  await assertRejects(() => poll([], { timeout: 0 }), TimedOutError);
  const giveUp = new AbortController();
  const waiting = poll([], { signal: giveUp.signal, ...SOON });
  giveUp.abort("enough");
  assertEquals(await waiting.catch((reason) => reason), "enough");
});

eachPosixFamily("poll() keeps no call waiting", async ({ pair }) => {
  using ends = await pair();
  const { client, server } = ends;
  // It asks for what does not come, and was there first.
  const urgent = poll([{ socket: client, events: POLLPRI }], SOON);
  const buffer = new Uint8Array(8);
  const receiving = client.recv(buffer, SOON);
  await server.send(bytes("data"));
  assertEquals(text(buffer, await receiving), "data");
  assertEquals(client.recvNow(buffer), undefined);
  await server.send(bytes("next"));
  assertEquals(text(buffer, await client.recv(buffer, SOON)), "next");
  // Urgent data and nothing else.
  await server.send(bytes("!"), { flags: MSG_OOB });
  assertEquals((await urgent)[0]! & (POLLPRI | POLLIN), POLLPRI);
  const flags = MSG_OOB;
  assertEquals(text(buffer, await client.recv(buffer, { flags })), "!");
});

eachPosixFamily("poll() hears beside a call that waits", async ({ pair }) => {
  using ends = await pair();
  const { client, server } = ends;
  const much = new Uint8Array(8 << 20);
  const sending = client.send(much);
  const out = { socket: client, events: POLLOUT };
  const writable = poll([out, { socket: server, events: 0 }], SOON);
  let got = 0;
  const buffer = new Uint8Array(1 << 20);
  while (got < much.length) got += await server.recv(buffer, SOON);
  assertEquals(await sending, much.length);
  assertEquals(await writable, [POLLOUT, 0]);
  const waiting = client.recv(buffer);
  const ended = poll([{ socket: client, events: POLLIN }], SOON);
  server.shutdown(SHUT_WR);
  assertEquals((await ended)[0]! & POLLIN, POLLIN);
  assertEquals(await waiting, 0);
});

posixTest("several poll() of one socket hear of the same", async () => {
  const [a, b] = socketPair(AF_UNIX, SOCK_STREAM);
  const requests: PollRequest[] = [{ socket: a, events: POLLIN }];
  const all = Array.from({ length: 3 }, () => poll(requests, SOON));
  requests.pop(); // what was asked for stays
  await b.send(bytes("x"));
  assertEquals(await Promise.all(all), [[POLLIN], [POLLIN], [POLLIN]]);
  await a.recv(new Uint8Array(1));
  const closing = assertRejects(
    () => poll([{ socket: a, events: 0 }]),
    ClosedError,
  );
  a.close();
  await closing;
  b.close();
});
