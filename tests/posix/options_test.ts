import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { SocketError, TimedOutError } from "@berkeley/sockets/errors";
import {
  AF_INET6,
  AF_UNIX,
  getSockOpt,
  type PosixSocket,
  setSockOpt,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_STREAM,
  socket,
  type SocketOptionName,
  type SocketOptions,
  socketPair,
} from "../../posix/mod.ts";
import { OPTION_TABLE } from "../../posix/_option_table.ts";
import {
  bytes,
  eachPosixFamily,
  nameOf,
  posixTest,
  SOON,
  text,
} from "./_setup.ts";

type Value = SocketOptions[SocketOptionName];

/** An option that is set and read back. */
interface Case {
  name: SocketOptionName;
  /** What is set, and what is read then where that is something else. */
  values: readonly (readonly [set: Value, read?: Value])[];
  type?: number;
  family?: 4 | 6;
  /** Whether the system may refuse it to those without a capability. */
  isPrivileged?: boolean;
}

const SWITCH = [[true], [false]] as const;
const doubled = (size: number) => [size, 2 * size] as const;

/** On a stream unless said otherwise, on both families unless said otherwise. */
const CASES: readonly Case[] = [
  { name: "SO_BINDTODEVICE", values: [["lo"], [""]], isPrivileged: true },
  { name: "SO_BROADCAST", values: SWITCH, type: SOCK_DGRAM },
  { name: "SO_BUSY_POLL", values: [[50], [0]], isPrivileged: true },
  { name: "SO_DONTROUTE", values: SWITCH },
  { name: "SO_KEEPALIVE", values: SWITCH },
  { name: "SO_LINGER", values: [[0], [5000], [1, 1000], [null]] },
  { name: "SO_MARK", values: [[7], [0]], isPrivileged: true },
  { name: "SO_OOBINLINE", values: SWITCH },
  { name: "SO_PRIORITY", values: [[6], [0]] },
  { name: "SO_RCVBUF", values: [doubled(65_536), doubled(32_768)] },
  { name: "SO_RCVBUFFORCE", values: [[65_536, 0]], isPrivileged: true },
  { name: "SO_RCVLOWAT", values: [[100], [1]] },
  { name: "SO_RCVTIMEO", values: [[1500], [999.99999, 1000], [0]] },
  { name: "SO_REUSEADDR", values: SWITCH },
  { name: "SO_REUSEPORT", values: SWITCH },
  { name: "SO_RXQ_OVFL", values: SWITCH, type: SOCK_DGRAM },
  { name: "SO_SNDBUF", values: [doubled(65_536), doubled(32_768)] },
  { name: "SO_SNDBUFFORCE", values: [[65_536, 0]], isPrivileged: true },
  { name: "SO_SNDTIMEO", values: [[2500], [0]] },
  { name: "SO_TIMESTAMP", values: SWITCH },
  { name: "TCP_CONGESTION", values: [["reno"]] },
  { name: "TCP_CORK", values: SWITCH },
  { name: "TCP_DEFER_ACCEPT", values: [[3000], [0]] },
  { name: "TCP_FASTOPEN", values: [] }, // of listeners: see below
  { name: "TCP_FASTOPEN_CONNECT", values: SWITCH },
  { name: "TCP_KEEPCNT", values: [[3], [9]] },
  { name: "TCP_KEEPIDLE", values: [[60_000], [1500, 2000]] },
  { name: "TCP_KEEPINTVL", values: [[10_000]] },
  { name: "TCP_LINGER2", values: [[5000], [-1, -1000]] },
  { name: "TCP_MAXSEG", values: [] }, // of connections: see below
  { name: "TCP_NODELAY", values: SWITCH },
  { name: "TCP_NOTSENT_LOWAT", values: [[16_384]] },
  { name: "TCP_QUICKACK", values: SWITCH },
  { name: "TCP_SYNCNT", values: [[2]] },
  { name: "TCP_USER_TIMEOUT", values: [[5000], [0]] },
  { name: "TCP_WINDOW_CLAMP", values: [[65_536]] },
  { name: "IP_BIND_ADDRESS_NO_PORT", values: SWITCH, family: 4 },
  { name: "IP_FREEBIND", values: SWITCH, family: 4 },
  { name: "IP_HDRINCL", values: SWITCH, type: SOCK_RAW, family: 4 },
  { name: "IP_MINTTL", values: [[255], [0]], family: 4 },
  { name: "IP_MTU_DISCOVER", values: [[0], [2], [1]], family: 4 },
  { name: "IP_MULTICAST_ALL", values: SWITCH, type: SOCK_DGRAM, family: 4 },
  {
    name: "IP_MULTICAST_IF",
    values: [["127.0.0.1"]],
    type: SOCK_DGRAM,
    family: 4,
  },
  { name: "IP_MULTICAST_LOOP", values: SWITCH, type: SOCK_DGRAM, family: 4 },
  {
    name: "IP_MULTICAST_TTL",
    values: [[7], [0]],
    type: SOCK_DGRAM,
    family: 4,
  },
  { name: "IP_PKTINFO", values: SWITCH, type: SOCK_DGRAM, family: 4 },
  { name: "IP_RECVERR", values: SWITCH, family: 4 },
  { name: "IP_RECVTOS", values: SWITCH, family: 4 },
  { name: "IP_RECVTTL", values: SWITCH, family: 4 },
  { name: "IP_TOS", values: [[0x28], [0]], family: 4 },
  { name: "IP_TTL", values: [[5], [255]], family: 4 },
  { name: "IPV6_DONTFRAG", values: SWITCH, family: 6 },
  { name: "IPV6_MTU", values: [], family: 6 }, // of connections: see below
  { name: "IPV6_MTU_DISCOVER", values: [[0], [2], [1]], family: 6 },
  {
    name: "IPV6_MULTICAST_HOPS",
    values: [[7], [0]],
    type: SOCK_DGRAM,
    family: 6,
  },
  {
    name: "IPV6_MULTICAST_IF",
    values: [[1], [0]],
    type: SOCK_DGRAM,
    family: 6,
  },
  { name: "IPV6_MULTICAST_LOOP", values: SWITCH, type: SOCK_DGRAM, family: 6 },
  { name: "IPV6_RECVERR", values: SWITCH, family: 6 },
  { name: "IPV6_RECVHOPLIMIT", values: SWITCH, family: 6 },
  { name: "IPV6_RECVPKTINFO", values: SWITCH, family: 6 },
  { name: "IPV6_RECVTCLASS", values: SWITCH, family: 6 },
  { name: "IPV6_TCLASS", values: [[0x28], [0]], family: 6 },
  { name: "IPV6_UNICAST_HOPS", values: [[5], [255]], family: 6 },
  { name: "IPV6_V6ONLY", values: SWITCH, family: 6 },
];

