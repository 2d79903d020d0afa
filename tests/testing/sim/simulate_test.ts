import { assert, assertEquals, assertRejects } from "@std/assert";
import { makeCertificate, simulate } from "../../../testing/mod.ts";
import type { Network, SimulateOptions } from "../../../testing/mod.ts";
import { IS_DENO } from "../../_runtime.ts";

const IS_BUN = "Bun" in globalThis;

/** What the errors of simulations have. */
interface Failure extends Error {
  simulation: { seed: number; trace: Iterable<{ text: string }> };
}

async function failureOf(
  options: SimulateOptions,
  test: (network: Network) => unknown,
): Promise<Failure> {
  return await assertRejects(() => simulate(options, test)) as Failure;
}

Deno.test("simulate() resolves with the result of the test", async () => {
  assertEquals(await simulate(() => 5), 5);
  assertEquals(await simulate({}, () => Promise.resolve("text")), "text");
  assertEquals(await simulate({ seed: 9 }, (network) => network.seed), 9);
  assertEquals(await simulate(({ seed }) => seed), 1);
});

Deno.test("simulate() starts at the date of the option start", async () => {
  const start = new Date("2000-02-29T12:00:00Z");
  for (const option of [start, start.getTime()]) {
    await simulate({ start: option }, async (network) => {
      await network.sleep(1000);
      assertEquals(new Date().toISOString(), "2000-02-29T12:00:01.000Z");
    });
  }
  assertEquals(
    await simulate(() => new Date().toISOString()),
    "2030-01-01T00:00:00.000Z",
  );
});

Deno.test("simulate() rejects for bad arguments, without a seed in the message", async () => {
  let calls = 0;
  const test = () => void calls++;
  for (const seed of [-1, 1.5, 2 ** 32, NaN, "1"] as number[]) {
    await assertRejects(() => simulate({ seed }, test), RangeError, "seed");
  }
  for (const start of [-1, NaN, 9e15, new Date("?")]) {
    await assertRejects(() => simulate({ start }, test), RangeError, "start");
  }
  await assertRejects(() => simulate({ maxTime: -1 }, test), RangeError);
  await assertRejects(() => simulate({ maxEvents: NaN }, test), RangeError);
  await assertRejects(() => simulate({ maxTrace: -1 }, test), RangeError);
  await assertRejects(() => simulate({ link: { loss: 2 } }, test), RangeError);
  for (const args of [[], [{}], [{}, 5], [null, test], [5]]) {
    const error = await assertRejects(
      () => Reflect.apply(simulate, null, args),
      TypeError,
    );
    assert(!error.message.includes("(seed"), error.message);
  }
  assertEquals(calls, 0);
});

Deno.test("simulate() rejects with the error of the test, its seed and its trace", async () => {
  const error = new RangeError("wrong");
  const failure = await failureOf({ seed: 42 }, async (network) => {
    network.host("db");
    network.note("before the error");
    await network.sleep(5);
    throw error;
  });
  assert(failure as Error === error);
  assertEquals(failure.message, "wrong (seed 42)");
  assertEquals(failure.simulation.seed, 42);
  assert(String(failure.simulation.trace).includes("before the error"));
});

Deno.test({
  name: "simulate() names the host of an error that no program handles",
  ignore: IS_BUN, // whose test runner takes these errors
  async fn() {
    for (
      const program of [
        () => void setTimeout(() => JSON.parse("{"), 5),
        () => void Promise.reject(new SyntaxError("JSON")),
      ]
    ) {
      const failure = await failureOf({}, async (network) => {
        network.host("db").start(program);
        await network.sleep(1000);
      });
      assert(failure instanceof SyntaxError);
      assert(
        failure.message.endsWith(" (on host db, seed 1)"),
        failure.message,
      );
    }
  },
});

Deno.test("simulate() names real I/O whose refusal an error hides", async () => {
  const failure = await failureOf({}, async () => {
    await fetch("http://127.0.0.1:1").catch(() => {});
    throw new Error("no name");
  });
  assertEquals(
    failure.message,
    "no name (fetch() was refused, seed 1)",
  );
});

Deno.test("simulate() fails when a call waits for ever, and says what is open", async () => {
  const failure = await failureOf({}, async (network) => {
    const [a, b] = [network.host("a"), network.host("b")];
    b.start(async (host) => {
      using listener = await host.listenTcp({ port: 80 });
      using conn = await listener.accept();
      await conn.readLine();
    });
    await network.sleep(10);
    using conn = await a.connectTcp({ hostname: "b", port: 80 });
    await conn.readLine(); // both read
  });
  assert(failure.message.includes("no timer and no packet is left"));
  assert(
    failure.message.includes(
      'host "b" has 1 running program and 2 open sockets',
    ),
  );
});

