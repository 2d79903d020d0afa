/** Each call and flag, with Python's sockets at the other end. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  BrokenPipeError,
  ConnectionRefusedError,
  ConnectionResetError,
  TimedOutError,
  WouldBlockError,
} from "@berkeley/sockets/errors";
import {
  MessageBatch,
  MSG_DONTROUTE,
  MSG_DONTWAIT,
  MSG_MORE,
  MSG_NOSIGNAL,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  poll,
  POLLIN,
  type PosixSocket,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SOCK_STREAM,
  socket,
} from "../../posix/mod.ts";
import { FAMILIES } from "../_each_family.ts";
import { type Python, pythonTest } from "./_python.ts";
import { bytes, NEVER, type Setup, setupOf, SOON, text } from "./_setup.ts";

/** A test on each family, with Python at the other end. */
function eachFamily(
  name: string,
  body: (python: Python, setup: Setup) => Promise<void>,
): void {
  for (const family of FAMILIES) {
    pythonTest(`${name} (${family.name})`, async (python) => {
      const af = family.family === 4 ? "AF_INET" : "AF_INET6";
      await python.eval(`AF, HOST = socket.${af}, "${family.loopback}"`);
      await body(python, setupOf(family));
    });
  }
}

/** Connects Python's `c` to us. */
async function accept(python: Python, setup: Setup): Promise<PosixSocket> {
  using listener = setup.listen();
  const { port } = listener.getSockName() as { port: number };
  const accepting = listener.accept(SOON);
  await python.eval("c = socket.socket(AF, socket.SOCK_STREAM)");
  await python.eval("c.settimeout(20)");
  await python.eval(`c.connect((HOST, ${port}))`);
  const { socket: server, address } = await accepting;
  assertEquals(address, {
    hostname: setup.loopback,
    port: await python.eval("c.getsockname()[1]"),
  });
  return server;
}

/** Opens Python's `u`, a socket for datagrams, and one of ours; its address. */
async function bindBoth(python: Python, setup: Setup) {
  await python.eval("u = socket.socket(AF, socket.SOCK_DGRAM)");
  await python.eval("u.settimeout(20); u.bind((HOST, 0))");
  const port = await python.eval("u.getsockname()[1]") as number;
  const own = setup.bind();
  const { port: back } = own.getSockName() as { port: number };
  await python.eval(`TO = (HOST, ${back})`);
  return { own, to: { hostname: setup.loopback, port } };
}

eachFamily(
  "send() and recv(), one way and the other",
  async (python, setup) => {
    using server = await accept(python, setup);
    assertEquals(server.getPeerName(), {
      hostname: setup.loopback,
      port: await python.eval("c.getsockname()[1]"),
    });
    assertEquals(await server.send(bytes("to Python")), 9);
    assertEquals(await python.eval("c.recv(64)"), "to Python");
    await python.eval("c.sendall(b'from Python')");
    const buffer = new Uint8Array(64);
    assertEquals(text(buffer, await server.recv(buffer, SOON)), "from Python");
  },
);

eachFamily("flags of receiving a stream", async (python, setup) => {
  using server = await accept(python, setup);
  const buffer = new Uint8Array(64);
  const flags = MSG_DONTWAIT;
  await assertRejects(() => server.recv(buffer, { flags }), WouldBlockError);
  await python.eval("c.sendall(b'abc')");
  const peek = { flags: MSG_PEEK, ...SOON };
  assertEquals(text(buffer, await server.recv(buffer, peek)), "abc");
  const all = server.recv(buffer.subarray(0, 6), {
    flags: MSG_WAITALL,
    ...SOON,
  });
  await python.eval("c.sendall(b'def'); c.sendall(b'rest')");
  assertEquals(text(buffer, await all), "abcdef");
  // Of a stream, MSG_TRUNC discards what it receives.
  const rest = new Uint8Array(4);
  const discard = { flags: MSG_TRUNC | MSG_WAITALL, ...SOON };
  assertEquals(await server.recv(rest, discard), 4);
  assertEquals(rest, new Uint8Array(4));
  await python.eval("c.send(b'!', socket.MSG_OOB)");
  assertEquals(await server.recv(buffer, { flags: MSG_OOB }), 1);
  assertEquals(text(buffer, 1), "!");
});

eachFamily("flags of sending on a stream", async (python, setup) => {
  using server = await accept(python, setup);
  server.setSockOpt("TCP_NODELAY", true);
  await server.send(bytes("one, "), { flags: MSG_MORE });
  const ready = "select.select([c], [], [], 0)[0] == [c]";
  assertEquals(await python.eval(ready), false);
  const flags = MSG_DONTROUTE | MSG_NOSIGNAL | MSG_DONTWAIT;
  await server.send(bytes("two"), { flags });
  assertEquals(await python.eval("c.recv(64)"), "one, two");
  await server.send(bytes("!"), { flags: MSG_OOB });
  assertEquals(
    await python.eval("select.select([], [], [c], 20)[2] == [c]"),
    true,
  );
  await python.eval("c.setblocking(True)"); // else it waits for what is no urgent
  assertEquals(await python.eval("c.recv(1, socket.MSG_OOB)"), "!");
  // Where nobody reads any more there is an error, and no signal.
  await python.eval("c.close()");
  await assertRejects(async () => {
    for (let i = 0; i < 1000; i++) await server.send(bytes("x"));
  }, Error);
  await assertRejects(() => server.send(bytes("x")), BrokenPipeError);
});