/** Those whose effect is all there is, each tested below. */
const BY_EFFECT: readonly SocketOptionName[] = [
  "SO_ACCEPTCONN",
  "SO_DOMAIN",
  "SO_ERROR",
  "SO_PEERCRED",
  "SO_PROTOCOL",
  "SO_TYPE",
  "IP_MTU",
  "IP_ADD_MEMBERSHIP",
  "IP_DROP_MEMBERSHIP",
  "IP_ADD_SOURCE_MEMBERSHIP",
  "IP_DROP_SOURCE_MEMBERSHIP",
  "IPV6_JOIN_GROUP",
  "IPV6_LEAVE_GROUP",
  "MCAST_JOIN_SOURCE_GROUP",
  "MCAST_LEAVE_SOURCE_GROUP",
];

Deno.test("every option of the table is tested", () => {
  const tested = [...CASES.map(({ name }) => name), ...BY_EFFECT];
  assertEquals(tested.toSorted(), Object.keys(OPTION_TABLE).toSorted());
});

function isDenied(error: unknown): boolean {
  return ["EPERM", "EACCES"].includes((error as SocketError).code);
}

eachPosixFamily("options read as they were set", ({ family, af }) => {
  for (const { name, values, type = SOCK_STREAM, ...rest } of CASES) {
    if (rest.family !== undefined && rest.family !== family) continue;
    let one: PosixSocket;
    try {
      one = socket(af, type, type === SOCK_RAW ? 255 : 0);
    } catch (error) {
      if (isDenied(error)) continue; // a raw socket, without CAP_NET_RAW
      throw error;
    }
    using _ = one;
    for (const [value, read = value] of values) {
      try {
        one.setSockOpt(name, value as never);
      } catch (error) {
        if (rest.isPrivileged && isDenied(error)) continue;
        throw error;
      }
      if (name.endsWith("BUFFORCE")) {
        const size = name === "SO_RCVBUFFORCE" ? "SO_RCVBUF" : "SO_SNDBUF";
        assertEquals(one.getSockOpt(size), 2 * (value as number), name);
      } else assertEquals(one.getSockOpt(name), read, `${name} ${value}`);
    }
  }
});

