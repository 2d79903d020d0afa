/**
 * Broadcast, and multicast on loopback.
 *
 * @module
 */
import { type Scenario, settle } from "./_scenario.ts";
import { EMULATED, listen, receive } from "./_udp_pair.ts";

/** A group, and an interface to join it on. */
const GROUP = "239.255.42.99";
const VIA = "127.0.0.1";
const NO_REASON = "node:dgram reports no reason of a failed send";
const NODE_INVALID = "node:dgram calls it an invalid argument, or joins anyway";
/** Scenarios of broadcast and of multicast on loopback. */
export const UDP_GROUPS: readonly Scenario[] = [
  {
    name: "a broadcast address needs broadcast",
    family: 4,
    async run({ bindUdp, log }) {
      await using socket = await bindUdp({ hostname: "127.0.0.1" });
      for (const hostname of ["127.255.255.255", "255.255.255.255"]) {
        const to = { hostname, port: 9 };
        await log.call(`send to ${hostname}`, socket.sendTo("x", to));
      }
    },
  },
  {
    name: "connect() to a broadcast address needs broadcast",
    family: 4,
    differs: { deno: EMULATED, node: EMULATED },
    async run({ bindUdp, log }) {
      await using socket = await bindUdp({ hostname: "127.0.0.1" });
      const to = { hostname: "127.255.255.255", port: 9 };
      using _client = await log.call("connect", socket.connect(to));
    },
  },
  {
    name: "a broadcast on loopback reaches sockets on all addresses",
    family: 4,
    async run(context) {
      const { bindUdp } = context;
      await using all = await bindUdp({ hostname: "0.0.0.0" });
      const { port } = all.localAddr;
      await using one = await bindUdp({ hostname: "127.0.0.1" });
      await using sender = await bindUdp({
        hostname: "127.0.0.1",
        broadcast: true,
      });
      for (const each of [port, one.localAddr.port]) {
        await sender.sendTo("x", { hostname: "127.255.255.255", port: each });
      }
      await receive(context, "all", all);
      await listen(context, "all again", all);
      await listen(context, "specific", one);
    },
  },
  {
    name: "a member of a group receives, until it leaves",
    family: 4,
    async run(context) {
      const { bindUdp } = context;
      await using member = await bindUdp({ hostname: "0.0.0.0" });
      await using sender = await bindUdp({ hostname: "0.0.0.0" });
      const to = { hostname: GROUP, port: member.localAddr.port };
      sender.setMulticastInterface(VIA);
      await sender.sendTo("before", to);
      await settle();
      await member.joinMulticast(GROUP, { interface: VIA });
      await sender.sendTo("while", to);
      await receive(context, "receive", member);
      await member.leaveMulticast(GROUP, { interface: VIA });
      await sender.sendTo("after", to);
      await listen(context, "receive", member);
    },
  },
  {
    name: "a socket receives what others have joined",
    family: 4,
    async run(context) {
      const { bindUdp } = context;
      await using member = await bindUdp({ hostname: "0.0.0.0" });
      await using other = await bindUdp({ hostname: "0.0.0.0" });
      await member.joinMulticast(GROUP, { interface: VIA });
      await using sender = await bindUdp({ hostname: "0.0.0.0" });
      sender.setMulticastInterface(VIA);
      const to = { hostname: GROUP, port: other.localAddr.port };
      await sender.sendTo("x", to);
      await receive(context, "other", other);
    },
  },
  {
    name: "all sockets of a port receive a multicast",
    family: 4,
    async run(context) {
      const { bindUdp } = context;
      const reuse = { hostname: "0.0.0.0", reuseAddress: true };
      await using one = await bindUdp(reuse);
      const { port } = one.localAddr;
      await using two = await bindUdp({ ...reuse, port });
      for (const each of [one, two]) {
        await each.joinMulticast(GROUP, { interface: VIA });
      }
      await using sender = await bindUdp({ hostname: "0.0.0.0" });
      sender.setMulticastInterface(VIA);
      await sender.sendTo("x", { hostname: GROUP, port });
      await receive(context, "one", one);
      await receive(context, "two", two);
    },
  },
  {
    name: "multicast on loopback ignores setMulticastLoopback(false)",
    family: 4,
    async run(context) {
      const { bindUdp } = context;
      await using member = await bindUdp({ hostname: "0.0.0.0" });
      await member.joinMulticast(GROUP, { interface: VIA });
      await using sender = await bindUdp({ hostname: "0.0.0.0" });
      sender.setMulticastInterface(VIA);
      sender.setMulticastLoopback(false);
      const { port } = member.localAddr;
      await sender.sendTo("x", { hostname: GROUP, port });
      await receive(context, "member", member);
    },
  },
  {
    name: "a member with a source hears it only",
    family: 4,
    async run(context) {
      const { bindUdp, log } = context;
      const source = "127.0.0.1";
      const other = "127.0.0.2";
      await using member = await bindUdp({ hostname: "0.0.0.0" });
      const { port } = member.localAddr;
      await using sender = await bindUdp({ hostname: "0.0.0.0" });
      sender.setMulticastInterface(VIA);
      await member.joinMulticast(GROUP, { interface: VIA, source: other });
      await sender.sendTo("unheard", { hostname: GROUP, port });
      await listen(context, "other", member);
      await member.joinMulticast(GROUP, { interface: VIA, source });
      await sender.sendTo("heard", { hostname: GROUP, port });
      await receive(context, "source", member);
      await log.call(
        "leave",
        member.leaveMulticast(GROUP, {
          ...{ interface: VIA, source: other },
        }),
      );
      await sender.sendTo("still", { hostname: GROUP, port });
      await receive(context, "source", member);
    },
  },
  {
    name: "memberships that fail",
    family: 4,
    async run(context) {
      const { bindUdp, log } = context;
      await using socket = await bindUdp({ hostname: "0.0.0.0" });
      const options = { interface: VIA };
      await log.call("join", socket.joinMulticast(GROUP, options));
      await log.call("again", socket.joinMulticast(GROUP, options));
      await log.call("leave", socket.leaveMulticast(GROUP, options));
      await log.call("again", socket.leaveMulticast(GROUP, options));
      await log.call("no group", socket.joinMulticast("10.0.0.1"));
    },
  },
  {
    name: "IPv6 has no route to a group by loopback",
    family: 6,
    differs: { deno: NO_REASON, node: NO_REASON },
    async run({ bindUdp, log }) {
      await using socket = await bindUdp({ hostname: "::" });
      await log.call(
        "join",
        socket.joinMulticast("ff01::42:99", { interface: "lo" }),
      );
      socket.setMulticastInterface("lo");
      const to = { hostname: "ff01::42:99", port: socket.localAddr.port };
      await log.call("send", socket.sendTo("x", to));
    },
  },
  {
    name: "memberships of IPv6 that fail",
    family: 6,
    async run({ bindUdp, log }) {
      const group = "ff01::42:99";
      await using socket = await bindUdp({ hostname: "::" });
      const options = { interface: "lo" };
      await log.call("join", socket.joinMulticast(group, options));
      await log.call("again", socket.joinMulticast(group, options));
      await log.call("leave", socket.leaveMulticast(group, options));
      await log.call("again", socket.leaveMulticast(group, options));
      await log.call("no group", socket.joinMulticast("239.1.2.3"));
    },
  },
  {
    name: "an interface that the host does not have",
    differs: {
      posix: "the message names the option",
      deno: NODE_INVALID,
      node: NODE_INVALID,
    },
    async run({ bindUdp, family: { any, family }, log }) {
      await using socket = await bindUdp({ hostname: any });
      const [group, via] = family === 4
        ? ["239.255.42.99", "192.0.2.1"]
        : ["ff01::42:99", 12_345];
      const joining = socket.joinMulticast(group, { interface: via });
      await log.call("join", joining);
    },
  },
];
