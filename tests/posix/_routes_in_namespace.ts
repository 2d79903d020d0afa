/** Options that choose ways; run by namespace_test.ts in a namespace of its own. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  MessageTooLongError,
  SocketError,
  TimedOutError,
} from "@berkeley/sockets/errors";
import {
  AF_INET,
  AF_INET6,
  MSG_DONTROUTE,
  type PosixSocket,
  SOCK_DGRAM,
  SOCK_STREAM,
  socket,
} from "../../posix/mod.ts";
import { run } from "../_namespace.ts";
import { bytes, eachPosixFamily, nameOf, NEVER, SOON, text } from "./_setup.ts";

/** A link, and who is at its other end: one that has an address and says nothing. */
const NEAR = "near";
const OWN = { 4: "192.0.2.1", 6: "2001:db8:1::1" };
const SILENT = { 4: "192.0.2.2", 6: "2001:db8:1::2" };
/** One that only a gateway leads to. */
const AWAY = { 4: "198.51.100.7", 6: "2001:db8:ffff::7" };

for (
  const command of [
    "link set lo up mtu 1500",
    `link add ${NEAR} type veth peer name far`,
    `address add ${OWN[4]}/24 dev ${NEAR}`,
    `address add ${OWN[6]}/64 dev ${NEAR} nodad`,
    `link set ${NEAR} up`,
    "link set far up",
    `neighbour add ${SILENT[4]} lladdr 02:00:00:00:00:01 dev ${NEAR}`,
    `neighbour add ${SILENT[6]} lladdr 02:00:00:00:00:01 dev ${NEAR}`,
    `route add 198.51.100.0/24 via ${SILENT[4]}`,
    `route add 2001:db8:ffff::/48 via ${SILENT[6]}`,
    "-4 rule add pref 10 fwmark 7 prohibit",
    "-6 rule add pref 10 fwmark 7 prohibit",
  ]
) run("ip", ...command.split(" "));
Deno.writeTextFileSync("/proc/sys/net/ipv4/tcp_fastopen", "3");
const INDEX = Number(run("ip", "-o", "link", "show", NEAR).split(":")[0]);

/** A socket for datagrams on all addresses. */
function bindAny(af: number, before?: (socket: PosixSocket) => void) {
  const opened = socket(af, SOCK_DGRAM);
  before?.(opened);
  opened.bind({ hostname: af === AF_INET ? "0.0.0.0" : "::", port: 0 });
  return opened;
}

function isHeard(receiver: PosixSocket): Promise<boolean> {
  return receiver.recv(new Uint8Array(4096), NEVER).then(
    () => true,
    (error) => {
      assert(error instanceof TimedOutError);
      return false;
    },
  );
}

eachPosixFamily("SO_BINDTODEVICE hears one interface", async (setup) => {
  const { af, loopback } = setup;
  using bound = bindAny(
    af,
    (socket) => socket.setSockOpt("SO_BINDTODEVICE", NEAR),
  );
  using sender = setup.bind();
  const to = { hostname: loopback, port: nameOf(bound).port };
  await sender.sendTo(bytes("x"), to);
  assertEquals(await isHeard(bound), false);
  bound.setSockOpt("SO_BINDTODEVICE", "lo");
  await sender.sendTo(bytes("x"), to);
  assertEquals(await isHeard(bound), true);
});

eachPosixFamily("what exceeds the MTU is refused, or split", async (setup) => {
  const isV4 = setup.af === AF_INET;
  using a = setup.bind();
  using b = setup.bind();
  const data = new Uint8Array(3000).fill(7);
  const to = b.getSockName();
  const discover = isV4 ? "IP_MTU_DISCOVER" : "IPV6_MTU_DISCOVER";
  a.setSockOpt(discover, 2); // always
  if (!isV4) a.setSockOpt("IPV6_DONTFRAG", true);
  await assertRejects(() => a.sendTo(data, to), MessageTooLongError);
  if (!isV4) a.setSockOpt("IPV6_DONTFRAG", false);
  a.setSockOpt(discover, 0); // never
  await a.sendTo(data, to);
  assertEquals(await b.recv(new Uint8Array(4096), SOON), 3000);
  await a.connect(to);
  assertEquals(a.getSockOpt(isV4 ? "IP_MTU" : "IPV6_MTU"), 1500);
});

eachPosixFamily(
  "SO_DONTROUTE and MSG_DONTROUTE use no gateway",
  async (setup) => {
    if (setup.af === AF_INET6) return; // Linux has it for IPv4 alone
    using one = bindAny(setup.af);
    const away = { hostname: AWAY[setup.family], port: 9 };
    const onLink = { hostname: SILENT[setup.family], port: 9 };
    await one.sendTo(bytes("x"), away);
    const flags = MSG_DONTROUTE;
    await assertRejects(
      () => one.sendTo(bytes("x"), away, { flags }),
      SocketError,
    );
    await one.sendTo(bytes("x"), onLink, { flags });
    one.setSockOpt("SO_DONTROUTE", true);
    await assertRejects(() => one.sendTo(bytes("x"), away), SocketError);
  },
);

