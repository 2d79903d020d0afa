/**
 * How connections of TCP end.
 *
 * @module
 */
import { at, type Scenario, settle } from "./_scenario.ts";
import { over, read } from "./_tcp_pair.ts";

const EAGER =
  "the library has read the bytes before, so that nothing is unread";

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
      client.closeRead();
      await reading;
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
