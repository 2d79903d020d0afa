import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  AddressInUseError,
  AddressNotAvailableError,
  BrokenPipeError,
  ClosedError,
  ConnectionRefusedError,
  ConnectionResetError,
  NotConnectedError,
  SocketError,
  TimedOutError,
  WouldBlockError,
} from "@berkeley/sockets/errors";
import {
  MSG_DONTROUTE,
  MSG_DONTWAIT,
  MSG_MORE,
  MSG_NOSIGNAL,
  MSG_OOB,
  MSG_PEEK,
  MSG_WAITALL,
  poll,
  POLLPRI,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SOCK_STREAM,
  socket,
} from "../../posix/mod.ts";
import {
  bytes,
  eachPosixFamily,
  nameOf,
  NEVER,
  SOON,
  text,
  until,
} from "./_setup.ts";

eachPosixFamily("accept() tells who connected", async ({ listen, af }) => {
  using listener = listen();
  const accepting = listener.accept(SOON);
  using client = socket(af, SOCK_STREAM);
  await client.connect(listener.getSockName(), SOON);
  const { socket: server, address } = await accepting;
  using _ = server;
  assertEquals(address, client.getSockName());
  assertEquals(server.getPeerName(), client.getSockName());
  assertEquals(client.getPeerName(), listener.getSockName());
});

eachPosixFamily("errors of opening have C's codes", async (setup) => {
  const { af, loopback, listen } = setup;
  using listener = listen();
  {
    using other = socket(af, SOCK_STREAM);
    assertThrows(() => other.bind(nameOf(listener)), AddressInUseError);
    assertThrows(() => other.getPeerName(), NotConnectedError);
    const foreign = setup.family === 4 ? "192.0.2.1" : "2001:db8::1";
    const elsewhere = { hostname: foreign, port: 0 };
    assertThrows(() => other.bind(elsewhere), AddressNotAvailableError);
    await assertRejects(() => other.send(bytes("x")), BrokenPipeError);
    await assertRejects(() => other.recv(new Uint8Array(1)), NotConnectedError);
    await assertRejects(() => other.accept(), SocketError, "EINVAL");
  }
  const { port } = nameOf(listener);
  listener.close();
  using client = socket(af, SOCK_STREAM);
  const error = await assertRejects(
    () => client.connect({ hostname: loopback, port }, SOON),
    ConnectionRefusedError,
  );
  assertEquals([error.syscall, error.errno], ["connect", 111]);
  assert(!client.isClosed);
});

eachPosixFamily("bytes go both ways, and end by SHUT_WR", async ({ pair }) => {
  using ends = await pair();
  const buffer = new Uint8Array(16);
  assertEquals(await ends.client.send(bytes("ping")), 4);
  assertEquals(text(buffer, await ends.server.recv(buffer)), "ping");
  ends.client.shutdown(SHUT_WR);
  assertEquals(await ends.server.recv(buffer), 0);
  await ends.server.send(bytes("pong"));
  assertEquals(text(buffer, await ends.client.recv(buffer)), "pong");
  await assertRejects(() => ends.client.send(bytes("x")), BrokenPipeError);
  ends.server.shutdown(SHUT_RDWR);
  assertEquals(await ends.client.recv(buffer), 0);
});

eachPosixFamily("SHUT_RD ends what waits to receive", async ({ pair }) => {
  using ends = await pair();
  const waiting = ends.client.recv(new Uint8Array(1), SOON);
  ends.client.shutdown(SHUT_RD);
  assertEquals(await waiting, 0);
  assertThrows(() => ends.client.shutdown(7), RangeError);
});

eachPosixFamily("MSG_PEEK leaves what it reads", async ({ pair }) => {
  using ends = await pair();
  await ends.server.send(bytes("peeked"));
  const buffer = new Uint8Array(16);
  const flags = MSG_PEEK;
  const first = await ends.client.recv(buffer, { flags, ...SOON });
  assertEquals(text(buffer, first), "peeked");
  assertEquals(await ends.client.recv(buffer), 6);
});

eachPosixFamily("MSG_WAITALL fills the buffer", async ({ pair }) => {
  using ends = await pair();
  const buffer = new Uint8Array(6);
  const flags = MSG_WAITALL;
  const filling = ends.client.recv(buffer, { flags, ...SOON });
  for (const part of ["ab", "cd", "ef"]) await ends.server.send(bytes(part));
  assertEquals([await filling, text(buffer)], [6, "abcdef"]);

  await ends.server.send(bytes("short"));
  const partial = await ends.client.recv(buffer, { flags, ...NEVER });
  assertEquals(text(buffer, partial), "short");
  await assertRejects(
    () => ends.client.recv(buffer, { flags, ...NEVER }),
    TimedOutError,
  );

  await ends.server.send(bytes("end"));
  ends.server.shutdown(SHUT_WR);
  assertEquals(await ends.client.recv(buffer, { flags, ...SOON }), 3);
});

