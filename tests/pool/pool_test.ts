/** pool(): connections for use by many, one at a time each. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  ClosedError,
  type ConnLease,
  pool,
  type PoolOptions,
  SocketError,
  socketError,
  type StreamConn,
  type TcpConn,
  TimedOutError,
} from "@berkeley/sockets";
import { connectTcp, serveTcp } from "@berkeley/sockets/tcp";
import {
  connPair,
  explore,
  type Host,
  type Network,
  simulate,
} from "@berkeley/sockets/testing";
import { runArgs } from "../_run_args.ts";

const HOUR = 3_600_000;

async function echo(host: Host): Promise<void> {
  await host.serveTcp({ port: 7 }, async (conn) => {
    for await (const line of conn.lines()) await conn.send(`${line}\n`);
  });
}

/** A pool of connections from a new host to the server. */
function poolOf(
  network: Network,
  options: PoolOptions<TcpConn> = {},
  name = "client",
) {
  const { connectTcp } = network.host(name);
  const where = { hostname: "server", port: 7 };
  return pool((wait) => connectTcp({ ...where, ...wait }), options);
}

async function ask(conn: StreamConn, question: string): Promise<void> {
  await conn.send(`${question}\n`);
  assertEquals(await conn.readLine({ timeout: 5000 }), question);
}

/** Connections in memory, all of them kept. */
function inMemory() {
  const servers: StreamConn[] = [];
  const connect = () => {
    const { client, server } = connPair();
    servers.push(server);
    return Promise.resolve(client);
  };
  return { connect, servers };
}

Deno.test("pool() uses the connection again that was used last", () =>
  simulate(async (network) => {
    network.host("server").start(echo);
    const conns = poolOf(network);
    const one = await conns.acquire();
    const two = await conns.acquire();
    const { conn } = one;
    assert(conn !== two.conn);
    two.release();
    one.release();
    for (let i = 0; i < 3; i++) {
      assert(await conns.use((own) => own) === conn);
    }
    assertEquals(conns.stats, {
      ...{ open: 2, idle: 2, leased: 0, connecting: 0, waiting: 0 },
      ...{ opened: 2, failed: 0, discarded: 0 },
    });
  }));

Deno.test("pool() never has more than max connections, and serves in the order of the calls", () =>
  explore({ runs: 10, link: { latency: 5, jitter: 5 } }, async (network) => {
    const server = network.host("server");
    let most = 0;
    let active = 0;
    await server.serveTcp({ port: 7 }, async (conn) => {
      most = Math.max(most, ++active);
      for await (const line of conn.lines()) await conn.send(`${line}\n`);
      active--;
    });
    const conns = poolOf(network, { max: 3 });
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        conns.use(async (conn) => {
          order.push(i);
          await ask(conn, `${i}`);
          await network.sleep(network.random.next() * 20);
          if (i % 7 === 0) conn.close();
        })),
    );
    assertEquals(order, order.toSorted((a, b) => a - b));
    assert(most <= 4, `${most}`); // the server learns of a close a little later
    assert(conns.stats.open <= 3);
    assertEquals(conns.stats.leased, 0);
  }));

Deno.test("acquire() is cancelled by itself, and leaves its turn to the next", () =>
  simulate(async (network) => {
    network.host("server").start(echo);
    const conns = poolOf(network, { max: 1, maxWaiting: 3 });
    const only = await conns.acquire();
    const controller = new AbortController();
    const waiting = [
      conns.acquire({ signal: controller.signal }),
      conns.acquire({ timeout: 1000 }),
      conns.acquire(),
    ];
    const settled = Promise.allSettled(waiting);
    assertEquals(conns.stats.waiting, 3);
    await assertRejects(
      () => conns.acquire(),
      SocketError,
      "Cannot get a connection: 3 calls wait for one already (ENOBUFS)",
    );
    const reason = new Error("enough");
    controller.abort(reason);
    await network.sleep(2000);
    only.release();
    const [first, second, third] = await settled;
    assert(first?.status === "rejected" && first.reason === reason);
    assert(
      second?.status === "rejected" && second.reason instanceof TimedOutError,
    );
    assert(third?.status === "fulfilled");
    await assertRejects(() => conns.acquire({ timeout: 0 }), TimedOutError);
    await assertRejects(() => conns.acquire({ timeout: -1 }), RangeError);
    third.value.release();
    (await conns.acquire({ timeout: 0 })).release(); // one is free
    assertEquals(conns.stats.opened, 1);
  }));