eachPosixFamily("SO_MARK chooses the route", async (setup) => {
  using one = bindAny(setup.af);
  const away = { hostname: AWAY[setup.family], port: 9 };
  await one.sendTo(bytes("x"), away);
  one.setSockOpt("SO_MARK", 7);
  await assertRejects(
    () => one.sendTo(bytes("x"), away),
    SocketError,
    "EACCES",
  );
});

eachPosixFamily(
  "multicast: how far, and whether it comes back",
  async (setup) => {
    const isV4 = setup.af === AF_INET;
    const address = isV4 ? "239.255.7.8" : "ff02::7778";
    using member = bindAny(setup.af);
    using sender = bindAny(setup.af);
    const to = { hostname: address, port: nameOf(member).port };
    if (isV4) {
      const group = { address, interface: OWN[4] };
      member.setSockOpt("IP_ADD_MEMBERSHIP", group);
      member.setSockOpt("IP_RECVTTL", true);
      sender.setSockOpt("IP_MULTICAST_IF", INDEX);
      sender.setSockOpt("IP_MULTICAST_TTL", 7);
    } else {
      const group = { address, interface: INDEX };
      member.setSockOpt("IPV6_JOIN_GROUP", group);
      member.setSockOpt("IPV6_RECVHOPLIMIT", true);
      sender.setSockOpt("IPV6_MULTICAST_IF", INDEX);
      sender.setSockOpt("IPV6_MULTICAST_HOPS", 7);
    }
    const buffer = new Uint8Array(8);
    await sender.sendTo(bytes("x"), to);
    const { control } = await member.recvMsg(buffer, SOON);
    const type = isV4 ? "IP_TTL" as const : "IPV6_HOPLIMIT" as const;
    assertEquals(control, [{ type, value: 7 }]);
    const loop = isV4 ? "IP_MULTICAST_LOOP" : "IPV6_MULTICAST_LOOP";
    sender.setSockOpt(loop, false);
    await sender.sendTo(bytes("x"), to);
    assertEquals(await isHeard(member), false);
    sender.setSockOpt(loop, true);
    if (!isV4) return;
    // The host is a member, if not this socket.
    using bystander = bindAny(AF_INET);
    const there = { hostname: address, port: nameOf(bystander).port };
    await sender.sendTo(bytes("all"), there);
    assertEquals(text(buffer, await bystander.recv(buffer, SOON)), "all");
    bystander.setSockOpt("IP_MULTICAST_ALL", false);
    await sender.sendTo(bytes("all"), there);
    assertEquals(await isHeard(bystander), false);
  },
);

eachPosixFamily("one source of a group is heard, or none", async (setup) => {
  const isV4 = setup.af === AF_INET;
  const address = isV4 ? "232.7.7.7" : "ff32::7777";
  const source = OWN[setup.family];
  using member = bindAny(setup.af);
  using sender = socket(setup.af, SOCK_DGRAM);
  sender.bind({ hostname: source, port: 0 });
  if (isV4) sender.setSockOpt("IP_MULTICAST_IF", INDEX);
  else sender.setSockOpt("IPV6_MULTICAST_IF", INDEX);
  const to = { hostname: address, port: nameOf(member).port };
  const request = (source: string) => ({
    address,
    interface: INDEX,
    source,
  });
  member.setSockOpt("MCAST_JOIN_SOURCE_GROUP", request(source));
  await sender.sendTo(bytes("x"), to);
  assertEquals(await isHeard(member), true);
  member.setSockOpt("MCAST_LEAVE_SOURCE_GROUP", request(source));
  member.setSockOpt("MCAST_JOIN_SOURCE_GROUP", request(SILENT[setup.family]));
  await sender.sendTo(bytes("x"), to);
  assertEquals(await isHeard(member), false);
});

eachPosixFamily("TCP_FASTOPEN sends data with the SYN", async (setup) => {
  if (setup.af === AF_INET6) return; // the same code
  using listener = socket(AF_INET, SOCK_STREAM);
  listener.bind({ hostname: "127.0.0.1", port: 0 });
  listener.setSockOpt("TCP_FASTOPEN", 5);
  listener.listen();
  const isWithSyn: boolean[] = [];
  for (let i = 0; i < 2; i++) {
    using client = socket(AF_INET, SOCK_STREAM);
    client.setSockOpt("TCP_FASTOPEN_CONNECT", true);
    await client.connect(listener.getSockName(), SOON);
    await client.send(bytes("early"));
    using server = (await listener.accept(SOON)).socket;
    const buffer = new Uint8Array(8);
    assertEquals(text(buffer, await server.recv(buffer, SOON)), "early");
    const options = server.getRawSockOpt(6, 11, 8)[5]!; // tcpi_options
    isWithSyn.push((options & 32) !== 0); // TCPI_OPT_SYN_DATA
  }
  // The first connection brings the cookie that the second one needs.
  assertEquals(isWithSyn, [false, true]);
});
