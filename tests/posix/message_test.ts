import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { SocketError } from "@berkeley/sockets/errors";
import {
  AF_INET,
  AF_UNIX,
  type ControlMessage,
  MSG_CTRUNC,
  PosixSocket,
  SOCK_DGRAM,
  SOCK_STREAM,
  socketPair,
} from "../../posix/mod.ts";
import { bytes, eachPosixFamily, posixTest, SOON, text } from "./_setup.ts";

eachPosixFamily("pieces are gathered and scattered", async (setup) => {
  using a = setup.bind();
  using b = setup.bind();
  const data = [bytes("one,"), bytes(""), bytes("two")];
  assertEquals(await a.sendMsg({ data, address: b.getSockName() }), 7);
  const buffers = [new Uint8Array(3), new Uint8Array(0), new Uint8Array(8)];
  const { length, address, truncated } = await b.recvMsg(buffers, SOON);
  assertEquals([length, truncated], [7, false]);
  assertEquals(address, a.getSockName());
  assertEquals(text(buffers[0]!) + text(buffers[2]!, 4), "one,two");

  await a.sendMsg({ data: bytes("longer"), address: b.getSockName() });
  const short = await b.recvMsg(new Uint8Array(3), SOON);
  assertEquals([short.length, short.truncated], [3, true]);
  await assertRejects(
    () => b.recvMsg(new Uint8Array(1), { controlSize: -1 }),
    RangeError,
  );
});

eachPosixFamily("control messages tell of the header", async (setup) => {
  const isV4 = setup.af === AF_INET;
  using a = setup.bind();
  using b = setup.bind();
  b.setSockOpt("SO_TIMESTAMP", true);
  b.setSockOpt("SO_RXQ_OVFL", true);
  b.setSockOpt(isV4 ? "IP_PKTINFO" : "IPV6_RECVPKTINFO", true);
  b.setSockOpt(isV4 ? "IP_RECVTTL" : "IPV6_RECVHOPLIMIT", true);
  b.setSockOpt(isV4 ? "IP_RECVTOS" : "IPV6_RECVTCLASS", true);
  a.setSockOpt(isV4 ? "IP_TTL" : "IPV6_UNICAST_HOPS", 42);
  a.setSockOpt(isV4 ? "IP_TOS" : "IPV6_TCLASS", 0x28);
  const before = Date.now();
  await a.sendTo(bytes("x"), b.getSockName());
  const { control } = await b.recvMsg(new Uint8Array(8), SOON);
  const of = (type: string) => control.find((message) => message.type === type);
  const info = isV4 ? "IP_PKTINFO" : "IPV6_PKTINFO";
  const hops = isV4 ? "IP_TTL" : "IPV6_HOPLIMIT";
  const tos = isV4 ? "IP_TOS" : "IPV6_TCLASS";
  assertEquals(of(hops), { type: hops, value: 42 });
  assertEquals(of(tos), { type: tos, value: 0x28 });
  const address = setup.loopback;
  assertEquals(of(info), { type: info, interfaceIndex: 1, address });
  const stamp = of("SCM_TIMESTAMP") as { time: number };
  assert(stamp.time > before - 1000 && stamp.time < Date.now() + 1000);
});

eachPosixFamily(
  "control messages set the header of one datagram",
  async (setup) => {
    const isV4 = setup.af === AF_INET;
    using a = setup.bind();
    using b = setup.bind();
    b.setSockOpt(isV4 ? "IP_RECVTTL" : "IPV6_RECVHOPLIMIT", true);
    b.setSockOpt(isV4 ? "IP_RECVTOS" : "IPV6_RECVTCLASS", true);
    const hops = isV4 ? "IP_TTL" as const : "IPV6_HOPLIMIT" as const;
    const tos = isV4 ? "IP_TOS" as const : "IPV6_TCLASS" as const;
    const info = isV4 ? "IP_PKTINFO" as const : "IPV6_PKTINFO" as const;
    const control: ControlMessage[] = [
      { type: hops, value: 17 },
      { type: tos, value: 0x10 },
      { type: info, interfaceIndex: 0, address: setup.loopback },
    ];
    const address = b.getSockName();
    await a.sendMsg({ data: bytes("x"), address, control });
    await a.sendTo(bytes("y"), address);
    const first = await b.recvMsg(new Uint8Array(8), SOON);
    const second = await b.recvMsg(new Uint8Array(8), SOON);
    assertEquals(first.control.find(({ type }) => type === hops), control[0]);
    assertEquals(first.control.find(({ type }) => type === tos), control[1]);
    assertEquals(second.control.find(({ type }) => type === tos), {
      type: tos,
      value: 0,
    });
    await assertRejects(
      () =>
        a.sendMsg({
          data: bytes("x"),
          address,
          control: [{ type: "SCM_TIMESTAMP", time: 0 }],
        }),
      TypeError,
    );
  },
);

posixTest("descriptors go over a local socket", async () => {
  const [left, right] = socketPair(AF_UNIX, SOCK_STREAM);
  const [a, b] = socketPair(AF_UNIX, SOCK_DGRAM);
  const control: ControlMessage[] = [
    { type: "SCM_RIGHTS", descriptors: [a.fd] },
  ];
  await left.sendMsg({ data: bytes("x"), control });
  a.close();
  const received = await right.recvMsg(new Uint8Array(4), SOON);
  const [rights] = received.control;
  assert(rights?.type === "SCM_RIGHTS" && rights.descriptors.length === 1);
  const adopted = PosixSocket.adopt(rights.descriptors[0]!);
  assertEquals([adopted.family, adopted.type], [AF_UNIX, SOCK_DGRAM]);
  await adopted.send(bytes("through"));
  const buffer = new Uint8Array(8);
  assertEquals(text(buffer, await b.recv(buffer, SOON)), "through");

  // Without room they are lost, closed by the kernel, and that is told.
  await left.sendMsg({
    data: bytes("y"),
    control: [{ type: "SCM_RIGHTS", descriptors: [b.fd] }],
  });
  const cut = await right.recvMsg(new Uint8Array(4), { controlSize: 0 });
  assertEquals([cut.control, cut.controlTruncated], [[], true]);
  assertEquals(cut.flags & MSG_CTRUNC, MSG_CTRUNC);
  for (const end of [adopted, b, left, right]) end.close();
}, "inherit");

