/** What options do, where it can be seen on loopback. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  AddressInUseError,
  AddressNotAvailableError,
  SocketError,
  TimedOutError,
} from "@berkeley/sockets/errors";
import {
  AF_INET,
  AF_INET6,
  MSG_ERRQUEUE,
  poll,
  POLLIN,
  type PosixSocket,
  SHUT_WR,
  SOCK_DGRAM,
  SOCK_STREAM,
  socket,
} from "../../posix/mod.ts";
import {
  bytes,
  eachPosixFamily,
  nameOf,
  NEVER,
  posixTest,
  SOON,
  text,
  until,
} from "./_setup.ts";

const IS_LINUX = Deno.build.os === "linux";

/** How much it takes without waiting, while nobody reads. */
function fill(socket: PosixSocket): number {
  const much = new Uint8Array(1 << 20);
  let sent = 0;
  for (let count; (count = socket.sendNow(much)) !== undefined;) sent += count;
  return sent;
}

eachPosixFamily("SO_RCVLOWAT is how much makes it readable", async (setup) => {
  using ends = await setup.pair();
  ends.client.setSockOpt("SO_RCVLOWAT", 4);
  const request = { socket: ends.client, events: POLLIN };
  await ends.server.send(bytes("abc"));
  await assertRejects(() => poll([request], NEVER), TimedOutError);
  const readable = poll([request], SOON);
  await ends.server.send(bytes("d"));
  assertEquals(await readable, [POLLIN]);
});

eachPosixFamily("SO_REUSEADDR takes a port in TIME_WAIT", async (setup) => {
  using listener = socket(setup.af, SOCK_STREAM);
  listener.setSockOpt("SO_REUSEADDR", true); // which what it accepts takes over
  listener.bind({ hostname: setup.loopback, port: 0 });
  listener.listen();
  const name = listener.getSockName();
  using client = socket(setup.af, SOCK_STREAM);
  await client.connect(name, SOON);
  using server = (await listener.accept(SOON)).socket;
  // The server ends first, so that its end stays behind.
  server.shutdown(SHUT_WR);
  await client.recv(new Uint8Array(1), SOON);
  client.shutdown(SHUT_WR);
  await server.recv(new Uint8Array(1), SOON);
  server.close();
  listener.close();
  using without = socket(setup.af, SOCK_STREAM);
  assertThrows(() => without.bind(name), AddressInUseError);
  using other = socket(setup.af, SOCK_STREAM);
  other.setSockOpt("SO_REUSEADDR", true);
  other.bind(name);
});

eachPosixFamily("SO_REUSEADDR lets sockets of UDP share", (setup) => {
  const open = () => {
    const opened = socket(setup.af, SOCK_DGRAM);
    opened.setSockOpt("SO_REUSEADDR", true);
    return opened;
  };
  using one = open();
  one.bind({ hostname: setup.loopback, port: 0 });
  using two = open();
  two.bind(nameOf(one));
  using three = socket(setup.af, SOCK_DGRAM);
  assertThrows(() => three.bind(nameOf(one)), AddressInUseError);
});

eachPosixFamily("SO_BROADCAST permits a broadcast", async (setup) => {
  if (setup.af === AF_INET6) return; // it has none
  using receiver = socket(AF_INET, SOCK_DGRAM);
  receiver.bind({ hostname: "0.0.0.0", port: 0 });
  const to = { hostname: "127.255.255.255", port: nameOf(receiver).port };
  using sender = socket(AF_INET, SOCK_DGRAM);
  await assertRejects(() => sender.sendTo(bytes("all"), to), SocketError);
  sender.setSockOpt("SO_BROADCAST", true);
  await sender.sendTo(bytes("all"), to);
  const buffer = new Uint8Array(8);
  assertEquals(text(buffer, await receiver.recv(buffer, SOON)), "all");
});