eachPosixFamily("facts are told, and not set", async ({ af, pair, listen }) => {
  using listener = listen();
  using ends = await pair();
  assertEquals(listener.getSockOpt("SO_ACCEPTCONN"), true);
  assertEquals(ends.client.getSockOpt("SO_ACCEPTCONN"), false);
  assertEquals(ends.client.getSockOpt("SO_DOMAIN"), af);
  assertEquals(ends.client.getSockOpt("SO_TYPE"), SOCK_STREAM);
  assertEquals(ends.client.getSockOpt("SO_PROTOCOL"), 6);
  assertEquals(ends.client.getSockOpt("SO_ERROR"), 0);
  const mtu = af === AF_INET6 ? "IPV6_MTU" : "IP_MTU";
  assert(ends.client.getSockOpt(mtu) >= 1280);
  assert(ends.client.getSockOpt("TCP_MAXSEG") > 500);
  listener.setSockOpt("TCP_FASTOPEN", 5);
  assertEquals(listener.getSockOpt("TCP_FASTOPEN"), 5);
  for (const name of ["SO_TYPE", "SO_ERROR", "SO_ACCEPTCONN"] as const) {
    assertThrows(() => ends.client.setSockOpt(name, 1 as never), TypeError);
  }
});

posixTest("SO_PEERCRED tells who is at the other end", () => {
  const [a, b] = socketPair(AF_UNIX, SOCK_STREAM);
  using _a = a;
  using _b = b;
  assertEquals(a.getSockOpt("SO_PEERCRED").pid, Deno.pid);
});

eachPosixFamily("SO_ERROR tells once what went wrong", async ({ bind, af }) => {
  const gone = bind();
  const name = gone.getSockName();
  gone.close();
  using one = socket(af, SOCK_DGRAM);
  await one.connect(name);
  await one.send(bytes("?"));
  let errno = 0;
  for (let i = 0; i < 10_000 && errno === 0; i++) {
    errno = one.getSockOpt("SO_ERROR");
  }
  assertEquals(errno, 111);
  assertEquals(one.getSockOpt("SO_ERROR"), 0);
});

eachPosixFamily("SO_REUSEPORT lets two listen", async ({ af, loopback }) => {
  const open = (port: number) => {
    const listener = socket(af, SOCK_STREAM);
    listener.setSockOpt("SO_REUSEPORT", true);
    listener.bind({ hostname: loopback, port });
    listener.listen(64);
    return listener;
  };
  using first = open(0);
  using second = open(nameOf(first).port);
  const accepted = [0, 0];
  for (let i = 0; i < 64 && accepted.includes(0); i++) {
    using client = socket(af, SOCK_STREAM);
    await client.connect(first.getSockName(), SOON);
    const giveUp = new AbortController();
    const { signal } = giveUp;
    await Promise.any([first, second].map(async (listener, i) => {
      const { socket: server } = await listener.accept({ signal });
      server.close();
      accepted[i]!++;
    }));
    giveUp.abort();
  }
  assert(!accepted.includes(0), accepted.join());
});