Deno.test("real() refuses calls that wait for virtual time", () =>
  simulate(async (network) => {
    const host = network.host("db");
    const calls: (() => Promise<unknown>)[] = [
      () => network.sleep(1),
      () => host.connectTcp({ hostname: "127.0.0.1", port: 1 }),
    ];
    for (const call of calls) {
      const error = await assertRejects(() => network.real(call), Error);
      assert(error.message.includes("inside of network.real()"));
    }
    await network.sleep(1); // outside of it they work
  }));

Deno.test("simulate() drops the timers of a host that crashes", () =>
  simulate(async (network) => {
    const ticks: number[] = [];
    const host = network.host("db");
    let boots = 0;
    host.start(() => {
      const boot = ++boots;
      setInterval(() => ticks.push(boot), 100);
    });
    await network.sleep(250);
    host.crash();
    await network.sleep(1000);
    assertEquals(ticks, [1, 1]);
    host.restart();
    await network.sleep(150);
    assertEquals(ticks, [1, 1, 2]);
  }));

Deno.test("simulate() draws the numbers of each host apart", async () => {
  const draw = (others: number) =>
    simulate((network) => {
      for (let i = 0; i < others; i++) Math.random();
      let number = 0;
      network.host("db").start(() => void (number = Math.random()));
      return number;
    });
  assertEquals(await draw(0), await draw(3));
});

Deno.test({
  name: "TLS works in a simulation, with a certificate that was made in it",
  ignore: IS_BUN, // whose TLS does not work over a stream
  fn: () =>
    simulate(async (network) => {
      const [a, b] = [network.host("a"), network.host("b")];
      const { cert, key } = await makeCertificate({ names: ["b"] });
      await using _server = await b.serveTls(
        { port: 443, cert, key },
        (conn) => {
          return conn.send("hello\n");
        },
      );
      using conn = await a.connectTls({
        hostname: "b",
        port: 443,
        caCerts: [cert],
      });
      assertEquals(await conn.readLine(), "hello");
      assert(network.now > 0 && network.now < 1000);
    }),
});

Deno.test({
  name: "a simulation with TLS sends the same packets in each run",
  ignore: IS_BUN, // whose TLS does not work over a stream
  fn: async () => {
    const run = () =>
      simulate({ seed: 3, link: { jitter: 5 } }, async (network) => {
        const [a, b] = [network.host("a"), network.host("b")];
        const issuer = await makeCertificate({ isAuthority: true });
        const { cert, key } = await makeCertificate({ names: ["b"], issuer });
        await b.serveTls(
          { port: 443, cert, key },
          (conn) => conn.send("hello\n"),
        );
        const tls = { caCerts: [issuer.cert], hostname: "b", port: 443 };
        using conn = await a.connectTls(tls);
        assertEquals(await conn.readLine(), "hello");
        return String(network.trace);
      });
    const first = await run();
    for (let i = 0; i < 10; i++) assertEquals(await run(), first);
  },
});

Deno.test("one simulation after another starts from the same state", async () => {
  const run = () =>
    simulate({ seed: 3, link: { loss: 0.2, jitter: 5 } }, async (network) => {
      const [a, b] = [network.host("a"), network.host("b")];
      await using _server = await b.serveTcp({ port: 80 }, async (conn) => {
        for await (const line of conn.lines()) await conn.send(`${line}!\n`);
      });
      using conn = await a.connectTcp({ hostname: "b", port: 80 });
      for (let i = 0; i < 5; i++) {
        await conn.send(`${i} ${Math.random()}\n`);
        await conn.readLine();
      }
      return String(network.trace);
    });
  const first = await run();
  assert(first.split("\n").length > 20);
  for (let i = 0; i < 20; i++) assertEquals(await run(), first);
});

const restores = async () => {
  const before = Object.getOwnPropertyDescriptors(globalThis);
  const deno = Object.getOwnPropertyDescriptors(Deno);
  await simulate(() => {});
  await failureOf({}, () => {
    throw new Error();
  });
  await failureOf({ maxTime: 5 }, (network) => network.sleep(10));
  assertEquals(Object.getOwnPropertyDescriptors(globalThis), before);
  assertEquals(Object.getOwnPropertyDescriptors(Deno), deno);
};

Deno.test({
  name: "simulate() restores the globals, whatever the test does",
  ignore: !IS_DENO,
  fn: restores,
});
