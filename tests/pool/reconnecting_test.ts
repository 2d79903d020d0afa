/** reconnecting(): a connection that is made again when it ends. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  ClosedError,
  NotCapableError,
  reconnecting,
  type ReconnectOptions,
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

/** An echo server, which says "hello" first. */
async function echo(host: Host): Promise<void> {
  await host.serveTcp({ port: 7 }, async (conn) => {
    await conn.send("hello\n");
    for await (const line of conn.lines()) await conn.send(`${line}\n`);
  });
}

/** Stays connected to a server from a new host. */
function linkTo(
  network: Network,
  options: ReconnectOptions<TcpConn> = {},
  name = "client",
) {
  const { connectTcp } = network.host(name);
  const where = { hostname: "server", port: 7 };
  return reconnecting((wait) => connectTcp({ ...where, ...wait }), {
    onConnect: async (conn, wait) => {
      assertEquals(await conn.readLine(wait), "hello");
    },
    ...options,
  });
}

/** Fails with these errors, one for each attempt, and then never again. */
function failing(...errors: unknown[]): () => Promise<StreamConn> {
  return () => {
    const { client } = connPair();
    return errors.length > 0
      ? Promise.reject(errors.shift())
      : Promise.resolve(client);
  };
}

const refused = () => socketError("ECONNREFUSED", { action: "connect" });

Deno.test("reconnecting() gives all callers the same connection", () =>
  simulate(async (network) => {
    network.host("server").start(echo);
    const link = linkTo(network);
    const [a, b] = await Promise.all([link.conn(), link.conn()]);
    assert(a === b && a === await link.conn());
    assertEquals(link.state, { name: "connected", conn: a });
  }));

Deno.test("reconnecting() connects again after each way in which a server ends", () =>
  simulate(async (network) => {
    const server = network.host("server");
    server.start(echo);
    const link = linkTo(network, { backoff: { max: 1000 } });
    const ends = [
      () => server.shutdown(), // RST
      () => server.crash(), // silence, then RST
      (conn: TcpConn) => conn.closeWrite(), // FIN of both sides
      (conn: TcpConn) => conn.close(),
      (conn: TcpConn) => link.discard(conn, new Error("no answer")),
    ];
    for (const end of ends) {
      const conn = await link.conn({ timeout: 60_000 });
      await conn.send("question\n");
      assertEquals(await conn.readLine(), "question");
      await end(conn);
      const rest = conn.readLine({ timeout: 10_000 });
      await rest.catch((error) => link.discard(conn, error));
      if (end.length === 0) server.restart();
      assert(await link.conn({ timeout: 60_000 }) !== conn);
      assert(conn.isClosed, `${end}`);
    }
  }));

Deno.test("reconnecting() lets a reader have all that was received before the end", () =>
  simulate(async (network) => {
    await network.host("server").serveTcp({ port: 7 }, async (conn) => {
      await conn.send("hello\n1\n2\n3\nrest");
    });
    const link = linkTo(network);
    const conn = await link.conn();
    const lines = [];
    for await (const line of conn.lines()) {
      lines.push(line);
      await network.sleep(100);
    }
    assertEquals(lines, ["1", "2", "3", "rest"]);
    assert(await link.conn() !== conn);
  }));

Deno.test("reconnecting() waits at random, up to a limit that doubles and is bounded", async () => {
  const largest: number[] = [];
  const backoff = { initial: 100, max: 1000 };
  await explore({ runs: 30 }, async (network) => {
    const delays: number[] = [];
    const link = linkTo(network, {
      backoff,
      onState: (state) => {
        if (state.name === "waiting") delays.push(state.delay);
      },
    });
    network.host("server"); // refuses
    await assertRejects(() => link.conn({ timeout: 20_000 }), TimedOutError);
    link.close();
    assert(delays.length > 20, "it tries again and again");
    for (const [i, delay] of delays.slice(0, 8).entries()) {
      assert(delay <= Math.min(1000, 100 * 2 ** i), `${i}: ${delay}`);
      largest[i] = Math.max(largest[i] ?? 0, delay);
    }
  });
  for (const [i, limit] of [100, 200, 400, 800, 1000, 1000].entries()) {
    assert(largest[i]! > limit / 2, `attempt ${i}: ${largest[i]}`);
  }
});

Deno.test("reconnecting() repeats its waits with the seed of the simulation", async () => {
  const run = async (seed: number) => {
    const delays: number[] = [];
    await simulate({ seed }, async (network) => {
      const onState = (state: { name: string; delay?: number }) => {
        if (state.name === "waiting") delays.push(state.delay!);
      };
      const link = linkTo(network, { onState });
      network.host("server");
      await link.conn({ timeout: 20_000 }).catch(() => {});
    });
    return delays;
  };
  assertEquals(await run(5), await run(5));
  assert(`${await run(5)}` !== `${await run(6)}`);
});

