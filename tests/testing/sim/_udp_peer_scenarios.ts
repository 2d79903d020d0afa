/**
 * Which sockets of UDP receive, and from whom.
 *
 * @module
 */
import { at, type Scenario, settle } from "./_scenario.ts";
import {
  closedPort,
  EMULATED,
  listen,
  receive,
  withPair,
} from "./_udp_pair.ts";

/** Scenarios of addresses, ports and peers. */
export const UDP_PEERS: readonly Scenario[] = [
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
    name: "sendTo() the unspecified address means this host",
    async run(context) {
      const { bindUdp, family: { any, loopback } } = context;
      await using server = await bindUdp({ hostname: any });
      const { port } = server.localAddr;
      for (const hostname of [any, loopback]) {
        await using client = await bindUdp({ hostname });
        await client.sendTo("x", { hostname: any, port });
        await receive(context, "server", server);
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
];
