/**
 * What happens to UDP sockets.
 *
 * @module
 */
import type { Datagram, UdpEndpoint } from "../../../udp/mod.ts";
import { at, type Context, type Scenario, settle } from "./_scenario.ts";

/** A group, and an interface to join it on. */
const GROUP = "239.255.42.99";
const VIA = "127.0.0.1";
const NO_REASON = "node:dgram reports no reason of a failed send";
const NODE_INVALID = "node:dgram calls it an invalid argument, or joins anyway";
const EMULATED = "the library filters, and no kernel reports refusals";

/** The text of a datagram, and who sent it. */
function shown({ data, address, truncated }: Datagram): unknown {
  const text = new TextDecoder().decode(data);
  return [text, at(address), ...(truncated ? ["truncated"] : [])];
}

/** Receives what is sure to arrive. */
function receive({ log }: Context, label: string, socket: UdpEndpoint) {
  return log.call(label, socket.receive({ timeout: 10_000 }), shown);
}

/** Receives where nothing arrives, or a refusal, which is there already. */
function listen({ log }: Context, label: string, socket: UdpEndpoint) {
  return log.call(label, socket.receive({ timeout: 5 }), shown);
}

/** Binds a server, and connects a client to it. */
async function withPair(
  { bindUdp, connectUdp, family: { loopback } }: Context,
  body: (
    server: Awaited<ReturnType<Context["bindUdp"]>>,
    client: Awaited<ReturnType<Context["connectUdp"]>>,
  ) => Promise<void>,
): Promise<void> {
  await using server = await bindUdp({ hostname: loopback });
  await using client = await connectUdp(server.localAddr);
  await body(server, client);
}

/** A port that no socket has. */
async function closedPort({ bindUdp, family }: Context): Promise<number> {
  await using socket = await bindUdp({ hostname: family.loopback });
  return socket.localAddr.port;
}