eachFamily("shutdown() of each half", async (python, setup) => {
  const buffer = new Uint8Array(8);
  {
    using server = await accept(python, setup);
    server.shutdown(SHUT_WR);
    assertEquals(await python.eval("c.recv(8)"), "");
    await python.eval("c.sendall(b'still')");
    assertEquals(text(buffer, await server.recv(buffer, SOON)), "still");
    await python.eval("c.shutdown(socket.SHUT_WR)");
    assertEquals(await server.recv(buffer, SOON), 0);
  }
  {
    using server = await accept(python, setup);
    server.shutdown(SHUT_RD);
    assertEquals(await server.recv(buffer, SOON), 0);
    await server.send(bytes("still"));
    assertEquals(await python.eval("c.recv(8)"), "still");
  }
  {
    using server = await accept(python, setup);
    server.shutdown(SHUT_RDWR);
    assertEquals(await python.eval("c.recv(8)"), "");
    await assertRejects(() => server.send(bytes("x")), BrokenPipeError);
  }
});

eachFamily("a reset, from either end", async (python, setup) => {
  {
    using server = await accept(python, setup);
    server.setSockOpt("SO_LINGER", 0);
    server.close();
    assertEquals(await python.eval("c.recv(8)"), "<ConnectionResetError>");
  }
  {
    using server = await accept(python, setup);
    server.disconnect();
    assertEquals(await python.eval("c.recv(8)"), "<ConnectionResetError>");
  }
  using server = await accept(python, setup);
  const linger = "struct.pack('ii', 1, 0)";
  await python.eval(
    `c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ${linger})`,
  );
  const buffer = new Uint8Array(1);
  const waiting = assertRejects(
    () => server.recv(buffer, SOON),
    ConnectionResetError,
  );
  await python.eval("c.close()");
  await waiting;
});

eachFamily("connect(), and what refuses it", async (python, setup) => {
  await python.eval("l = socket.socket(AF, socket.SOCK_STREAM)");
  await python.eval("l.settimeout(20); l.bind((HOST, 0))");
  const port = await python.eval("l.getsockname()[1]") as number;
  const name = { hostname: setup.loopback, port };
  using refused = socket(setup.af, SOCK_STREAM);
  await assertRejects(() => refused.connect(name), ConnectionRefusedError);
  await python.eval("l.listen(0)");
  await refused.connect(name, SOON); // the same socket may try again
  const { port: own } = refused.getSockName() as { port: number };
  assertEquals(await python.eval("l.accept()[1][1]"), own);

  const sockets = Array.from(
    { length: 4 },
    () => socket(setup.af, SOCK_STREAM),
  );
  const outcomes = await Promise.allSettled(
    sockets.map((one) => one.connect(name, { timeout: 100 })),
  );
  const full = outcomes.filter(({ status }) => status === "rejected");
  for (const { reason } of full as PromiseRejectedResult[]) {
    assert(reason instanceof TimedOutError);
  }
  assert(full.length > 0, "a queue for one took all");
  for (const one of sockets) one.close();
});

eachFamily("datagrams, with the flags of theirs", async (python, setup) => {
  const { own, to } = await bindBoth(python, setup);
  using _ = own;
  const buffer = new Uint8Array(4);
  assertEquals(await own.sendTo(bytes("hello"), to), 5);
  assertEquals(await python.eval("u.recv(64)"), "hello");
  // Two that are one.
  await own.sendTo(bytes("one, "), to, { flags: MSG_MORE });
  await own.sendTo(bytes("two"), to, { flags: MSG_DONTROUTE });
  assertEquals(await python.eval("u.recv(64)"), "one, two");

  await python.eval("u.sendto(b'longer', TO)");
  const peek = { flags: MSG_PEEK, ...SOON };
  const { length, address, truncated } = await own.recvFrom(buffer, peek);
  assertEquals([text(buffer, length), address, truncated], ["long", to, true]);
  assertEquals(await own.recv(buffer, { flags: MSG_TRUNC }), 6);
  const flags = MSG_DONTWAIT;
  await assertRejects(() => own.recvFrom(buffer, { flags }), WouldBlockError);
  await python.eval("u.sendto(b'', TO)");
  assertEquals(await own.recv(buffer, SOON), 0);
});