Deno.test("a cancelled acquire() leaves its new connection to the next", () =>
  simulate(async (network) => {
    network.host("server").start(echo);
    const conns = poolOf(network);
    network.dns.delay(1000);
    await assertRejects(() => conns.acquire({ timeout: 100 }), TimedOutError);
    assertEquals(conns.stats.connecting, 1);
    (await conns.acquire()).release();
    assertEquals(conns.stats.opened, 1);
  }));

Deno.test("a lease ends once", async () => {
  const { connect } = inMemory();
  await using conns = pool(connect, { max: 1 });
  const lease = await conns.acquire();
  lease.release();
  const next = await conns.acquire();
  lease.release(); // does not give back what is not its own
  lease.discard();
  assertThrows(() => lease.conn, ClosedError, "its lease has ended");
  assertEquals(conns.stats.leased, 1);
  assert(!next.conn.isClosed);
  next[Symbol.dispose]();
  assertEquals(conns.stats.idle, 1);
});

Deno.test("pool() replaces connections that are of no use any more", async () => {
  const { connect, servers } = inMemory();
  await using conns = pool(connect, { max: 1 });
  const ends: ((lease: ConnLease) => unknown)[] = [
    (lease) => lease.discard(),
    (lease) => lease.conn.close(),
    async ({ conn }) => { // the user reads the end
      servers.at(-1)!.close();
      assertEquals(await conn.readLine(), null);
    },
    ({ conn }) => void conn.readLine().catch(() => {}), // pending
  ];
  for (const [i, end] of ends.entries()) {
    const lease = await conns.acquire();
    const { conn } = lease;
    await end(lease);
    lease.release();
    assert(conn.isClosed, `${end}`);
    assertEquals(conns.stats.discarded, i + 1);
    assertEquals(conns.stats.open, 0);
  }
  const error = new Error("in the middle of a message");
  const [outcome] = await Promise.allSettled([
    conns.use(() => Promise.reject(error)),
  ]);
  assert(outcome.status === "rejected" && outcome.reason === error);
  assertEquals(conns.stats.discarded, 5);
});

Deno.test("pool() forgets a connection that its peer ends while nobody uses it", () =>
  simulate(async (network) => {
    const server = network.host("server");
    await server.serveTcp({ port: 7, idleTimeout: 5000 }, async (conn) => {
      for await (const line of conn.lines()) await conn.send(`${line}\n`);
    });
    const conns = poolOf(network);
    await conns.use((conn) => ask(conn, "1"));
    await network.sleep(15_000);
    assertEquals([conns.stats.open, conns.stats.discarded], [0, 1]);
    await conns.use((conn) => ask(conn, "2"));
    server.shutdown(); // RST
    await network.sleep(1000);
    assertEquals([conns.stats.open, conns.stats.discarded], [0, 2]);
  }));

Deno.test("pool() leaves bytes that come unasked to the next user", async () => {
  const { connect, servers } = inMemory();
  await using conns = pool(connect);
  await conns.use(() => {});
  await servers[0]!.send("notice\nmore\n");
  await conns.use(async (conn) => {
    assertEquals(await conn.readLine(), "notice");
  });
  await conns.use(async (conn) => {
    assertEquals(await conn.readLine(), "more");
  });
  assertEquals(conns.stats.opened, 1);
});

Deno.test("pool() closes connections after idle and lifetime", () =>
  simulate(async (network) => {
    network.host("server").start(echo);
    const conns = poolOf(network, { idle: 10_000, lifetime: 60_000 });
    const open = async (after: number) => {
      await network.sleep(after);
      return conns.stats.open;
    };
    const leases = await Promise.all([conns.acquire(), conns.acquire()]);
    for (const lease of leases) lease.release();
    assertEquals(await open(5000), 2);
    await conns.use(() => {}); // one of them
    assertEquals(await open(6000), 1);
    assertEquals(await open(5000), 0);

    for (let i = 0; i < 15; i++) {
      await conns.use(() => {});
      await network.sleep(5000);
    }
    assertEquals(conns.stats.opened, 4); // the third one has retired
    const lease = await conns.acquire();
    assertEquals(await open(HOUR), 1); // not while it is used
    lease.release();
    assertEquals(conns.stats.open, 0);
  }));

Deno.test("pool() hands over a connection also with an idle time or a lifetime of 0", () =>
  simulate(async (network) => {
    network.host("server").start(echo);
    for (const [i, options] of [{ idle: 0 }, { lifetime: 0 }].entries()) {
      const conns = poolOf(network, { max: 1, ...options }, `client${i}`);
      const uses = [1, 2, 3].map((n) => conns.use((conn) => ask(conn, `${n}`)));
      await Promise.all(uses);
      await network.sleep(1);
      assertEquals(conns.stats.open, 0);
      assertEquals(conns.stats.opened, i === 0 ? 1 : 3);
    }
  }));

