/**
 * What happens to datagrams, and to calls that wait.
 *
 * @module
 */
import { type Scenario, settle } from "./_scenario.ts";
import { closedPort, EMULATED, receive, shown, withPair } from "./_udp_pair.ts";

/** Scenarios of sizes, queues and calls. */
export const UDP_DATAGRAMS: readonly Scenario[] = [
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
    lacks: { deno: EMULATED, node: EMULATED },
    async run(context) {
      const { connectUdp, family: { loopback }, log } = context;
      const port = await closedPort(context);
      await using client = await connectUdp({ hostname: loopback, port });
      await log.call(
        "exchange",
        client.exchange("x", { timeout: 1000, attempts: 1 }),
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