/** Scenarios of unicast. */
export const UDP: readonly Scenario[] = [
  {
    name: "datagrams go both ways",
    run: (context) =>
      withPair(context, async (server, client) => {
        const { log } = context;
        log.note("server", at(server.localAddr));
        log.note("client", [at(client.localAddr), at(client.remoteAddr)]);
        await log.call("send", client.send("ping"), (count) => count);
        await receive(context, "server", server);
        await server.sendTo("pong", client.localAddr);
        await receive(context, "client", client);
      }),
  },
  {
    name: "an empty datagram is one",
    run: (context) =>
      withPair(context, async (server, client) => {
        await client.send(new Uint8Array(0));
        await receive(context, "server", server);
      }),
  },
  {
    name: "bind to a port in use",
    async run({ bindUdp, family: { loopback, any }, log }) {
      await using socket = await bindUdp({ hostname: loopback });
      const { port } = socket.localAddr;
      await log.call("same", bindUdp({ hostname: loopback, port }));
      await log.call("any", bindUdp({ hostname: any, port }));
      const reuseAddress = true;
      await log.call("reuse", bindUdp({ hostname: any, port, reuseAddress }));
    },
  },
  {
    name: "bind to a port that is in use on all addresses",
    async run({ bindUdp, family: { loopback, any }, log }) {
      await using socket = await bindUdp({ hostname: any });
      const { port } = socket.localAddr;
      await log.call("loopback", bindUdp({ hostname: loopback, port }));
    },
  },
  {
    name: "bind to the same port of two addresses",
    family: 4,
    async run({ bindUdp, log }) {
      await using one = await bindUdp({ hostname: "127.0.0.1" });
      const { port } = one.localAddr;
      await using two = await bindUdp({ hostname: "127.0.0.2", port });
      log.note("second", at(two.localAddr));
    },
  },
  {
    name: "bind to an address of another host",
    async run({ bindUdp, family: { family }, log }) {
      const hostname = family === 4 ? "192.0.2.1" : "2001:db8::1";
      await log.call("bind", bindUdp({ hostname }));
    },
  },
  {
    name: "bind to the port of a socket that was closed",
    async run({ bindUdp, family: { loopback }, log }) {
      const one = await bindUdp({ hostname: loopback });
      const { port } = one.localAddr;
      await one[Symbol.asyncDispose]();
      await using two = await bindUdp({ hostname: loopback, port });
      log.note("same", two.localAddr.port === port);
    },
  },
  {
    name: "of two sockets with the same address, the last one receives",
    async run(context) {
      const { bindUdp, family: { loopback } } = context;
      const reuseAddress = true;
      await using one = await bindUdp({ hostname: loopback, reuseAddress });
      const { port } = one.localAddr;
      await using two = await bindUdp({
        ...{ hostname: loopback, port, reuseAddress },
      });
      await using sender = await bindUdp({ hostname: loopback });
      await sender.sendTo("x", one.localAddr);
      await receive(context, "second", two);
      await listen(context, "first", one);
    },
  },
  {
    name: "a specific address comes before all addresses",
    async run(context) {
      const { bindUdp, family: { loopback, any } } = context;
      const reuseAddress = true;
      await using one = await bindUdp({ hostname: loopback, reuseAddress });
      const { port } = one.localAddr;
      await using all = await bindUdp({ hostname: any, port, reuseAddress });
      await using sender = await bindUdp({ hostname: loopback });
      await sender.sendTo("x", one.localAddr);
      await receive(context, "specific", one);
      await listen(context, "all", all);
    },
  },
  {
    name: "an IPv4 socket comes before a dual-stack one",
    family: 4,
    async run(context) {
      const { bindUdp } = context;
      const reuseAddress = true;
      await using four = await bindUdp({ hostname: "0.0.0.0", reuseAddress });
      const { port } = four.localAddr;
      await using six = await bindUdp({ hostname: "::", port, reuseAddress });
      await using sender = await bindUdp({ hostname: "::" });
      await sender.sendTo("4", { hostname: "127.0.0.1", port });
      await sender.sendTo("6", { hostname: "::1", port });
      await receive(context, "IPv4", four);
      await receive(context, "IPv6", six);
    },
  },
  {
    name: "a dual-stack socket has the port of both families",
    family: 6,
    async run({ bindUdp, log }) {
      await using both = await bindUdp({ hostname: "::" });
      const { port } = both.localAddr;
      await log.call("IPv4", bindUdp({ hostname: "0.0.0.0", port }));
      await log.call("loopback", bindUdp({ hostname: "127.0.0.1", port }));
      await log.call("IPv6", bindUdp({ hostname: "::1", port }));
    },
  },
  {
    name: "a dual-stack socket talks to both families",
    family: 6,
    async run(context) {
      const { bindUdp } = context;
      await using server = await bindUdp({ hostname: "::" });
      const { port } = server.localAddr;
      for (const hostname of ["127.0.0.1", "::1"]) {
        await using client = await bindUdp({ hostname });
        await client.sendTo("hi", { hostname, port });
        await receive(context, "server", server);
        await server.sendTo("ho", client.localAddr);
        await receive(context, "client", client);
      }
    },
  },
  {
    name: "an IPv4 socket cannot send to IPv6",
    family: 4,
    async run({ bindUdp, log }) {
      await using socket = await bindUdp({ hostname: "127.0.0.1" });
      const to = { hostname: "::1", port: 9 };
      await log.call("send", socket.sendTo("x", to));
      await log.call("connect", socket.connect(to));
    },
  },
  {
    name: "a refusal fails a pending receive",
    differs: { deno: EMULATED, node: EMULATED },
    async run(context) {
      const { connectUdp, family: { loopback }, log } = context;
      const port = await closedPort(context);
      await using client = await connectUdp({ hostname: loopback, port });
      const receiving = listen(context, "receive", client);
      await log.call("send", client.send("x"));
      await receiving;
      await listen(context, "receive again", client);
    },
  },
  {
    name: "a refusal fails the next send, which sends nothing",
    differs: { deno: EMULATED, node: EMULATED },
    async run(context) {
      const { connectUdp, bindUdp, family: { loopback }, log } = context;
      const port = await closedPort(context);
      await using client = await connectUdp({ hostname: loopback, port });
      await log.call("first", client.send("1"));
      await settle();
      await using server = await bindUdp({ hostname: loopback, port });
      await log.call("second", client.send("2"));
      await log.call("third", client.send("3"));
      await receive(context, "server", server);
    },
  },
  {
    name: "a refusal comes before datagrams that have arrived",
    differs: { deno: EMULATED, node: EMULATED },
    run: (context) =>
      withPair(context, async (server, client) => {
        await server.sendTo("early", client.localAddr);
        await server[Symbol.asyncDispose]();
        await client.send("x");
        await settle();
        await listen(context, "first", client);
        await listen(context, "second", client);
      }),
  },
  {
    name: "a refusal fails sendMany()",
    differs: { deno: EMULATED, node: EMULATED },
    async run(context) {
      const { connectUdp, family: { loopback }, log } = context;
      const port = await closedPort(context);
      await using client = await connectUdp({ hostname: loopback, port });
      await client.send("x");
      await settle();
      const two = [new Uint8Array(1), new Uint8Array(1)];
      await log.call("sendMany", client.sendMany(two), (count) => count);
      log.note("sent", client.stats.sent);
    },
  },
  {
    name: "an unconnected socket hears of no refusal",
    async run(context) {
      const { bindUdp, family: { loopback }, log } = context;
      const port = await closedPort(context);
      await using socket = await bindUdp({ hostname: loopback });
      for (const label of ["first", "second"]) {
        await log.call(label, socket.sendTo("x", { hostname: loopback, port }));
        await settle();
      }
      await listen(context, "receive", socket);
    },
  },
  {
    name: "a connected socket receives from its peer only",
    run: (context) =>
      withPair(context, async (server, client) => {
        const { bindUdp, family: { loopback } } = context;
        await using stranger = await bindUdp({ hostname: loopback });
        await stranger.sendTo("stranger", client.localAddr);
        await server.sendTo("peer", client.localAddr);
        await receive(context, "first", client);
        await listen(context, "second", client);
      }),
  },
  {
    name: "a connected socket refuses strangers",
    differs: { deno: EMULATED, node: EMULATED },
    run: (context) =>
      withPair(context, async (_server, client) => {
        await using rival = await context.connectUdp(client.localAddr);
        await rival.send("x");
        await listen(context, "rival", rival);
      }),
  },
  {
    name: "datagrams of others from before connect() are not received",
    async run(context) {
      const { bindUdp, family: { loopback } } = context;
      await using peer = await bindUdp({ hostname: loopback });
      await using stranger = await bindUdp({ hostname: loopback });
      const socket = await bindUdp({ hostname: loopback });
      await stranger.sendTo("stranger", socket.localAddr);
      await settle();
      await using client = await socket.connect(peer.localAddr);
      await listen(context, "first", client);
    },
  },
  {
    name: "connect() to another peer",
    run: (context) =>
      withPair(context, async (server, client) => {
        const { bindUdp, family: { loopback }, log } = context;
        await using other = await bindUdp({ hostname: loopback });
        await log.call("connect", client.connect(other.localAddr));
        log.note("addresses", [at(client.localAddr), at(client.remoteAddr)]);
        await client.send("x");
        await receive(context, "other", other);
        await server.sendTo("former", client.localAddr);
        await other.sendTo("other", client.localAddr);
        await receive(context, "client", client);
      }),
  },
  {
    name: "connect() and disconnect() of a socket on all addresses",
    differs: {
      deno: "the address stays unspecified",
      node: "the address stays unspecified",
    },
    async run(context) {
      const { bindUdp, family: { loopback, any }, log } = context;
      await using peer = await bindUdp({ hostname: loopback });
      const socket = await bindUdp({ hostname: any });
      log.note("bound", at(socket.localAddr));
      const client = await socket.connect(peer.localAddr);
      log.note("connected", [at(client.localAddr), socket.isClosed]);
      await using again = client.disconnect();
      log.note("disconnected", [at(again.localAddr), client.isClosed]);
      await using stranger = await bindUdp({ hostname: loopback });
      const { port } = again.localAddr;
      await stranger.sendTo("stranger", { hostname: loopback, port });
      await receive(context, "receive", again);
    },
  },
  {
    name: "a dual-stack socket connects to an IPv4 peer",
    family: 6,
    differs: {
      deno: "the address stays unspecified",
      node: "the address stays unspecified",
    },
    async run(context) {
      const { bindUdp, log } = context;
      await using peer = await bindUdp({ hostname: "127.0.0.1" });
      await using client = await (await bindUdp({ hostname: "::" }))
        .connect(peer.localAddr);
      log.note("addresses", [at(client.localAddr), at(client.remoteAddr)]);
      await client.send("x");
      await receive(context, "peer", peer);
      const { port } = client.localAddr;
      await peer.sendTo("y", { hostname: "127.0.0.1", port });
      await receive(context, "client", client);
    },
  },
  {
    name: "a socket on loopback has no way to another host",
    family: 4,
    differs: { deno: EMULATED, node: EMULATED },
    async run({ bindUdp, log }) {
      await using socket = await bindUdp({ hostname: "127.0.0.1" });
      const away = { hostname: "192.0.2.1", port: 9 };
      using _client = await log.call("connect", socket.connect(away));
    },
  },
  {
    name: "a datagram over maxDatagramSize loses its end",
    async run(context) {
      const { bindUdp, connectUdp, family: { loopback } } = context;
      await using server = await bindUdp({
        hostname: loopback,
        maxDatagramSize: 4,
      });
      await using client = await connectUdp(server.localAddr);
      for (const text of ["12345", "1234"]) {
        await client.send(text);
        await receive(context, text, server);
      }
    },
  },
  {
    name: "receiveInto() a buffer that is too small",
    run: (context) =>
      withPair(context, async (server, client) => {
        const buffer = new Uint8Array(4);
        await client.send("12345");
        await context.log.call(
          "receive",
          server.receiveInto(buffer, { timeout: 10_000 }),
          ({ length, truncated }) => [length, truncated],
        );
        await client.send("12");
        await receive(context, "next", server);
      }),
  },
  {
    name: "the largest datagram, and one byte more",
    async run({ bindUdp, connectUdp, family: { family, loopback }, log }) {
      await using server = await bindUdp({
        hostname: loopback,
        maxDatagramSize: 65_535,
      });
      await using client = await connectUdp(server.localAddr);
      const most = family === 4 ? 65_507 : 65_527;
      await log.call("most", client.send(new Uint8Array(most)), (n) => n);
      await log.call(
        "receive",
        server.receive({ timeout: 10_000 }),
        ({ data, truncated }) => [data.length, truncated],
      );
      await log.call("more", client.send(new Uint8Array(most + 1)));
    },
  },
  {
    name: "IPv4 has the smaller largest datagram on a dual-stack socket, too",
    family: 6,
    async run({ bindUdp, log }) {
      await using server = await bindUdp({ hostname: "127.0.0.1" });
      await using client = await bindUdp({ hostname: "::" });
      await log.call(
        "send",
        client.sendTo(new Uint8Array(65_510), server.localAddr),
      );
    },
  },
  {
    name: "a full queue drops, and counts",
    lacks: { posix: "the kernel drops, and does not say" },
    async run({ bindUdp, connectUdp, family: { loopback }, log }) {
      await using server = await bindUdp({
        hostname: loopback,
        maxQueuedDatagrams: 2,
        dropPolicy: "oldest",
      });
      await using client = await connectUdp(server.localAddr);
      for (let i = 0; i < 5; i++) await client.send(`${i}`);
      for (let i = 0; i < 1000 && server.dropped < 3; i++) await settle(1);
      log.note("dropped", server.dropped);
      for (const label of ["first", "second"]) {
        await log.call(
          label,
          server.receive({ timeout: 10_000 }),
          ({ data }) => data,
        );
      }
    },
  },
  {
    name: "sendMany() to several sockets",
    async run(context) {
      const { bindUdp, family: { loopback }, log } = context;
      await using a = await bindUdp({ hostname: loopback });
      await using b = await bindUdp({ hostname: loopback });
      const data = new TextEncoder().encode("both");
      await log.call(
        "sendMany",
        a.sendMany([a, b].map(({ localAddr }) => ({
          data,
          address: localAddr,
        }))),
        (count) => count,
      );
      await receive(context, "a", a);
      await receive(context, "b", b);
      log.note("stats", [a.stats, b.stats]);
    },
  },
  {
    name: "receive() times out, is aborted, and then gets the datagram",
    run: (context) =>
      withPair(context, async (server, client) => {
        const { log } = context;
        await log.call("timeout", server.receive({ timeout: 2 }));
        const controller = new AbortController();
        const { signal } = controller;
        const receiving = server.receive({ signal });
        controller.abort(new Error("enough"));
        await log.call("abort", receiving);
        await client.send("x");
        await receive(context, "receive", server);
      }),
  },
  {
    name: "close() fails pending and later calls",
    run: (context) =>
      withPair(context, async (server, client) => {
        const { log } = context;
        const receiving = server.receive();
        server.close();
        await log.call("pending", receiving);
        await log.call("receive", server.receive());
        await log.call("send", server.sendTo("x", client.localAddr));
        await log.call("set", () => server.setTtl(9));
        client.close();
        await log.call("client", client.send("x"));
      }),
  },
  {
    name: "exchange() is answered at the second attempt",
    run: (context) =>
      withPair(context, async (server, client) => {
        const answering = (async () => {
          await server.receive();
          const { data, address } = await server.receive();
          await server.sendTo(data, address);
        })();
        await context.log.call(
          "exchange",
          client.exchange("again", { timeout: 5, attempts: 1000, backoff: 1 }),
          shown,
        );
        await answering;
      }),
  },
  {
    name: "exchange() with a closed port",
    differs: { deno: EMULATED, node: EMULATED },
    async run(context) {
      const { connectUdp, family: { loopback }, log } = context;
      const port = await closedPort(context);
      await using client = await connectUdp({ hostname: loopback, port });
      await log.call(
        "exchange",
        client.exchange("x", { timeout: 2, attempts: 2 }),
      );
    },
  },
  {
    name: "settings that are out of range",
    run: (context) =>
      withPair(context, async (server) => {
        const { log } = context;
        await log.call("ttl", () => server.setTtl(0));
        await log.call("multicast TTL", () => server.setMulticastTtl(256));
        await log.call(
          "port",
          server.sendTo("x", { ...server.localAddr, port: 0 }),
        );
      }),
  },
];

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