posixTest("groups are joined and left, in each of the ways", async () => {
  const v4 = { address: "239.255.7.7", interface: "127.0.0.1" };
  const v4byIndex = { address: "239.255.7.7", interface: 1 };
  const v4byName = { address: "239.255.7.7", interface: "lo" };
  const source4 = { ...v4, address: "232.7.7.7", source: "127.0.0.1" };
  const any4 = { ...source4, interface: "lo" };
  const v6 = { address: "ff02::7777", interface: "lo" };
  const source6 = { address: "ff32::7777", interface: 1, source: "::1" };
  using member = socket(2, SOCK_DGRAM);
  member.bind({ hostname: "0.0.0.0", port: 0 });
  using sender = socket(2, SOCK_DGRAM);
  sender.bind({ hostname: "127.0.0.1", port: 0 });
  sender.setSockOpt("IP_MULTICAST_IF", "lo");
  const { port } = nameOf(member);
  const buffer = new Uint8Array(16);
  const ways = [
    ["IP_ADD_MEMBERSHIP", "IP_DROP_MEMBERSHIP", v4],
    ["IP_ADD_MEMBERSHIP", "IP_DROP_MEMBERSHIP", v4byIndex],
    ["IP_ADD_MEMBERSHIP", "IP_DROP_MEMBERSHIP", v4byName],
    ["IP_ADD_SOURCE_MEMBERSHIP", "IP_DROP_SOURCE_MEMBERSHIP", source4],
    ["MCAST_JOIN_SOURCE_GROUP", "MCAST_LEAVE_SOURCE_GROUP", any4],
  ] as const;
  for (const [join, leave, request] of ways) {
    member.setSockOpt(join, request);
    const to = { hostname: request.address, port };
    await sender.sendTo(bytes("group"), to);
    assertEquals(text(buffer, await member.recv(buffer, SOON)), "group");
    member.setSockOpt(leave, request);
    await sender.sendTo(bytes("left"), to);
    await assertRejects(
      () => member.recv(buffer, { timeout: 10 }),
      TimedOutError,
    );
    assertThrows(() => member.setSockOpt(leave, request), SocketError);
  }
  using six = socket(AF_INET6, SOCK_DGRAM);
  six.setSockOpt("IPV6_JOIN_GROUP", v6);
  assertThrows(() => six.setSockOpt("IPV6_JOIN_GROUP", v6), SocketError);
  six.setSockOpt("IPV6_LEAVE_GROUP", v6);
  six.setSockOpt("MCAST_JOIN_SOURCE_GROUP", source6);
  six.setSockOpt("MCAST_LEAVE_SOURCE_GROUP", source6);
  assertThrows(() => six.getSockOpt("IPV6_JOIN_GROUP"), TypeError);
});

posixTest("options of any descriptor, and by number", () => {
  using one = socket(2, SOCK_STREAM);
  setSockOpt(one.fd, "SO_KEEPALIVE", true);
  assertEquals(getSockOpt(one.fd, "SO_KEEPALIVE"), true);
  one.setRawSockOpt(6, 1, new Uint8Array([1, 0, 0, 0])); // TCP_NODELAY
  assertEquals(one.getRawSockOpt(6, 1, 4), new Uint8Array([1, 0, 0, 0]));
  assertThrows(() => one.getRawSockOpt(6, 9999, 4), SocketError, "ENOPROTOOPT");
  assertThrows(() => getSockOpt(-1, "SO_TYPE"), SocketError, "EBADF");
});

posixTest("bad values are refused, and say for which option", () => {
  using one = socket(2, SOCK_STREAM);
  const cases: [SocketOptionName, unknown, string][] = [
    ["SO_KEEPALIVE", 1, "TypeError"],
    ["SO_RCVBUF", 1.5, "RangeError"],
    ["SO_RCVBUF", 2 ** 31, "RangeError"],
    ["SO_RCVBUF", "1", "RangeError"],
    ["SO_LINGER", -1, "RangeError"],
    ["SO_RCVTIMEO", NaN, "RangeError"],
    ["SO_RCVTIMEO", "100", "RangeError"],
    ["SO_LINGER", "2000", "RangeError"],
    ["SO_LINGER", true, "RangeError"],
    ["TCP_KEEPIDLE", "5000", "RangeError"],
    ["TCP_KEEPIDLE", 10n, "RangeError"],
    ["TCP_KEEPIDLE", Infinity, "RangeError"],
    ["TCP_CONGESTION", "x".repeat(16), "RangeError"], // which C would cut
    ["TCP_CONGESTION", "cubic\0", "TypeError"],
    ["SO_BINDTODEVICE", undefined, "TypeError"],
    ["IP_MULTICAST_IF", "not-there", "TypeError"],
    ["IP_ADD_MEMBERSHIP", { address: "ff02::1" }, "TypeError"],
    ["IPV6_JOIN_GROUP", { address: "239.1.1.1" }, "TypeError"],
    ["SO_WHATEVER" as SocketOptionName, 1, "TypeError"],
  ];
  for (const [name, value, kind] of cases) {
    const error = assertThrows(
      () => one.setSockOpt(name, value as never),
      Error,
    );
    assertEquals(error.name, kind, `${name} ${value}`);
    assert(error.message.includes(name) || kind === "TypeError", error.message);
  }
  assertThrows(() => one.setSockOpt("IP_TTL", 300), SocketError, "EINVAL");
});