Deno.test("pool() checks a connection before it is used again", () =>
  simulate(async (network) => {
    network.host("server").start(echo);
    const checked: TcpConn[] = [];
    const outcomes = [true, false, new Error("no"), true];
    const conns = poolOf(network, {
      checkAfter: 1000,
      check: async (conn, wait) => {
        checked.push(conn);
        await conn.send("ping\n");
        await conn.readLine(wait);
        const outcome = outcomes.shift();
        if (outcome instanceof Error) throw outcome;
        return outcome!;
      },
    });
    const used: TcpConn[] = [];
    for (let i = 0; i < 5; i++) {
      await conns.use((conn) => void used.push(conn));
      await conns.use((conn) => assertEquals(conn, used.at(-1))); // at once
      await network.sleep(1500);
    }
    const [a, , b, c] = used;
    assertEquals(used.map((conn) => [a, b, c].indexOf(conn)), [0, 0, 1, 2, 2]);
    assertEquals(checked.map((conn) => used.indexOf(conn)), [0, 0, 2, 3]);
    assertEquals(conns.stats.discarded, 2);
  }));

Deno.test("pool() gives a check that does not end its time, and then connects anew", () =>
  simulate(async (network) => {
    const server = network.host("server");
    server.start(echo);
    const conns = poolOf(network, {
      ...{ max: 3, checkAfter: 1000, timeout: 2000 },
      check: async (conn) => {
        await conn.send("ping\n");
        return await conn.readLine() === "ping";
      },
    });
    const leases = await Promise.all(
      [1, 2, 3].map(() => conns.acquire()),
    );
    for (const lease of leases) lease.release();
    server.crash();
    await network.sleep(5000);
    server.restart();
    const start = network.now;
    await conns.use((conn) => ask(conn, "still there?"));
    assert(network.now - start < 3000, "one check at most has failed");
  }));

Deno.test("pool() rejects the call that waits longest when it cannot connect", () =>
  simulate(async (network) => {
    const server = network.host("server");
    const conns = poolOf(network, { max: 2 });
    const calls = [1, 2, 3].map(() => conns.acquire());
    const settled = await Promise.allSettled(calls);
    for (const outcome of settled) {
      assert(outcome.status === "rejected");
      assertEquals(outcome.reason.code, "ECONNREFUSED");
    }
    assertEquals(conns.stats.failed, 3);
    server.start(echo);
    await conns.use((conn) => ask(conn, "now?"));
    server.crash();
    const slow = poolOf(network, { timeout: 3000 }, "slow");
    const error = await assertRejects(() => slow.acquire(), TimedOutError);
    assert(error.message.startsWith("Cannot connect to server:7"));
    await assertRejects(
      () => poolOf(network, { timeout: 0 }, "never").acquire(),
      TimedOutError,
    );
  }));

Deno.test("pool() gives nobody a connection whose onConnect failed", async () => {
  const { connect } = inMemory();
  let count = 0;
  await using conns = pool(connect, {
    onConnect: () => {
      if (++count === 1) throw new Error("wrong password");
    },
  });
  await assertRejects(() => conns.acquire(), Error, "wrong password");
  (await conns.acquire()).release();
  assertEquals(conns.stats.open, 1);
});

Deno.test("pool() serves everybody through outages of any kind", () =>
  explore({ runs: 10, link: { loss: 0.05, jitter: 5 } }, async (network) => {
    const server = network.host("server");
    server.start(echo);
    const conns = poolOf(network, { max: 3, timeout: 5000 });
    let answered = 0;
    const user = async (id: number) => {
      for (let i = 0; i < 5; i++) {
        for (let done = false; !done;) {
          await conns.use(async (conn) => {
            await ask(conn, `${id}.${i}`);
            done = true;
          }, { timeout: 10_000 }).catch(() => network.sleep(500));
        }
        answered++;
        await network.sleep(network.random.next() * 10_000);
      }
    };
    const users = [1, 2, 3, 4, 5, 6, 7, 8].map(user);
    await network.sleep(3000);
    network.partition(server);
    await network.sleep(20_000);
    network.heal();
    await network.sleep(5000);
    server.crash();
    await network.sleep(10_000);
    server.restart();
    network.dns.fail("server", "SERVFAIL");
    await network.sleep(5000);
    network.dns.recover("server");
    await Promise.all(users);
    assertEquals(answered, 40);
    const { open, leased, connecting, waiting } = conns.stats;
    assert(open <= 3);
    assertEquals([leased, connecting, waiting], [0, 0, 0]);
  }));