eachPosixFamily("buffers bound what is under way", async ({ pair }) => {
  using small = await pair();
  small.client.setSockOpt("SO_SNDBUF", 16_384);
  small.server.setSockOpt("SO_RCVBUF", 16_384);
  using large = await pair();
  large.client.setSockOpt("SO_SNDBUF", 1 << 18);
  assert(2 * fill(small.client) < fill(large.client));

  if (!IS_LINUX) return;
  using lazy = await pair();
  lazy.client.setSockOpt("SO_SNDBUF", 1 << 18);
  lazy.client.setSockOpt("TCP_NOTSENT_LOWAT", 1);
  fill(lazy.client);
  assert(lazy.client.tcpInfo().notSent < large.client.tcpInfo().notSent);
});

eachPosixFamily("buffers may be forced beyond the limit", (setup) => {
  if (!IS_LINUX) return;
  using one = setup.bind();
  const size = 1 << 29;
  try {
    one.setSockOpt("SO_RCVBUFFORCE", size);
    one.setSockOpt("SO_SNDBUFFORCE", size);
  } catch (error) {
    assert(error instanceof SocketError && error.code === "EPERM");
    console.log("skipped: forcing buffers needs CAP_NET_ADMIN");
    return;
  }
  assertEquals(one.getSockOpt("SO_RCVBUF"), 2 * size);
  assertEquals(one.getSockOpt("SO_SNDBUF"), 2 * size);
  one.setSockOpt("SO_RCVBUF", size);
  one.setSockOpt("SO_SNDBUF", size);
  assert(one.getSockOpt("SO_RCVBUF") < size);
  assert(one.getSockOpt("SO_SNDBUF") < size);
});

eachPosixFamily("SO_RXQ_OVFL counts what SO_RCVBUF drops", async (setup) => {
  using receiver = setup.bind();
  receiver.setSockOpt("SO_RCVBUF", 4096);
  receiver.setSockOpt("SO_RXQ_OVFL", true);
  using sender = setup.bind();
  const sent = 50;
  const to = receiver.getSockName();
  for (let i = 0; i < sent; i++) await sender.sendTo(new Uint8Array(512), to);
  let received = 0;
  const buffer = new Uint8Array(512);
  while (receiver.recvNow(buffer) !== undefined) received++;
  await sender.sendTo(bytes("last"), to);
  const { control } = await receiver.recvMsg(buffer, SOON);
  const dropped = control.find(({ type }) => type === "SO_RXQ_OVFL");
  assertEquals(dropped, { type: "SO_RXQ_OVFL", value: sent - received });
  assert(received < sent);
});

eachPosixFamily("TCP_MAXSEG bounds what the peer sends", async (setup) => {
  using listener = setup.listen();
  using client = socket(setup.af, SOCK_STREAM);
  client.setSockOpt("TCP_MAXSEG", 1000);
  await client.connect(listener.getSockName(), SOON);
  using server = (await listener.accept(SOON)).socket;
  assert(server.tcpInfo().sendMss <= 1000);
  using free = await setup.pair();
  assert(free.server.tcpInfo().sendMss > 1000);
});

eachPosixFamily("TCP_CORK keeps back what is not full", async ({ pair }) => {
  using ends = await pair();
  const { client, server } = ends;
  client.setSockOpt("TCP_CORK", true);
  for (const part of ["in ", "one ", "go"]) await client.send(bytes(part));
  const buffer = new Uint8Array(16);
  assertEquals(server.recvNow(buffer), undefined);
  client.setSockOpt("TCP_CORK", false);
  assertEquals(text(buffer, await server.recv(buffer, SOON)), "in one go");
});

eachPosixFamily("TCP_DEFER_ACCEPT waits for the first byte", async (setup) => {
  if (!IS_LINUX) return;
  using listener = socket(setup.af, SOCK_STREAM);
  listener.setSockOpt("TCP_DEFER_ACCEPT", 5000);
  listener.bind({ hostname: setup.loopback, port: 0 });
  listener.listen();
  using client = socket(setup.af, SOCK_STREAM);
  await client.connect(listener.getSockName(), SOON);
  await assertRejects(() => listener.accept(NEVER), TimedOutError);
  await client.send(bytes("first"));
  using server = (await listener.accept(SOON)).socket;
  const buffer = new Uint8Array(8);
  assertEquals(text(buffer, server.recvNow(buffer)), "first");
});