eachPosixFamily("MSG_DONTWAIT fails instead of waiting", async ({ pair }) => {
  using ends = await pair();
  const flags = MSG_DONTWAIT;
  const buffer = new Uint8Array(8);
  await assertRejects(
    () => ends.client.recv(buffer, { flags }),
    WouldBlockError,
  );
  assertEquals(ends.client.recvNow(buffer), undefined);
  const much = new Uint8Array(1 << 20);
  let sent = 0;
  for (let i = 0; i < 1000; i++) {
    const count = ends.client.sendNow(much);
    if (count === undefined) break;
    sent += count;
  }
  assert(sent > 0);
  await assertRejects(() => ends.client.send(much, { flags }), WouldBlockError);
  let got = 0;
  const big = new Uint8Array(1 << 20);
  while (got < sent) got += await ends.server.recv(big, SOON);
  assertEquals(got, sent);
});

eachPosixFamily("MSG_OOB is urgent data", async ({ pair }) => {
  using ends = await pair();
  const events = POLLPRI;
  const waiting = poll([{ socket: ends.server, events }], SOON);
  await ends.client.send(bytes("a"));
  await ends.client.send(bytes("!"), { flags: MSG_OOB });
  assertEquals((await waiting)[0]! & POLLPRI, POLLPRI);
  const buffer = new Uint8Array(4);
  const urgent = await ends.server.recv(buffer, { flags: MSG_OOB });
  assertEquals(text(buffer, urgent), "!");
  assertEquals(text(buffer, await ends.server.recv(buffer)), "a");
  using inline = await pair();
  inline.server.setSockOpt("SO_OOBINLINE", true);
  await inline.client.send(bytes("?"), { flags: MSG_OOB });
  assertEquals(text(buffer, await inline.server.recv(buffer, SOON)), "?");
});

eachPosixFamily("flags of sending are passed on", async ({ pair }) => {
  using ends = await pair();
  ends.client.setSockOpt("TCP_NODELAY", true);
  // Kept back until what follows, or 200 ms have passed.
  await ends.client.send(bytes("more, "), { flags: MSG_MORE });
  await ends.client.send(bytes("local"), {
    flags: MSG_DONTROUTE | MSG_NOSIGNAL,
  });
  const buffer = new Uint8Array(32);
  const flags = MSG_WAITALL;
  const first = await ends.server.recv(buffer.subarray(0, 11), {
    flags,
    ...SOON,
  });
  assertEquals(text(buffer, first), "more, local");
});

eachPosixFamily("SO_LINGER of 0 makes close a reset", async ({ pair }) => {
  using ends = await pair();
  const waiting = assertRejects(
    () => ends.server.recv(new Uint8Array(1), SOON),
    ConnectionResetError,
  );
  ends.client.setSockOpt("SO_LINGER", 0);
  ends.client.close();
  await waiting;
  await assertRejects(() => ends.server.send(bytes("x")), BrokenPipeError);
});

eachPosixFamily("disconnect() of a stream is a reset", async ({ pair }) => {
  using ends = await pair();
  ends.client.disconnect();
  await assertRejects(
    () => ends.server.recv(new Uint8Array(1), SOON),
    ConnectionResetError,
  );
});

eachPosixFamily("close() rejects what waits", async ({ pair, listen }) => {
  using ends = await pair();
  using listener = listen();
  const much = new Uint8Array(64 << 20);
  const buffer = new Uint8Array(1);
  const waiting = [
    assertRejects(() => ends.client.recv(buffer), ClosedError, "receive"),
    assertRejects(() => ends.client.recv(buffer), ClosedError, "receive"),
    assertRejects(() => listener.accept(), ClosedError, "Cannot accept"),
  ];
  const sending = ends.client.send(much).then(
    () => "sent",
    (error) => error.code,
  );
  ends.client.close();
  ends.client.close();
  listener.close();
  await Promise.all(waiting);
  assertEquals(await sending, "EBADF");
  assertEquals(ends.client.fd, -1);
  assertThrows(() => ends.client.getSockName(), ClosedError);
  assertThrows(() => ends.client.setSockOpt("TCP_NODELAY", true), ClosedError);
  await assertRejects(() => ends.client.send(bytes("x")), ClosedError);
  await assertRejects(() => listener.accept(), ClosedError);
});

