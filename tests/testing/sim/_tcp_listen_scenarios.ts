/**
 * Where TCP listens, and who is let in.
 *
 * @module
 */
import { at, type Scenario, settle } from "./_scenario.ts";
import { closedPort, read } from "./_tcp_pair.ts";

/** Scenarios of addresses and ports. */
export const TCP_ADDRESSES: readonly Scenario[] = [
  {
    name: "nobody listens",
    async run(context) {
      const { connectTcp, family: { loopback }, log } = context;
      const port = await closedPort(context);
      await log.call("connect", connectTcp({ hostname: loopback, port }));
    },
  },
  {
    name: "connect() with an aborted signal",
    async run({ connectTcp, family: { loopback }, log }) {
      const signal = AbortSignal.abort(new Error("enough"));
      await log.call(
        "connect",
        connectTcp({ hostname: loopback, port: 9, signal }),
      );
    },
  },
  {
    name: "connect() to port 0",
    async run({ connectTcp, family: { loopback }, log }) {
      await log.call("connect", connectTcp({ hostname: loopback, port: 0 }));
    },
  },
  {
    name: "connect() to the unspecified address means this host",
    differs: { posix: "it shows the address that was asked for" },
    async run({ connectTcp, listenTcp, family: { any, loopback }, log }) {
      await using listener = await listenTcp({ hostname: loopback, port: 0 });
      const { port } = listener.addr;
      const conn = await log.call(
        "connect",
        connectTcp({ hostname: any, port }),
        (conn) => at(conn.remoteAddr),
      );
      conn?.close();
    },
  },
  {
    name: "listen() on the unspecified address accepts from loopback",
    async run({ connectTcp, listenTcp, family: { any, loopback }, log }) {
      await using listener = await listenTcp({ hostname: any, port: 0 });
      log.note("addr", at(listener.addr));
      const { port } = listener.addr;
      using client = await connectTcp({ hostname: loopback, port });
      using server = await listener.accept();
      log.note("server", [at(server.localAddr), at(server.remoteAddr)]);
      log.note("client", [at(client.localAddr), at(client.remoteAddr)]);
    },
  },
  {
    name: "listen() on a port in use",
    async run({ listenTcp, family: { loopback, any }, log }) {
      await using listener = await listenTcp({ hostname: loopback, port: 0 });
      const { port } = listener.addr;
      await log.call("same", listenTcp({ hostname: loopback, port }));
      await log.call("any", listenTcp({ hostname: any, port }));
    },
  },
  {
    name: "listen() on a specific address, whose port is in use on all",
    async run({ listenTcp, family: { loopback, any }, log }) {
      await using listener = await listenTcp({ hostname: any, port: 0 });
      const { port } = listener.addr;
      await log.call("loopback", listenTcp({ hostname: loopback, port }));
    },
  },
  {
    name: "listen() on the same port of two addresses",
    family: 4,
    async run({ listenTcp, log }) {
      await using one = await listenTcp({ hostname: "127.0.0.1", port: 0 });
      const { port } = one.addr;
      const two = await log.call(
        "other",
        listenTcp({ hostname: "127.0.0.2", port }),
        ({ addr }) => at(addr),
      );
      await two?.[Symbol.asyncDispose]();
    },
  },
  {
    name: "listen() on an address of another host",
    async run({ listenTcp, family, log }) {
      const hostname = family.family === 4 ? "192.0.2.1" : "2001:db8::1";
      await log.call("listen", listenTcp({ hostname, port: 0 }));
    },
  },
  {
    name: "listen() on a multicast group",
    async run({ listenTcp, family, log }) {
      const hostname = family.family === 4 ? "239.1.2.3" : "ff05::1";
      const listener = await log.call(
        "listen",
        listenTcp({ hostname, port: 0 }),
      );
      await listener?.[Symbol.asyncDispose]();
    },
  },
  {
    name: "listen() on a broadcast address",
    family: 4,
    async run({ listenTcp, log }) {
      const hostname = "127.255.255.255";
      const listener = await log.call(
        "listen",
        listenTcp({ hostname, port: 0 }),
      );
      await listener?.[Symbol.asyncDispose]();
    },
  },
  {
    name: "connect() to a broadcast address",
    family: 4,
    async run({ connectTcp, log }) {
      const hostname = "127.255.255.255";
      await log.call("connect", connectTcp({ hostname, port: 9 }));
    },
  },
  {
    name: "a dual-stack listener accepts both families",
    family: 6,
    async run({ listenTcp, connectTcp, log }) {
      await using listener = await listenTcp({ hostname: "::", port: 0 });
      const { port } = listener.addr;
      for (const hostname of ["127.0.0.1", "::1"]) {
        using client = await connectTcp({ hostname, port });
        using server = await listener.accept();
        log.note("client", [at(client.localAddr), at(client.remoteAddr)]);
        log.note("server", [at(server.localAddr), at(server.remoteAddr)]);
      }
    },
  },
  {
    name: "a dual-stack listener has the port of both families",
    family: 6,
    async run({ listenTcp, log }) {
      await using listener = await listenTcp({ hostname: "::", port: 0 });
      const { port } = listener.addr;
      await log.call("IPv4", listenTcp({ hostname: "0.0.0.0", port }));
      await log.call("loopback", listenTcp({ hostname: "127.0.0.1", port }));
    },
  },
  {
    name: "a dual-stack listener needs the port of both families",
    family: 6,
    async run({ listenTcp, log }) {
      await using listener = await listenTcp({ hostname: "0.0.0.0", port: 0 });
      const { port } = listener.addr;
      await log.call("both", listenTcp({ hostname: "::", port }));
      const six = await log.call("IPv6", listenTcp({ hostname: "::1", port }));
      await six?.[Symbol.asyncDispose]();
    },
  },
  {
    name: "an ipv6Only listener refuses IPv4, and leaves it the port",
    family: 6,
    lacks: { deno: "only posix can", node: "only posix can" },
    async run({ listenTcp, connectTcp, log }) {
      await using six = await listenTcp({
        hostname: "::",
        port: 0,
        ipv6Only: true,
      });
      const { port } = six.addr;
      await log.call("IPv4", connectTcp({ hostname: "127.0.0.1", port }));
      await using _four = await listenTcp({ hostname: "0.0.0.0", port });
      using client = await connectTcp({ hostname: "127.0.0.1", port });
      log.note("client", at(client.remoteAddr));
    },
  },
  {
    name: "reusePort lets listeners share a port that all of them share",
    lacks: { deno: "needs --unstable-net", node: "has no reusePort" },
    async run({ listenTcp, connectTcp, family: { loopback }, log }) {
      const shared = { hostname: loopback, reusePort: true };
      await using one = await listenTcp({ ...shared, port: 0 });
      const { port } = one.addr;
      await using two = await listenTcp({ ...shared, port });
      log.note("same port", two.addr.port === port);
      await log.call("alone", listenTcp({ hostname: loopback, port }));
      const accepted = [0, 0];
      for (const [index, listener] of [one, two].entries()) {
        (async () => {
          for await (const conn of listener) {
            accepted[index]!++;
            conn.close();
          }
        })();
      }
      for (let i = 0; i < 64; i++) {
        using conn = await connectTcp({ hostname: loopback, port });
        await conn.read(new Uint8Array(1));
      }
      log.note("accepted", accepted[0]! + accepted[1]!);
      log.note("both accept", accepted.every((count) => count > 0));
    },
  },
  {
    name: "a port without reusePort is not shared",
    lacks: { deno: "needs --unstable-net", node: "has no reusePort" },
    async run({ listenTcp, family: { loopback }, log }) {
      await using one = await listenTcp({ hostname: loopback, port: 0 });
      const { port } = one.addr;
      const shared = { hostname: loopback, port, reusePort: true };
      await log.call("shared", listenTcp(shared));
    },
  },
];