Deno.test("reconnecting() forgets failures only after a stable connection", () =>
  simulate(async (network) => {
    const attempts: number[] = [];
    let lifetime = 100;
    await network.host("server").serveTcp({ port: 7 }, async (conn) => {
      await conn.send("hello\n");
      await network.sleep(lifetime);
    });
    const link = linkTo(network, {
      backoff: { initial: 10, max: 20, stable: 5000 },
      onState: (state) => {
        if (state.name === "connecting") attempts.push(state.attempt);
      },
    });
    const useUp = async () => await (await link.conn()).readLine();
    for (let i = 0; i < 4; i++) await useUp();
    lifetime = 6000;
    await useUp();
    await useUp();
    assertEquals(attempts, [2, 3, 4, 5, 1]);
  }));

Deno.test("reconnecting() counts only connections that end too soon as failures", () =>
  simulate(async (network) => {
    await network.host("server").serveTcp({ port: 7 }, async (conn) => {
      await conn.send("hello\n");
      await conn.readLine();
    });
    const backoff = { stable: 5000 };
    const link = linkTo(network, { maxFailures: 1, backoff });
    for (let i = 0; i < 3; i++) {
      const conn = await link.conn();
      await network.sleep(6000);
      link.discard(conn);
    }
    link.discard(await link.conn());
    await assertRejects(() => link.conn(), SocketError, "ended too soon");
  }));

Deno.test("reconnecting() finds a server again after an outage of any kind", () =>
  explore({ runs: 10, link: { loss: 0.05, jitter: 5 } }, async (network) => {
    const server = network.host("server");
    server.start(echo);
    const link = linkTo(network, { timeout: 5000, backoff: { max: 2000 } });
    /** Sends until the answer comes, with the connection that there is. */
    const ask = async (question: string) => {
      for (;;) {
        const conn = await link.conn({ timeout: HOUR });
        try {
          await conn.send(`${question}\n`);
          if (await conn.readLine({ timeout: 3000 }) === question) return;
        } catch (error) {
          link.discard(conn, error);
        }
      }
    };
    await ask("1");
    network.partition(server);
    const pending = ask("2");
    await network.sleep(30_000);
    network.heal();
    await pending;
    server.crash();
    const next = ask("3");
    await network.sleep(20_000);
    network.dns.fail("server", "timeout");
    await network.sleep(20_000);
    network.dns.recover("server");
    server.restart();
    await next;
    server.shutdown();
    const last = ask("4");
    await network.sleep(network.random.next() * 10_000);
    server.restart();
    await last;
  }));

Deno.test("reconnecting() limits an attempt, with onConnect, by its timeout", () =>
  simulate(async (network) => {
    const server = network.host("server");
    await server.serveTcp({ port: 7 }, async (conn) => {
      await conn.readLine(); // says nothing
    });
    const link = linkTo(network, { timeout: 2000 });
    const error = await assertRejects(
      () => link.conn({ timeout: 3000 }),
      TimedOutError,
      "Cannot get a connection: the last attempt failed",
    );
    assert(error.cause instanceof TimedOutError);
    link.close();

    network.dns.delay(60_000);
    const slow = linkTo(network, { timeout: 2000 }, "other");
    const states: string[] = [];
    for (let i = 0; i < 3; i++) {
      states.push(slow.state.name);
      await network.sleep(1900);
    }
    assertEquals(states[0], "connecting");
    assert(slow.state.name !== "connected");
  }));

Deno.test("reconnecting() gives nobody a connection whose onConnect failed", () =>
  simulate(async (network) => {
    network.host("server").start(echo);
    const conns: TcpConn[] = [];
    const link = linkTo(network, {
      onConnect: (conn) => {
        conns.push(conn);
        if (conns.length < 3) throw new Error("wrong password");
      },
    });
    assert(await link.conn() === conns[2]);
    assertEquals(conns.map(({ isClosed }) => isClosed), [true, true, false]);
    const closing = linkTo(network, {
      onConnect: (conn) => conn.close(),
      maxFailures: 2,
    }, "closer");
    await assertRejects(() => closing.conn(), SocketError, "ECONNABORTED");
  }));

Deno.test("reconnecting() stops after errors that stay, and after too many", async () => {
  const rows: [unknown[], ReconnectOptions, number | undefined][] = [
    [[new TypeError("no port")], {}, 0],
    [[new NotCapableError("no net access", "ENOTCAPABLE")], {}, 0],
    [[socketError("ENOTSUP", { action: "connect" })], {}, 0],
    [[refused(), refused(), refused()], { maxFailures: 3 }, 2],
    [[refused(), refused()], { maxFailures: 3 }, undefined],
    [[refused(), new Error("last")], {
      shouldRetry: (error) => error instanceof SocketError,
    }, 1],
  ];
  for (const [errors, options, last] of rows) {
    const expected = errors.slice();
    const link = reconnecting(failing(...errors), {
      backoff: { initial: 0 },
      ...options,
    });
    const [outcome] = await Promise.allSettled([link.conn()]);
    if (last === undefined) {
      assertEquals(outcome.status, "fulfilled");
    } else {
      assert(outcome.status === "rejected");
      assertEquals(outcome.reason, expected[last]);
      assertEquals(link.state, { name: "closed", error: expected[last] });
      const again = await Promise.allSettled([link.conn()]);
      assertEquals(again[0], outcome);
    }
    link.close();
  }
});

