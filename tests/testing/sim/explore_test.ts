/** explore() finds the run that fails, and what it needs to fail. */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  explore,
  ExploreError,
  type ExploreOptions,
  type Network,
  simulate,
} from "@berkeley/sockets/testing";

/** Registers a test that may do nothing but compute. */
function test(name: string, fn: () => Promise<void> | void): void {
  Deno.test({ name, permissions: "none", fn });
}

const LOSSY = { link: { loss: 0.05 } };

/** Sends ten datagrams, and returns how many have arrived. */
async function countArrivals(network: Network): Promise<number> {
  const a = network.host("a");
  const b = network.host("b");
  using receiver = await b.bindUdp({ port: 7 });
  using sender = await a.connectUdp({ hostname: "b", port: 7 });
  for (let i = 0; i < 10; i++) await sender.send(new Uint8Array([i]));
  let count = 0;
  const options = { timeout: 1000 };
  while (await receiver.receive(options).catch(() => null) !== null) count++;
  return count;
}

async function tenArrive(network: Network): Promise<void> {
  const count = await countArrivals(network);
  if (count !== 10) throw new RangeError(`${count} of 10 arrived`);
}

/** Expects explore() to fail. */
async function find(
  options: ExploreOptions,
  body: (network: Network) => Promise<void>,
): Promise<ExploreError> {
  return await assertRejects(() => explore(options, body), ExploreError);
}

test("explore() runs so many seeds, from the first on, and passes", async () => {
  const seeds: number[] = [];
  await explore({ runs: 5, seed: 7 }, (network) => {
    seeds.push(network.seed);
  });
  assertEquals(seeds, [7, 8, 9, 10, 11]);
  let runs = 0;
  await explore({}, () => {
    runs++;
  });
  assertEquals(runs, 100);
});

test("explore() stops at the first seed that fails, and reports one fault of many", async () => {
  const error = await find(LOSSY, tenArrive);
  assertEquals(error.faults.length, 1);
  assertEquals(error.isMinimal, true);
  assertEquals(error.isRepeatable, true);
  assertEquals(error.seed, error.run);
  assert(error.cause instanceof RangeError);
  assertStringIncludes(error.cause.message, "9 of 10 arrived");
  assertStringIncludes(error.message, `seed ${error.seed}`);
  assertStringIncludes(error.message, error.faults[0]!);
  assertStringIncludes(String(error.trace), "lost");
  for (let seed = 1; seed < error.seed; seed++) {
    await simulate({ ...LOSSY, seed }, tenArrive); // these pass
  }
});

test("explore() gives the faults with which simulate() fails again", async () => {
  const { seed, faults, trace } = await find(LOSSY, tenArrive);
  let again: Network | undefined;
  await assertRejects(
    () =>
      simulate({ ...LOSSY, seed, faults }, (network) => {
        again = network;
        return tenArrive(network);
      }),
    RangeError,
    `9 of 10 arrived (seed ${seed})`,
  );
  assertEquals(String(again?.trace), String(trace));
  assertEquals(again?.faults, faults);
  await simulate({ ...LOSSY, seed, faults: [] }, tenArrive);
});

test("explore() gives the same result each time", async () => {
  const [first, second] = [
    await find(LOSSY, tenArrive),
    await find(LOSSY, tenArrive),
  ];
  assertEquals(second.message, first.message);
  assertEquals(second.faults, first.faults);
});

test("explore() keeps all faults that are needed together", async () => {
  const options = { link: { loss: 0.3 } };
  const error = await find(options, async (network) => {
    const count = await countArrivals(network);
    if (count < 7) throw new Error("too few");
  });
  assertEquals(error.faults.length, 4);
  assert(error.faultsBefore >= 4);
});

