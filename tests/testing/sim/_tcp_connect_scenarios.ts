/**
 * Where TCP connects from, and servers.
 *
 * @module
 */
import { at, type Scenario, settle } from "./_scenario.ts";
import { closedPort, withPair } from "./_tcp_pair.ts";

const INVALID = "node:net calls it an invalid argument";
const REUSES = "node:net sets SO_REUSEADDR";

/** Scenarios of local addresses and ports, and of servers. */
export const TCP_CONNECTS: readonly Scenario[] = [
  {
    name: "connect() from an address",
    family: 4,
    lacks: { deno: "has no localAddress" },
    async run({ listenTcp, connectTcp, log }) {
      await using listener = await listenTcp({
        hostname: "127.0.0.1",
        port: 0,
      });
      const { port } = listener.addr;
      using client = await connectTcp({
        ...{ hostname: "127.0.0.1", port },
        localAddress: "127.0.0.2",
      });
      using server = await listener.accept();
      log.note("client", at(client.localAddr));
      log.note("server", at(server.remoteAddr));
    },
  },
  {
    name: "connect() from an address of another host",
    differs: { node: INVALID },
    lacks: { deno: "has no localAddress" },
    async run({ listenTcp, connectTcp, family: { family, loopback }, log }) {
      await using listener = await listenTcp({ hostname: loopback, port: 0 });
      const { port } = listener.addr;
      const localAddress = family === 4 ? "192.0.2.1" : "2001:db8::1";
      await log.call(
        "connect",
        connectTcp({ hostname: loopback, port, localAddress }),
      );
    },
  },
  {
    name: "connect() from a port",
    differs: { node: INVALID },
    lacks: { deno: "has no localPort" },
    async run(context) {
      const { listenTcp, connectTcp, family: { loopback }, log } = context;
      await using listener = await listenTcp({ hostname: loopback, port: 0 });
      await using other = await listenTcp({ hostname: loopback, port: 0 });
      const localPort = await closedPort(context);
      const to = { hostname: loopback, port: listener.addr.port, localPort };
      using client = await connectTcp(to);
      log.note("same port", client.localAddr.port === localPort);
      await log.call("again", connectTcp(to));
      const { port } = other.addr;
      const second = await log.call("other", connectTcp({ ...to, port }));
      second?.close();
    },
  },
  {
    name: "connect() from a port that is listened on",
    lacks: { deno: "has no localPort" },
    async run({ listenTcp, connectTcp, family: { loopback }, log }) {
      await using listener = await listenTcp({ hostname: loopback, port: 0 });
      await using other = await listenTcp({ hostname: loopback, port: 0 });
      const { port } = listener.addr;
      const localPort = other.addr.port;
      await log.call(
        "connect",
        connectTcp({ hostname: loopback, port, localPort }),
      );
    },
  },
  {
    name: "connect() from a port in TIME_WAIT",
    differs: { node: REUSES },
    lacks: { deno: "has no localPort" },
    async run(context) {
      const { listenTcp, connectTcp, family: { loopback }, log } = context;
      await using listener = await listenTcp({ hostname: loopback, port: 0 });
      const localPort = await closedPort(context);
      const to = { hostname: loopback, port: listener.addr.port, localPort };
      {
        const client = await connectTcp(to);
        const server = await listener.accept();
        await client[Symbol.asyncDispose]();
        await server.read(new Uint8Array(1));
        await server[Symbol.asyncDispose]();
      }
      await settle();
      const again = await log.call("again", connectTcp(to));
      again?.close();
    },
  },
  {
    name: "connect() from a port whose connection was reset",
    lacks: { deno: "has no localPort" },
    async run(context) {
      const { listenTcp, connectTcp, family: { loopback }, log } = context;
      await using listener = await listenTcp({ hostname: loopback, port: 0 });
      const localPort = await closedPort(context);
      const to = { hostname: loopback, port: listener.addr.port, localPort };
      const client = await connectTcp(to);
      client.reset();
      await settle();
      const again = await log.call("again", connectTcp(to));
      again?.close();
    },
  },
  {
    name: "connect() from an address of the other family",
    family: 6,
    lacks: { deno: "has no localAddress" },
    async run({ connectTcp, log }) {
      const localAddress = "127.0.0.1";
      await log.call(
        "connect",
        connectTcp({ hostname: "::1", port: 9, localAddress }),
      );
    },
  },
  {
    name: "serve() answers, and shutdown() ends it",
    async run({ serveTcp, connectTcp, family: { loopback }, log }) {
      const server = await serveTcp(
        { hostname: loopback, port: 0 },
        async (conn) => {
          for await (const line of conn.lines()) await conn.send(`${line}!\n`);
        },
      );
      const { port } = server.addr;
      using client = await connectTcp({ hostname: loopback, port });
      await client.send("hello\n");
      await log.call("answer", client.readLine(), (line) => line);
      await client.closeWrite();
      await log.call("end", client.readLine(), (line) => line);
      await log.call("shutdown", server.shutdown());
      await log.call("connect", connectTcp({ hostname: loopback, port }));
    },
  },
  {
    name: "settings of a connection",
    async run(context) {
      await withPair(context, async ({ client }) => {
        const { log } = context;
        await log.call("noDelay", () => client.setNoDelay(true));
        await log.call("keepAlive", () => client.setKeepAlive(true));
        client.close();
        await log.call("closed", () => client.setNoDelay(true));
      });
    },
  },
];