eachPosixFamily("TCP_NODELAY sends what Nagle keeps", async ({ pair }) => {
  if (!IS_LINUX) return;
  for (let tries = 0; tries < 20; tries++) {
    using ends = await pair();
    const { client, server } = ends;
    client.setSockOpt("TCP_NODELAY", false);
    server.setSockOpt("TCP_QUICKACK", false);
    await client.send(bytes("first"));
    await client.send(bytes(" second"));
    // Kept, unless the first was acknowledged before its time.
    if (client.tcpInfo().notSent === 0) continue;
    client.setSockOpt("TCP_NODELAY", true);
    assertEquals(client.tcpInfo().notSent, 0);
    await until(() => server.tcpInfo().bytesReceived === 12n);
    const buffer = new Uint8Array(12);
    assertEquals(text(buffer, server.recvNow(buffer)), "first second");
    return;
  }
  throw new Error("nothing was ever kept");
});

posixTest("IP_MINTTL refuses what came from afar", async () => {
  if (!IS_LINUX) return;
  using listener = socket(AF_INET, SOCK_STREAM);
  listener.setSockOpt("IP_MINTTL", 200);
  listener.bind({ hostname: "127.0.0.1", port: 0 });
  listener.listen();
  using far = socket(AF_INET, SOCK_STREAM);
  far.setSockOpt("IP_TTL", 100);
  await assertRejects(
    () => far.connect(listener.getSockName(), { timeout: 100 }),
    TimedOutError,
  );
  using near = socket(AF_INET, SOCK_STREAM);
  near.setSockOpt("IP_TTL", 255);
  const accepting = listener.accept(SOON);
  await near.connect(listener.getSockName(), SOON);
  (await accepting).socket.close();
});

posixTest("IP_FREEBIND takes an address that is not there", () => {
  if (!IS_LINUX) return;
  using one = socket(AF_INET, SOCK_DGRAM);
  const name = { hostname: "192.0.2.1", port: 0 };
  assertThrows(() => one.bind(name), AddressNotAvailableError);
  one.setSockOpt("IP_FREEBIND", true);
  one.bind(name);
  assertEquals(nameOf(one).hostname, "192.0.2.1");
});

posixTest("IP_BIND_ADDRESS_NO_PORT chooses the port later", async () => {
  if (!IS_LINUX) return;
  using listener = socket(AF_INET, SOCK_STREAM);
  listener.bind({ hostname: "127.0.0.1", port: 0 });
  listener.listen();
  using client = socket(AF_INET, SOCK_STREAM);
  client.setSockOpt("IP_BIND_ADDRESS_NO_PORT", true);
  client.bind({ hostname: "127.0.0.7", port: 0 });
  assertEquals(nameOf(client), { hostname: "127.0.0.7", port: 0 });
  await client.connect(listener.getSockName(), SOON);
  assert(nameOf(client).port > 0);
  const { socket: server, address } = await listener.accept(SOON);
  assertEquals(address, nameOf(client));
  server.close();
});

eachPosixFamily("an error is kept with its datagram", async (setup) => {
  if (!IS_LINUX) return;
  const isV4 = setup.af === AF_INET;
  const gone = setup.bind();
  const name = gone.getSockName();
  gone.close();
  using one = setup.bind();
  one.setSockOpt(isV4 ? "IP_RECVERR" : "IPV6_RECVERR", true);
  await one.sendTo(bytes("nobody"), name);
  const buffer = new Uint8Array(16);
  const flags = MSG_ERRQUEUE;
  const kept = await one.recvMsg(buffer, { flags, ...SOON });
  assertEquals(text(buffer, kept.length), "nobody");
  assertEquals(kept.address, name); // for whom it was
  assertEquals(kept.flags & MSG_ERRQUEUE, MSG_ERRQUEUE);
  const [error] = kept.control;
  assert(error?.type === "other");
  assertEquals(
    [error.level, error.number],
    isV4 ? [0, 11] : [41, 25], // IP_RECVERR, IPV6_RECVERR
  );
  const errno = new DataView(error.data.buffer).getUint32(0, true);
  assertEquals(errno, 111); // ee_errno: ECONNREFUSED
});