/** Scenarios of backlogs, accept() and close(). */
export const TCP_ACCEPTS: readonly Scenario[] = [
  {
    name: "a full backlog lets connect() wait",
    async run({ listenTcp, connectTcp, family: { loopback }, log }) {
      const options = { hostname: loopback, port: 0, backlog: 1 };
      await using listener = await listenTcp(options);
      const { port } = listener.addr;
      const conns = [];
      for (const label of ["first", "second", "third"]) {
        const connecting = connectTcp({
          ...{ hostname: loopback, port },
          timeout: label === "third" ? 5 : 5000,
        });
        const conn = await log.call(label, connecting);
        if (conn !== undefined) conns.push(conn);
      }
      for (const conn of conns) conn.close();
    },
    lacks: { deno: "has no backlog" },
    differs: { node: "node:net accepts before it is asked to" },
  },
  {
    name: "connections that wait for accept are reset with their listener",
    differs: { node: "node:net accepts before it is asked to" },
    async run({ listenTcp, connectTcp, family: { loopback }, log }) {
      const listener = await listenTcp({ hostname: loopback, port: 0 });
      const { port } = listener.addr;
      using client = await connectTcp({ hostname: loopback, port });
      await settle();
      await listener[Symbol.asyncDispose]();
      await settle();
      await log.call("read", client.read(new Uint8Array(1)), (n) => n);
    },
  },
  {
    name: "accept() of a connection that its client has closed",
    async run(context) {
      const { listenTcp, connectTcp, family: { loopback }, log } = context;
      await using listener = await listenTcp({ hostname: loopback, port: 0 });
      const { port } = listener.addr;
      const client = await connectTcp({ hostname: loopback, port });
      await client.writeAll(new TextEncoder().encode("bye"));
      await client[Symbol.asyncDispose]();
      await settle();
      using server = await listener.accept();
      log.note("remote", at(server.remoteAddr));
      await read(context, "read", server);
      await read(context, "read", server);
    },
  },
  {
    name: "accept() of a connection that its client has reset",
    differs: {
      deno: "the runtime drops such a connection",
      node: "node:net does not know the peer any more",
    },
    async run(context) {
      const { listenTcp, connectTcp, family: { loopback }, log } = context;
      await using listener = await listenTcp({ hostname: loopback, port: 0 });
      const { port } = listener.addr;
      const client = await connectTcp({ hostname: loopback, port });
      client.reset();
      await settle();
      const server = await log.call(
        "accept",
        listener.accept({ timeout: 50 }),
      );
      if (server === undefined) return;
      await read(context, "read", server);
      server.close();
    },
  },
  {
    name: "accept() times out, is aborted, and then gets the connection",
    async run({ listenTcp, connectTcp, family: { loopback }, log }) {
      await using listener = await listenTcp({ hostname: loopback, port: 0 });
      const { port } = listener.addr;
      await log.call("timeout", listener.accept({ timeout: 2 }));
      const controller = new AbortController();
      const { signal } = controller;
      const accepting = listener.accept({ signal });
      controller.abort(new Error("enough"));
      await log.call("abort", accepting);
      using client = await connectTcp({ hostname: loopback, port });
      using server = await listener.accept();
      log.note("same", server.remoteAddr.port === client.localAddr.port);
    },
  },
  {
    name: "close() of a listener fails pending and later accepts",
    async run({ listenTcp, connectTcp, family: { loopback }, log }) {
      const listener = await listenTcp({ hostname: loopback, port: 0 });
      const { port } = listener.addr;
      const accepting = log.call("pending", listener.accept());
      await settle();
      await listener[Symbol.asyncDispose]();
      await accepting;
      await log.call("later", listener.accept());
      await log.call("connect", connectTcp({ hostname: loopback, port }));
    },
  },
  {
    name: "a listener's port is free at once after close()",
    async run({ listenTcp, family: { loopback }, log }) {
      const one = await listenTcp({ hostname: loopback, port: 0 });
      const { port } = one.addr;
      await one[Symbol.asyncDispose]();
      const two = await log.call(
        "again",
        listenTcp({ hostname: loopback, port }),
      );
      await two?.[Symbol.asyncDispose]();
    },
  },
  {
    name: "listen() again while connections of the port are open",
    async run({ listenTcp, connectTcp, family: { loopback }, log }) {
      const one = await listenTcp({ hostname: loopback, port: 0 });
      const { port } = one.addr;
      await using client = await connectTcp({ hostname: loopback, port });
      await using _server = await one.accept();
      await one[Symbol.asyncDispose]();
      const two = await log.call(
        "again",
        listenTcp({ hostname: loopback, port }),
      );
      await two?.[Symbol.asyncDispose]();
      log.note("client", client.isClosed);
    },
  },
  {
    name: "listen() again while the port is in TIME_WAIT",
    async run({ listenTcp, connectTcp, family: { loopback }, log }) {
      const one = await listenTcp({ hostname: loopback, port: 0 });
      const { port } = one.addr;
      {
        await using client = await connectTcp({ hostname: loopback, port });
        const server = await one.accept();
        await server[Symbol.asyncDispose]();
        await client.read(new Uint8Array(1));
      }
      await one[Symbol.asyncDispose]();
      await settle();
      const two = await log.call(
        "again",
        listenTcp({ hostname: loopback, port }),
      );
      await two?.[Symbol.asyncDispose]();
    },
  },
];