eachPosixFamily(
  "what there is no room for beside a message costs no byte of it",
  async (setup) => {
    const isV4 = setup.af === AF_INET;
    using a = setup.bind();
    using b = setup.bind();
    b.setSockOpt(isV4 ? "IP_PKTINFO" : "IPV6_RECVPKTINFO", true);
    const buffer = new Uint8Array(8);
    for (let controlSize = 0; controlSize <= 48; controlSize++) {
      await a.sendTo(bytes("kept"), b.getSockName());
      const message = await b.recvMsg(buffer, { controlSize, ...SOON });
      assertEquals(text(buffer, message.length), "kept");
      const isWhole = controlSize >= 16 + (isV4 ? 12 : 20);
      assertEquals(message.controlTruncated, !isWhole);
      const [info] = message.control;
      const type = isV4 ? "IP_PKTINFO" : "IPV6_PKTINFO";
      assertEquals(info?.type === type, isWhole, `room for ${controlSize}`);
    }
  },
);

posixTest("descriptors that come are not passed on to programs", async () => {
  if (Deno.build.os !== "linux") return;
  const [left, right] = socketPair(AF_UNIX, SOCK_STREAM);
  const control = [
    { type: "SCM_RIGHTS" as const, descriptors: [left.fd, right.fd] },
  ];
  await left.sendMsg({ data: bytes("x"), control });
  const { control: [rights], flags } = await right.recvMsg(new Uint8Array(1));
  assertEquals(flags, 0);
  assert(rights?.type === "SCM_RIGHTS" && rights.descriptors.length === 2);
  const O_CLOEXEC = 0o2000000;
  for (const fd of rights.descriptors) {
    const info = Deno.readTextFileSync(`/proc/self/fdinfo/${fd}`);
    const openFlags = parseInt(/flags:\s+(\d+)/.exec(info)![1]!, 8);
    assertEquals(openFlags & O_CLOEXEC, O_CLOEXEC);
    PosixSocket.adopt(fd).close();
  }
  left.close();
  right.close();
}, "inherit");

posixTest("other control messages pass as bytes", async () => {
  const [left, right] = socketPair(AF_UNIX, SOCK_STREAM);
  using _l = left;
  using _r = right;
  right.setRawSockOpt(1, 16, new Uint8Array([1, 0, 0, 0])); // SO_PASSCRED
  await left.send(bytes("x"));
  const { control } = await right.recvMsg(new Uint8Array(4), SOON);
  const [other] = control;
  assert(other?.type === "other");
  assertEquals([other.level, other.number], [1, 2]); // SCM_CREDENTIALS
  assertEquals(new DataView(other.data.buffer).getInt32(0, true), Deno.pid);
  await left.sendMsg({ data: bytes("y"), control: [other] });
  assertEquals((await right.recvMsg(new Uint8Array(4), SOON)).control, control);
  assertThrows(() => PosixSocket.adopt(99_999), SocketError);
});

eachPosixFamily("bad control messages are refused", async (setup) => {
  using a = setup.bind();
  const address = a.getSockName();
  const own = setup.af === AF_INET ? "IP_PKTINFO" : "IPV6_PKTINFO";
  const other = setup.af === AF_INET ? "::1" : "127.0.0.1";
  const cases: [unknown, string][] = [
    // Taken for 0, they would give standard input away.
    [{ type: "SCM_RIGHTS", descriptors: [undefined] }, "RangeError"],
    [{ type: "SCM_RIGHTS", descriptors: [NaN] }, "RangeError"],
    [{ type: "SCM_RIGHTS", descriptors: [1.5] }, "RangeError"],
    [{ type: "SCM_RIGHTS", descriptors: [2 ** 32] }, "RangeError"],
    [{ type: "IP_TTL", value: 3.5 }, "RangeError"],
    [{ type: "IPV6_TCLASS", value: 2 ** 32 + 5 }, "RangeError"],
    [{ type: "IP_TOS", value: "8" }, "RangeError"],
    [{ type: own, interfaceIndex: 0.5, address: setup.loopback }, "RangeError"],
    [{ type: own, interfaceIndex: 0, address: other }, "TypeError"],
    [{ type: own, interfaceIndex: 0, address: "lo" }, "SyntaxError"],
    [
      { type: "other", level: NaN, number: 1, data: new Uint8Array(4) },
      "RangeError",
    ],
    [{ type: "SCM_TIMESTAMP", time: 0 }, "TypeError"],
    [{ type: "SCM_WHATEVER" }, "TypeError"],
  ];
  for (const [message, kind] of cases) {
    const control = [message as ControlMessage];
    const error = await assertRejects(
      () => a.sendMsg({ data: bytes("x"), address, control }),
      Error,
    );
    assertEquals(error.name, kind, JSON.stringify(message));
  }
  assertEquals(a.recvNow(new Uint8Array(1)), undefined); // nothing was sent
});