test("explore() shrinks what network.chance() decides", async () => {
  const error = await find({}, (network) => {
    let count = 0;
    for (let i = 0; i < 20; i++) if (network.chance(0.2, "strike")) count++;
    if (count >= 2) throw new Error("two strikes");
    return Promise.resolve();
  });
  assertEquals(error.faults.length, 2);
  assert(error.faults.every((name) => name.startsWith("strike ")));
});

test("explore() does not take another failure for the same", async () => {
  // Without all faults of the run it fails otherwise.
  const error = await find(
    { link: { loss: 0.3 }, runs: 20 },
    async (network) => {
      const count = await countArrivals(network);
      if (count > 8) return;
      if (count > 6) throw new TypeError("a little is lost");
      throw new Error("much is lost");
    },
  );
  const few = error.cause instanceof TypeError ? 2 : 4;
  assertEquals(error.faults.length, few);
});

test("explore() says that a failure needs no fault", async () => {
  const error = await find({ link: { loss: 0.5 } }, async (network) => {
    await countArrivals(network);
    throw new Error("always");
  });
  assertEquals([error.seed, error.faults], [1, []]);
  assertStringIncludes(error.message, "without any of the");
  const other = await find({}, () => Promise.reject(new Error("always")));
  assertStringIncludes(other.message, "No random fault happened");
  assertStringIncludes(other.message, "simulate({ seed: 1 }, test)");
});

test("explore() says when a test is not repeatable", async () => {
  let runs = 0;
  const error = await find({}, () => {
    if (++runs === 3) throw new Error("only once");
    return Promise.resolve();
  });
  assertEquals([error.run, error.isRepeatable, runs], [3, false, 4]);
  assertStringIncludes(error.message, "not repeatable");

  let port = 0;
  const drifting = await find({}, async (network) => {
    using socket = await network.host("a").bindUdp({ port: ++port });
    await socket.sendTo("x", { hostname: "127.0.0.1", port: 9 });
    throw new Error("always");
  });
  assertEquals(drifting.isRepeatable, false);

  let delay = 0;
  const late = await find({}, async (network) => {
    await network.sleep(++delay);
    throw new Error("always");
  });
  assertEquals(late.isRepeatable, false);
});

test("explore() names the options that a repetition needs", async () => {
  const error = await find(LOSSY, tenArrive);
  const { seed, faults } = error;
  const call = `simulate({ ...options, seed: ${seed}, faults: ${
    JSON.stringify(faults)
  } }, test)`;
  assertStringIncludes(error.message, call);
});

test("explore() refuses a test that is not a function", async () => {
  for (const args of [[{}], [() => {}], [{}, 5]]) {
    await assertRejects(
      () => Reflect.apply(explore, undefined, args),
      TypeError,
      "the test must be a function",
    );
  }
});

test("explore() stops to shrink after maxShrinkRuns runs", async () => {
  const fails = async (network: Network) => {
    const count = await countArrivals(network);
    if (count < 7) throw new Error("too few");
  };
  const options = { link: { loss: 0.4 } };
  const error = await find({ ...options, maxShrinkRuns: 2 }, fails);
  assertEquals([error.shrinkRuns, error.isMinimal], [2, false]);
  assertStringIncludes(error.message, "stopped after 2 more runs");
  let runs = 0;
  const all = await find({ ...options, maxShrinkRuns: 0 }, (network) => {
    runs++;
    return fails(network);
  });
  assertEquals([all.shrinkRuns, all.faults.length], [0, all.faultsBefore]);
  assertEquals(runs, all.run);
});

test("explore() refuses bad options, and does not call the test", async () => {
  for (
    const options of [
      { runs: 0 },
      { runs: 1.5 },
      { seed: -1 },
      { seed: 2 ** 32 - 5, runs: 10 },
      { maxShrinkRuns: NaN },
      { link: { loss: 2 } },
    ]
  ) {
    let isCalled = false;
    await assertRejects(
      () =>
        explore(options, () => {
          isCalled = true;
        }),
      RangeError,
    );
    assertEquals(isCalled, false);
  }
});
