/**
 * What happens to TCP connections.
 *
 * @module
 */
import type { TcpConn, TcpListener } from "../../../tcp/mod.ts";
import { at, type Context, type Scenario, settle } from "./_scenario.ts";

const INVALID = "node:net calls it an invalid argument";
const REUSES = "node:net sets SO_REUSEADDR";
const EAGER =
  "the library has read the bytes before, so that nothing is unread";

/** Both ends of a connection, and its listener. */
interface Pair {
  readonly listener: TcpListener;
  readonly client: TcpConn;
  readonly server: TcpConn;
}

/** Connects, and closes everything afterwards. */
async function withPair(
  { listenTcp, connectTcp, family: { loopback } }: Context,
  body: (pair: Pair) => Promise<void>,
): Promise<void> {
  await using listener = await listenTcp({ hostname: loopback, port: 0 });
  const { port } = listener.addr;
  const accepting = listener.accept();
  await using client = await connectTcp({ hostname: loopback, port });
  await using server = await accepting;
  await body({ listener, client, server });
}

/** Reads once, and writes down what came. */
function read({ log }: Context, label: string, conn: TcpConn) {
  const buffer = new Uint8Array(100);
  return log.call(
    label,
    () => conn.read(buffer),
    (count) => count === null ? "end" : buffer.subarray(0, count),
  );
}

function over(
  body: (pair: Pair, context: Context) => Promise<void>,
): Scenario["run"] {
  return (context) => withPair(context, (pair) => body(pair, context));
}

/** A port that nobody listens on. */
async function closedPort({ listenTcp, family }: Context): Promise<number> {
  await using listener = await listenTcp({
    hostname: family.loopback,
    port: 0,
  });
  return listener.addr.port;
}