Deno.test("reconnecting() stops with the error of a shouldRetry that throws", async () => {
  const link = reconnecting(failing(refused()), {
    shouldRetry: () => {
      throw new Error("confused");
    },
  });
  await assertRejects(() => link.conn(), Error, "confused");
});

Deno.test("reconnecting() rejects what connect() must not resolve with", async () => {
  const connect = () => Promise.resolve({} as StreamConn);
  const link = reconnecting(connect);
  await assertRejects(() => link.conn(), TypeError, "not a connection");
});

Deno.test("close() of a reconnector ends whatever it does", () =>
  simulate(async (network) => {
    const server = network.host("server");
    const link = linkTo(network);
    const waiting = [link.conn(), link.conn({ timeout: HOUR })];
    await network.sleep(5000);
    link.close();
    link.close();
    const closed = await Promise.allSettled([...waiting, link.conn()]);
    for (const outcome of closed) {
      assert(outcome.status === "rejected");
      assert(outcome.reason instanceof ClosedError);
    }
    assertEquals(link.state, { name: "closed", error: undefined });

    server.start(echo);
    server.crash(); // connecting takes long
    const second = linkTo(network, {}, "second");
    await network.sleep(1000);
    await second[Symbol.asyncDispose]();
    server.restart();
    const third = linkTo(network, {}, "third");
    const conn = await third.conn();
    using _ = third;
    await third[Symbol.asyncDispose]();
    assert(conn.isClosed);
    const { length } = network.trace;
    await network.sleep(HOUR);
    const later = [...network.trace].slice(length);
    assert(!later.some(({ text }) => /SYN|query/.test(text)), "it connects");
  }));

Deno.test("close() of a reconnector closes a connection that comes too late", async () => {
  const { client } = connPair();
  let finish = (_: StreamConn) => {};
  const link = reconnecting<StreamConn>(() =>
    new Promise((resolve) => finish = resolve)
  );
  link.close();
  finish(client);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert(client.isClosed);
});

Deno.test("conn() of a reconnector is cancelled by itself", () =>
  simulate(async (network) => {
    const link = linkTo(network); // there is no server
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    const outcomes = await Promise.allSettled([
      link.conn({ signal }),
      link.conn({ timeout: 0 }),
      link.conn({ timeout: -1 }),
    ]);
    const reasons = outcomes.map((outcome) =>
      outcome.status === "rejected" ? outcome.reason : undefined
    );
    assertEquals(reasons[0], reason);
    assert(reasons[1] instanceof TimedOutError);
    assert(reasons[2] instanceof RangeError);
    const waiting = link.conn();
    network.host("server").start(echo);
    await waiting;
  }));

Deno.test("reconnecting() refuses bad options", () => {
  const connect = failing();
  // deno-lint-ignore no-explicit-any -- what callers without types pass
  const rows: [any, typeof Error][] = [
    [{ timeout: -1 }, RangeError],
    [{ timeout: "5" }, TypeError],
    [{ maxFailures: 0 }, RangeError],
    [{ backoff: { initial: -1 } }, RangeError],
    [{ backoff: { max: NaN } }, RangeError],
    [{ backoff: { stable: "1" } }, TypeError],
    [{ onConnect: 5 }, TypeError],
    [{ onState: {} }, TypeError],
    [{ shouldRetry: true }, TypeError],
  ];
  for (const [options, kind] of rows) {
    assertThrows(() => reconnecting(connect, options), kind);
  }
  // deno-lint-ignore no-explicit-any -- as above
  assertThrows(() => reconnecting(undefined as any), TypeError, "connect");
});

Deno.test("reconnecting() connects over loopback again", async () => {
  let count = 0;
  await using server = await serveTcp(
    { hostname: "127.0.0.1", port: 0 },
    async (conn) => await conn.send(`${++count}\n`),
  );
  await using link = reconnecting(
    (wait) => connectTcp({ ...server.addr, ...wait }),
    { backoff: { initial: 1 } },
  );
  for (const expected of ["1", "2", "3"]) {
    const conn = await link.conn({ timeout: 20_000 });
    assertEquals(await conn.readLine(), expected);
    assertEquals(await conn.readLine(), null);
  }
});

for (const [word, expected] of [["idle", ""], ["wait", "held\n"]] as const) {
  Deno.test(`a reconnector keeps the program alive only for those who wait (${word})`, async () => {
    const program = new URL("_reconnecting_program.ts", import.meta.url);
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: [...runArgs("deno"), program.pathname, word],
      cwd: new URL("../../", import.meta.url),
      signal: AbortSignal.timeout(60_000),
      stderr: "inherit",
    }).output();
    assertEquals(new TextDecoder().decode(stdout), expected);
    assertEquals(code, 0);
  });
}