Deno.test("a loop of calls that need no wait leaves the event loop its turns", async () => {
  const { connect } = inMemory();
  await using conns = pool(connect, { checkAfter: 0, check: () => true });
  await using none = pool<StreamConn>(() => Promise.reject(new Error("no")));
  let isOver = false;
  setTimeout(() => isOver = true, 20);
  for (let i = 0; !isOver; i++) {
    assert(i < 1e6, "timers starve");
    await conns.use(() => {});
    await assertRejects(() => none.acquire(), Error, "no");
  }
  assertEquals(conns.stats.opened, 1);
});

Deno.test("close() of a pool waits for the leases, for its timeout at most", () =>
  simulate(async (network) => {
    const server = network.host("server");
    server.start(echo);
    const conns = poolOf(network, { max: 2 });
    const [one, two] = await Promise.all([conns.acquire(), conns.acquire()]);
    const { conn } = two;
    const waiting = conns.acquire();
    const start = network.now;
    const closing = conns.close();
    const limited = conns.close({ timeout: 5000 });
    await assertRejects(() => waiting, ClosedError, "the pool is closed");
    await assertRejects(() => conns.acquire(), ClosedError);
    const reason = new Error("enough");
    const [aborted] = await Promise.allSettled([
      conns.close({ signal: AbortSignal.abort(reason) }),
    ]);
    assert(aborted.status === "rejected" && aborted.reason === reason);
    await ask(one.conn, "still there?");
    one.release();
    assertEquals(conns.stats.open, 1);
    await Promise.all([closing, limited]);
    assert(network.now - start > 4000 && conn.isClosed);
    two.release();
    assertEquals(conns.stats.open, 0);
    await conns.close();
    await assertRejects(() => conns.close({ timeout: -1 }), RangeError);
  }));

Deno.test("close() of a pool ends attempts to connect", () =>
  simulate(async (network) => {
    network.host("server").crash();
    const conns = poolOf(network);
    const [outcome] = await Promise.all([
      Promise.allSettled([conns.acquire()]),
      network.sleep(1000).then(() => conns[Symbol.asyncDispose]()),
    ]);
    assert(outcome[0].status === "rejected");
    assert(outcome[0].reason instanceof ClosedError);
    assert(network.now < 2000);
    assertEquals(conns.stats.failed, 0);
  }));

Deno.test("pool() refuses bad options", async () => {
  const { connect } = inMemory();
  // deno-lint-ignore no-explicit-any -- what callers without types pass
  const rows: [any, typeof Error][] = [
    [{ max: 0 }, RangeError],
    [{ max: 1.5 }, RangeError],
    [{ maxWaiting: 0 }, RangeError],
    [{ idle: -1 }, RangeError],
    [{ lifetime: NaN }, RangeError],
    [{ checkAfter: "1" }, TypeError],
    [{ timeout: -1 }, RangeError],
    [{ check: true }, TypeError],
    [{ onConnect: {} }, TypeError],
  ];
  for (const [options, kind] of rows) {
    assertThrows(() => pool(connect, options), kind);
  }
  // deno-lint-ignore no-explicit-any -- as above
  assertThrows(() => pool(undefined as any), TypeError, "connect");
  await using conns = pool(connect);
  // deno-lint-ignore no-explicit-any -- as above
  await assertRejects(() => conns.use(5 as any), TypeError, "work");
  await using bad = pool(() => Promise.resolve({} as StreamConn));
  await assertRejects(() => bad.acquire(), TypeError, "not a connection");
  const error = socketError("EIO", { action: "connect" });
  await using failing = pool(() => {
    throw error;
  });
  await assertRejects(() => failing.acquire(), SocketError, "EIO");
});

Deno.test("pool() shares connections over loopback", async () => {
  await using server = await serveTcp(
    { hostname: "127.0.0.1", port: 0 },
    async (conn) => {
      for await (const line of conn.lines()) await conn.send(`${line}\n`);
    },
  );
  await using conns = pool(
    (wait) => connectTcp({ ...server.addr, ...wait }),
    { max: 4 },
  );
  await Promise.all(
    Array.from({ length: 40 }, (_, i) => conns.use((c) => ask(c, `${i}`))),
  );
  assertEquals(conns.stats.opened, 4);
  assertEquals(server.stats.accepted, 4);
});

Deno.test("a pool does not keep the program alive", async () => {
  const program = new URL("_pool_program.ts", import.meta.url);
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [...runArgs("deno", "--allow-net=127.0.0.1"), program.pathname],
    cwd: new URL("../../", import.meta.url),
    signal: AbortSignal.timeout(60_000),
    stderr: "inherit",
  }).output();
  assertEquals([code, new TextDecoder().decode(stdout)], [0, "1 idle\n"]);
});