eachFamily(
  "a peer that is connected, and that refuses",
  async (python, setup) => {
    const { own, to } = await bindBoth(python, setup);
    using _ = own;
    await own.connect(to);
    assertEquals(own.getPeerName(), to);
    await own.send(bytes("x"));
    assertEquals(await python.eval("u.recv(8)"), "x");
    // A stranger is not heard.
    await python.eval("v = socket.socket(AF, socket.SOCK_DGRAM)");
    await python.eval("v.sendto(b'spoof', TO)");
    await python.eval("u.sendto(b'mine', TO)");
    const buffer = new Uint8Array(8);
    assertEquals(text(buffer, await own.recv(buffer, SOON)), "mine");
    await assertRejects(() => own.recv(buffer, NEVER), TimedOutError);
    await python.eval("u.close()");
    const waiting = assertRejects(
      () => own.recv(buffer, SOON),
      ConnectionRefusedError,
    );
    await own.send(bytes("?"));
    await waiting;
  },
);

eachFamily("what the header of a datagram says", async (python, setup) => {
  const { own, to } = await bindBoth(python, setup);
  using _ = own;
  const isV4 = setup.family === 4;
  const level = isV4 ? "socket.IPPROTO_IP" : "socket.IPPROTO_IPV6";
  const on = (name: string) =>
    python.eval(`u.setsockopt(${level}, socket.${name}, 1)`);
  await on(isV4 ? "IP_RECVTOS" : "IPV6_RECVTCLASS");
  // Python has no name for 12, IP_RECVTTL.
  await python.eval(
    isV4 ? "u.setsockopt(0, 12, 1)" : "u.setsockopt(41, 51, 1)",
  );
  const received = async () => {
    const found = await python.eval(
      "sorted([d[0], d[1], d[2][0]] for d in u.recvmsg(64, 256)[1])",
    ) as number[][];
    return found.map(([, , value]) => value);
  };
  own.setSockOpt(isV4 ? "IP_TTL" : "IPV6_UNICAST_HOPS", 42);
  own.setSockOpt(isV4 ? "IP_TOS" : "IPV6_TCLASS", 0x28);
  await own.sendTo(bytes("x"), to);
  assertEquals(await received(), isV4 ? [0x28, 42] : [42, 0x28]);
  const hops = isV4 ? "IP_TTL" as const : "IPV6_HOPLIMIT" as const;
  const tos = isV4 ? "IP_TOS" as const : "IPV6_TCLASS" as const;
  const control = [{ type: hops, value: 17 }, { type: tos, value: 0x10 }];
  await own.sendMsg({ data: bytes("y"), address: to, control });
  assertEquals(await received(), isV4 ? [0x10, 17] : [17, 0x10]);

  own.setSockOpt(isV4 ? "IP_RECVTTL" : "IPV6_RECVHOPLIMIT", true);
  own.setSockOpt("SO_TIMESTAMP", true);
  const option = isV4 ? "socket.IP_TTL" : "socket.IPV6_UNICAST_HOPS";
  await python.eval(`u.setsockopt(${level}, ${option}, 33)`);
  await python.eval("u.sendto(b'z', TO)");
  const { control: told } = await own.recvMsg(new Uint8Array(8), SOON);
  const { value } = told.find(({ type }) => type === hops) as { value: number };
  assertEquals(value, 33);
  assert(told.some(({ type }) => type === "SCM_TIMESTAMP"));
});

eachFamily("a batch to Python, and one of its", async (python, setup) => {
  const { own, to } = await bindBoth(python, setup);
  using _ = own;
  const batch = new MessageBatch({ capacity: 20, size: 16 });
  for (let i = 0; i < 20; i++) own.addTo(batch, bytes(`n${i}`), to);
  assertEquals(await own.sendMany(batch), 20);
  const names = Array.from({ length: 20 }, (_, i) => `n${i}`);
  assertEquals(
    await python.eval("[u.recv(64).decode() for i in range(20)]"),
    names,
  );
  await python.eval("[u.sendto(b'n%d' % i, TO) for i in range(20)]");
  const got: string[] = [];
  while (got.length < 20) {
    const count = await own.recvMany(batch, SOON);
    for (let i = 0; i < count; i++) {
      got.push(text(batch.data(i)));
      assertEquals(batch.address(i), to);
    }
  }
  assertEquals(got, names);
});

eachFamily("poll(), options and tcpInfo()", async (python, setup) => {
  using server = await accept(python, setup);
  const waiting = poll([{ socket: server, events: POLLIN }], SOON);
  await python.eval("c.sendall(b'x')");
  assertEquals(await waiting, [POLLIN]);
  const stateOf = "c.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]";
  const isIn = (state: number) =>
    python.eval(`any(${stateOf} == ${state} for turn in range(1000000))`);
  assert(await isIn(1)); // ESTABLISHED
  assertEquals(server.tcpInfo().state, "ESTABLISHED");
  await python.eval("c.shutdown(socket.SHUT_WR)");
  await server.recv(new Uint8Array(1));
  await server.recv(new Uint8Array(1), SOON);
  assertEquals(server.tcpInfo().state, "CLOSE_WAIT");
  assert(await isIn(5)); // FIN_WAIT2, once its FIN is acknowledged
  server.shutdown(SHUT_WR);
  assertEquals(await python.eval("c.recv(8)"), "");
});
