/** Simulations beside libraries that replace the same globals, as FakeTime does. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { runInVirtualTime } from "../../../testing/_sim/time/mod.ts";

const REAL = {
  Date,
  setTimeout,
  clearTimeout,
  setInterval,
  clearInterval,
};

/**
 * Replaces what FakeTime of `@std/testing` replaces, and puts back what was there when
 * this module was loaded.
 */
class FakeTimers {
  static readonly NOW = 1000;
  readonly #abortSignalTimeout = AbortSignal.timeout;
  readonly #callbacks: (() => void)[] = [];

  constructor() {
    const add = (callback: () => void) => this.#callbacks.push(callback);
    class FakeDate extends REAL.Date {
      constructor(...args: []) {
        super(...(args.length === 0 ? [FakeTimers.NOW] : args) as []);
      }
      static override now(): number {
        return FakeTimers.NOW;
      }
    }
    Object.assign(globalThis, {
      Date: FakeDate,
      setTimeout: add,
      setInterval: add,
      clearTimeout() {},
      clearInterval() {},
    });
    AbortSignal.timeout = () => new AbortController().signal;
  }

  /** Calls what waits. */
  tick(): void {
    for (const callback of this.#callbacks.splice(0)) callback();
  }

  restore(): void {
    Object.assign(globalThis, REAL);
    AbortSignal.timeout = this.#abortSignalTimeout;
  }

  [Symbol.dispose](): void {
    this.restore();
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

Deno.test("a simulation runs while fake timers are installed outside of it", async () => {
  using time = new FakeTimers();
  let fired = 0;
  setTimeout(() => fired++);
  const fake = setTimeout;
  await runInVirtualTime({ seed: 1 }, async () => {
    await sleep(60_000);
    assertEquals(performance.now(), 60_000);
    assertEquals(new Date().getTime(), Date.UTC(2030, 0, 1) + 60_000);
    assertEquals(Date.now(), Date.UTC(2030, 0, 1) + 60_000);
    assert(new Date() instanceof REAL.Date);
  });
  assert(setTimeout === fake);
  assertEquals([Date.now(), new Date().getTime()], [1000, 1000]);
  assertEquals(fired, 0);
  time.tick();
  assertEquals(fired, 1);
});

Deno.test("fake timers work after a simulation", async () => {
  await runInVirtualTime({ seed: 1 }, () => sleep(1000));
  using time = new FakeTimers();
  let fired = 0;
  setTimeout(() => fired++);
  time.tick();
  assertEquals([fired, Date.now()], [1, 1000]);
});

Deno.test("fake timers inside of a simulation fail it", async () => {
  await assertRejects(
    () =>
      runInVirtualTime({ seed: 1 }, async () => {
        using _time = new FakeTimers();
        await sleep(1000);
      }),
    Error,
    "setTimeout was replaced inside of it",
  );
  assert(setTimeout === REAL.setTimeout);
  assert(Date === REAL.Date);
});

Deno.test("fake timers that are left installed inside fail the simulation", async () => {
  const timeout = AbortSignal.timeout;
  await assertRejects(
    () => runInVirtualTime({ seed: 1 }, () => void new FakeTimers()),
    Error,
    "was replaced inside of it",
  );
  assert(setTimeout === REAL.setTimeout);
  assert(Date === REAL.Date);
  assert(AbortSignal.timeout === timeout);
});

Deno.test("fake timers that are removed inside of a simulation fail it", async () => {
  const time = new FakeTimers();
  await assertRejects(
    () =>
      runInVirtualTime({ seed: 1 }, () => {
        time.restore();
        return new Promise(() => {});
      }),
    Error,
    "setTimeout was replaced inside of it",
  );
  time.restore();
  assert(setTimeout === REAL.setTimeout);
});

Deno.test("another replaced global fails the simulation at its end", async () => {
  const { random } = Math;
  await assertRejects(
    () => runInVirtualTime({ seed: 1 }, () => void (Math.random = () => 0)),
    Error,
    "Math.random was replaced inside of it",
  );
  assert(Math.random === random);
});