/** Scenarios of how connections end. */
export const TCP_ENDS: readonly Scenario[] = [
  {
    name: "both ends know both addresses",
    run: over(({ listener, client, server }, { log }) => {
      log.note("listener", at(listener.addr));
      log.note("client", [at(client.localAddr), at(client.remoteAddr)]);
      log.note("server", [at(server.localAddr), at(server.remoteAddr)]);
      return Promise.resolve();
    }),
  },
  {
    name: "bytes go both ways, in order",
    run: over(async ({ client, server }, context) => {
      await client.writeAll(new TextEncoder().encode("ping"));
      await read(context, "server reads", server);
      await server.writeAll(new TextEncoder().encode("pong"));
      await read(context, "client reads", client);
    }),
  },
  {
    name: "the client ends its side first",
    run: over(async ({ client, server }, context) => {
      await client.writeAll(new TextEncoder().encode("question"));
      await client.closeWrite();
      await read(context, "server reads", server);
      await read(context, "server reads", server);
      await server.writeAll(new TextEncoder().encode("answer"));
      await server.closeWrite();
      await read(context, "client reads", client);
      await read(context, "client reads", client);
    }),
  },
  {
    name: "the server ends its side first",
    run: over(async ({ client, server }, context) => {
      await server.closeWrite();
      await read(context, "client reads", client);
      await client.writeAll(new TextEncoder().encode("still"));
      await read(context, "server reads", server);
      await client.closeWrite();
      await read(context, "server reads", server);
    }),
  },
  {
    name: "both ends end their sides at once",
    run: over(async ({ client, server }, context) => {
      await Promise.all([client.closeWrite(), server.closeWrite()]);
      await read(context, "client reads", client);
      await read(context, "server reads", server);
    }),
  },
  {
    name: "a write after closeWrite() fails",
    run: over(async ({ client }, { log }) => {
      await client.closeWrite();
      await log.call("write", () => client.writeAll(new Uint8Array(1)));
      await log.call("send", () => client.send("x"));
      await log.call("closeWrite again", () => client.closeWrite());
    }),
  },
  {
    name: "close() with nothing unread ends the peer's stream",
    run: over(async ({ client, server }, context) => {
      await server.writeAll(new TextEncoder().encode("bye"));
      await server[Symbol.asyncDispose]();
      await read(context, "client reads", client);
      await read(context, "client reads", client);
      await read(context, "client reads", client);
    }),
  },
  {
    name: "the first write after the peer's close() is lost, the second fails",
    run: over(async ({ client, server }, { log }) => {
      await server[Symbol.asyncDispose]();
      await settle();
      await log.call("first", () => client.writeAll(new Uint8Array(1)));
      await settle();
      await log.call("second", () => client.writeAll(new Uint8Array(1)));
    }),
  },
  {
    name: "a read after a write to a closed peer reports the reset",
    run: over(async ({ client, server }, context) => {
      await server[Symbol.asyncDispose]();
      await settle();
      await client.writeAll(new Uint8Array(1));
      await settle();
      await read(context, "client reads", client);
      await read(context, "client reads", client);
    }),
  },
  {
    name: "close() with unread bytes resets the connection",
    differs: { deno: EAGER, node: EAGER },
    run: over(async ({ client, server }, context) => {
      await client.writeAll(new TextEncoder().encode("unread"));
      await settle();
      await server[Symbol.asyncDispose]();
      await settle();
      await read(context, "client reads", client);
    }),
  },
  {
    name: "a pending read learns of close() with unread bytes",
    differs: { deno: EAGER, node: EAGER },
    run: over(async ({ client, server }, context) => {
      const reading = read(context, "client reads", client);
      await client.writeAll(new TextEncoder().encode("unread"));
      await settle();
      await server[Symbol.asyncDispose]();
      await reading;
    }),
  },
  {
    name: "reset() reaches a pending read",
    run: over(async ({ client, server }, context) => {
      const reading = read(context, "server reads", server);
      client.reset();
      await reading;
      await read(context, "server reads again", server);
    }),
  },
  {
    name: "a write after a reset was read fails",
    differs: { node: "node:net remembers the reset" },
    run: over(async ({ client, server }, context) => {
      client.reset();
      await read(context, "server reads", server);
      await context.log.call(
        "server writes",
        () => server.writeAll(new Uint8Array(1)),
      );
    }),
  },
  {
    name: "a write is the first to learn of a reset",
    differs: { node: "node:net remembers the reset" },
    run: over(async ({ client, server }, context) => {
      client.reset();
      await settle();
      const { log } = context;
      await log.call("first", () => server.writeAll(new Uint8Array(1)));
      await log.call("second", () => server.writeAll(new Uint8Array(1)));
      await read(context, "server reads", server);
    }),
  },
  {
    name: "bytes before a reset can still be read",
    run: over(async ({ client, server }, context) => {
      await client.writeAll(new TextEncoder().encode("last words"));
      await settle();
      client.reset();
      await settle();
      await read(context, "server reads", server);
      await read(context, "server reads", server);
    }),
  },
  {
    name: "close() of one's own end fails pending and later calls",
    run: over(async ({ client }, context) => {
      const reading = read(context, "pending", client);
      client.close();
      await reading;
      await read(context, "read", client);
      const { log } = context;
      await log.call("write", () => client.write(new Uint8Array(1)));
      await log.call("send", () => client.send("x"));
      await log.call("closeWrite", () => client.closeWrite());
      log.note("isClosed", client.isClosed);
    }),
  },
  {
    name: "closeRead() ends one's own reads",
    run: over(async ({ client, server }, context) => {
      const reading = read(context, "pending", client);
      const closing = client.closeRead();
      await reading;
      await context.log.call("closeRead", closing);
      await read(context, "read", client);
      await client.writeAll(new TextEncoder().encode("still"));
      await read(context, "server reads", server);
    }),
  },
  {
    name: "closeGracefully() on both ends",
    run: over(async ({ client, server }, { log }) => {
      await client.send("bye\n");
      const closing = client.closeGracefully();
      await log.call("server reads", server.readLine(), (line) => line);
      await log.call("server reads", server.readLine(), (line) => line);
      await log.call("server closes", server.closeGracefully());
      await log.call("client closes", closing);
    }),
  },
  {
    name: "closeGracefully() times out if the peer goes on",
    run: over(async ({ client, server }, context) => {
      await context.log.call(
        "client closes",
        client.closeGracefully({ timeout: 2 }),
      );
      await settle();
      await read(context, "server reads", server);
    }),
  },
  {
    name: "readExact() past the end fails, and keeps what has arrived",
    run: over(async ({ client, server }, context) => {
      await client.writeAll(new TextEncoder().encode("abc"));
      await client.closeWrite();
      await context.log.call("readExact", server.readExact(4));
      await read(context, "server reads", server);
    }),
  },
  {
    name: "a read that times out loses nothing",
    run: over(async ({ client, server }, { log }) => {
      const first = server.readExact(4, { timeout: 2 });
      await client.writeAll(new TextEncoder().encode("ab"));
      await log.call("timeout", first);
      await client.writeAll(new TextEncoder().encode("cd"));
      await log.call("next", server.readExact(4), (bytes) => bytes);
    }),
  },
  {
    name: "a read that is aborted rejects with the reason",
    run: over(async ({ client, server }, { log }) => {
      const controller = new AbortController();
      const { signal } = controller;
      const reading = server.readExact(1, { signal });
      controller.abort(new Error("enough"));
      await log.call("read", reading);
      await client.writeAll(new TextEncoder().encode("x"));
      await log.call("next", server.readExact(1), (bytes) => bytes);
    }),
  },
  {
    name: "empty writes and empty reads",
    run: over(async ({ client, server }, { log }) => {
      await log.call("write", client.write(new Uint8Array(0)), (n) => n);
      await log.call("writeAll", client.writeAll(new Uint8Array(0)));
      await client.writeAll(new Uint8Array(1));
      await settle();
      await log.call("read", server.read(new Uint8Array(0)), (n) => n);
      await log.call("read", server.read(new Uint8Array(9)), (n) => n);
    }),
  },
  {
    name: "a megabyte arrives whole, however slowly it is read",
    run: over(async ({ client, server }, { log }) => {
      const bytes = new Uint8Array(1 << 20).map((_, i) => i % 251);
      const writing = client.writeAll(bytes).then(() => client.closeWrite());
      await settle();
      let count = 0;
      let wrong = 0;
      const buffer = new Uint8Array(10_000);
      for (let n; (n = await server.read(buffer)) !== null;) {
        for (let i = 0; i < n; i++) wrong += +(buffer[i] !== (count + i) % 251);
        count += n;
      }
      await writing;
      log.note("count", [count, wrong, client.bytesWritten, server.bytesRead]);
    }),
  },
  {
    name: "a writer waits for a reader, and fails if that resets",
    run: over(async ({ client, server }, { log }) => {
      let isDone = false;
      const writing = client.writeAll(new Uint8Array(32 << 20))
        .finally(() => isDone = true);
      writing.catch(() => {});
      await settle();
      log.note("done", isDone);
      server.reset();
      await log.call("write", writing);
    }),
  },
  {
    name: "a pending write fails when its own end is closed",
    run: over(async ({ client }, { log }) => {
      const writing = client.writeAll(new Uint8Array(32 << 20));
      writing.catch(() => {});
      await settle();
      client.close();
      await log.call("write", writing);
    }),
  },
];

/** Scenarios of how connections begin. */
export const TCP_BEGINS: readonly Scenario[] = [
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
    async run({ listenTcp, connectTcp, family: { loopback }, log }) {
      await using listener = await listenTcp({ hostname: loopback, port: 0 });
      await using other = await listenTcp({ hostname: loopback, port: 0 });
      const localPort = await freePort({ listenTcp }, loopback);
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
    async run({ listenTcp, connectTcp, family: { loopback }, log }) {
      await using listener = await listenTcp({ hostname: loopback, port: 0 });
      const localPort = await freePort({ listenTcp }, loopback);
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
    async run({ listenTcp, connectTcp, family: { loopback }, log }) {
      await using listener = await listenTcp({ hostname: loopback, port: 0 });
      const localPort = await freePort({ listenTcp }, loopback);
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

async function freePort(
  { listenTcp }: Pick<Context, "listenTcp">,
  hostname: string,
): Promise<number> {
  const listener = await listenTcp({ hostname, port: 0 });
  await listener[Symbol.asyncDispose]();
  return listener.addr.port;
}