eachPosixFamily("waits end by signal and timeout", async ({ pair, listen }) => {
  using ends = await pair();
  using listener = listen();
  const giveUp = new AbortController();
  const { signal } = giveUp;
  const buffer = new Uint8Array(8);
  const aborted = ends.client.recv(buffer, { signal });
  const kept = ends.client.recv(buffer, SOON);
  const accepting = listener.accept({ signal });
  giveUp.abort("enough");
  for (const waiting of [aborted, accepting]) {
    assertEquals(await waiting.catch((reason) => reason), "enough");
  }
  await ends.server.send(bytes("kept"));
  assertEquals(text(buffer, await kept), "kept");
  await assertRejects(() => listener.accept({ timeout: 0 }), TimedOutError);
  await assertRejects(() => ends.client.recv(buffer, NEVER), TimedOutError);
  await assertRejects(
    () => ends.client.recv(buffer, { timeout: -1 }),
    RangeError,
  );
  await ends.server.send(bytes("still"));
  assertEquals(text(buffer, await ends.client.recv(buffer, SOON)), "still");
});

eachPosixFamily(
  "connect() that is given up closes the socket",
  async (setup) => {
    // A queue that is full leaves further connections without an answer.
    using listener = setup.listen(0);
    const others = Array.from(
      { length: 8 },
      () => socket(setup.af, SOCK_STREAM),
    );
    const connecting = others.map((other) =>
      other.connect(listener.getSockName(), { timeout: 100 }).then(
        () => "connected",
        (error) => error.code,
      )
    );
    const outcomes = await Promise.all(connecting);
    assert(outcomes.includes("ETIMEDOUT"), outcomes.join());
    outcomes.forEach((outcome, i) => {
      assertEquals(others[i]!.isClosed, outcome === "ETIMEDOUT");
      others[i]!.close();
    });
  },
);

eachPosixFamily("calls on one half keep their order", async ({ pair }) => {
  using ends = await pair();
  const sizes = [3 << 20, 5, 1 << 20, 1, 2 << 20];
  const sends = sizes.map((size, i) =>
    ends.client.send(new Uint8Array(size).fill(i + 1))
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const buffer = new Uint8Array(64 * 1024);
  const seen: number[] = sizes.map(() => 0);
  let last = 1;
  for (let got = 0; got < total;) {
    const count = await ends.server.recv(buffer, SOON);
    for (let i = 0; i < count; i++) {
      assert(buffer[i]! >= last);
      last = buffer[i]!;
      seen[last - 1]!++;
    }
    got += count;
  }
  assertEquals(seen, sizes);
  assertEquals(await Promise.all(sends), sizes);
});

eachPosixFamily("a spin finds what comes soon", async ({ pair }) => {
  using ends = await pair();
  ends.client.spin = 1000;
  const buffer = new Uint8Array(8);
  for (let i = 0; i < 50; i++) {
    await ends.server.send(bytes("x"));
    assertEquals(await ends.client.recv(buffer, SOON), 1);
  }
  await assertRejects(() => ends.client.recv(buffer, NEVER), TimedOutError);
  assertThrows(() => ends.client.spin = -1, RangeError);
  assertThrows(() => ends.client.spin = 1001, RangeError);
});

eachPosixFamily("tcpInfo() follows the states", async ({ pair, listen }) => {
  using listener = listen();
  assertEquals(listener.tcpInfo().state, "LISTEN");
  using ends = await pair();
  const { client, server } = ends;
  assertEquals(client.tcpInfo().state, "ESTABLISHED");
  await client.send(bytes("12345"));
  await server.recv(new Uint8Array(5), { flags: MSG_WAITALL });
  assertEquals(server.tcpInfo().bytesReceived, 5n);
  assert(client.tcpInfo().sendMss > 500);
  client.shutdown(SHUT_WR);
  await server.recv(new Uint8Array(1));
  assertEquals(server.tcpInfo().state, "CLOSE_WAIT");
  await until(() => client.tcpInfo().state === "FIN_WAIT2");
  server.shutdown(SHUT_WR);
  await client.recv(new Uint8Array(1));
  assertEquals(client.tcpInfo().state, "CLOSE"); // TIME_WAIT lives on elsewhere
});
