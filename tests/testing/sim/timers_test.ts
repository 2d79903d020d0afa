import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { AsyncLocalStorage } from "node:async_hooks";
import { runInVirtualTime } from "../../../testing/_sim/time/mod.ts";
import { IS_DENO } from "../../_runtime.ts";

function sleep(milliseconds?: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

Deno.test("setTimeout() passes arguments, and takes delays as the runtime does", async () => {
  await runInVirtualTime({ seed: 1 }, async () => {
    const args = await new Promise((resolve) =>
      setTimeout((...args: number[]) => resolve(args), 5, 1, 2)
    );
    assertEquals(args, [1, 2]);
    assertEquals(performance.now(), 5);
    for (const delay of [undefined, -1, 0, NaN, 0.5, 2 ** 31]) {
      const before = performance.now();
      await sleep(delay);
      assertEquals(performance.now() - before, 1, String(delay));
    }
    assertThrows(() => Reflect.apply(setTimeout, null, []), TypeError);
    assertThrows(() => Reflect.apply(setImmediate, null, ["x"]), TypeError);
  });
});

Deno.test("timers of one time fire in their order, immediates before them", async () => {
  await runInVirtualTime({ seed: 1 }, async () => {
    const seen: string[] = [];
    setTimeout(() => seen.push("2 ms"), 2);
    setTimeout(() => {
      seen.push("1 ms");
      Promise.resolve().then(() => seen.push("its microtask"));
    }, 1);
    setTimeout(() => seen.push("1 ms again"), 1);
    setImmediate(() => seen.push("immediate"));
    await sleep(3);
    assertEquals(seen, [
      "immediate",
      "1 ms",
      "its microtask",
      "1 ms again",
      "2 ms",
    ]);
  });
});

Deno.test("clearTimeout() and its kind cancel timers, by object and by number", async () => {
  await runInVirtualTime({ seed: 1 }, async () => {
    let fired = 0;
    const count = () => fired++;
    clearTimeout(setTimeout(count, 1));
    clearTimeout(Number(setTimeout(count, 1)));
    clearInterval(setInterval(count, 1));
    clearTimeout(setInterval(count, 1));
    clearImmediate(setImmediate(count));
    clearTimeout(undefined);
    clearTimeout(12345);
    await sleep(10);
    assertEquals(fired, 0);
  });
});

Deno.test("a timer has the methods of the runtime's timers", async () => {
  const real = setTimeout(() => {}, 0) as unknown as Record<string, unknown>;
  clearTimeout(real as never);
  const names = ["ref", "unref", "hasRef", "refresh", "close"];
  await runInVirtualTime({ seed: 1 }, async () => {
    const times: number[] = [];
    const timer = setTimeout(
      () => times.push(performance.now()),
      10,
    ) as unknown as {
      ref(): unknown;
      unref(): unknown;
      hasRef(): boolean;
      refresh(): unknown;
    };
    for (const name of names) {
      assertEquals(typeof real[name], "function");
      assertEquals(typeof Reflect.get(timer, name), "function", name);
    }
    assertEquals(timer.hasRef(), true);
    assertEquals(timer.unref(), timer);
    assertEquals(timer.hasRef(), false);
    if (IS_DENO) {
      Deno.refTimer(timer as never);
      assertEquals(timer.hasRef(), true);
      Deno.unrefTimer(+timer as never);
      assertEquals(timer.hasRef(), false);
    }
    await sleep(5);
    timer.refresh();
    await sleep(20);
    assertEquals(times, [15]);
    timer.refresh(); // a timer that has fired starts again
    await sleep(20);
    assertEquals(times, [15, 35]);
  });
});

Deno.test("setInterval() fires until it is cleared, also by itself", async () => {
  await runInVirtualTime({ seed: 1 }, async () => {
    const times: number[] = [];
    const timer = setInterval(() => {
      times.push(performance.now());
      if (times.length === 3) clearInterval(timer);
    }, 100);
    await sleep(1000);
    assertEquals(times, [100, 200, 300]);
  });
});

Deno.test("a timer runs in the asynchronous context that started it", async () => {
  const storage = new AsyncLocalStorage<string>();
  await storage.run("outer", () =>
    runInVirtualTime({ seed: 1 }, async () => {
      const seen: unknown[] = [];
      setTimeout(() => seen.push(storage.getStore()), 1);
      storage.run("inner", () => {
        setTimeout(() => seen.push(storage.getStore()), 2);
        setImmediate(() => seen.push(storage.getStore()));
        AbortSignal.timeout(3).onabort = () => seen.push(storage.getStore());
      });
      await sleep(5);
      assertEquals(seen, ["inner", "outer", "inner", "inner"]);
    }));
});

Deno.test("Scope.drop() cancels the timers of a scope, and those it starts later", async () => {
  await runInVirtualTime({ seed: 1 }, async (world) => {
    const seen: string[] = [];
    const scope = world.newScope("host");
    let resume!: () => void;
    const released = new Promise<void>((resolve) => resume = resolve);
    scope.run(async () => {
      setTimeout(() => seen.push("before the drop"), 1);
      setTimeout(() => seen.push("after the drop"), 10);
      await released;
      seen.push("the program goes on");
      setTimeout(() => seen.push("started after the drop"), 1);
    });
    setTimeout(() => seen.push("the test's"), 10);
    await sleep(5);
    assertEquals(scope.timerCount, 1);
    scope.drop();
    assert(scope.isDropped);
    assertEquals(scope.timerCount, 0);
    resume();
    await sleep(100);
    assertEquals(seen, [
      "before the drop",
      "the program goes on",
      "the test's",
    ]);
  });
});

Deno.test("an error in a timer's callback fails the simulation", async () => {
  const error = new Error("in a callback");
  for (const start of [setTimeout, setInterval, setImmediate]) {
    const name = start.name as "setTimeout";
    const thrown = await assertRejects(() =>
      runInVirtualTime({ seed: 1 }, async () => {
        globalThis[name](() => {
          throw error;
        }, 1);
        await sleep(1000);
      })
    );
    assert(thrown === error, name);
  }
});

Deno.test({
  name: "errors that no program handles fail the simulation",
  ignore: "Bun" in globalThis, // whose test runner takes these errors
  async fn() {
    const error = new Error("unhandled");
    const throwIt = () => {
      throw error;
    };
    for (
      const start of [
        () => void Promise.reject(error),
        () => queueMicrotask(throwIt),
        () => {
          const controller = new AbortController();
          controller.signal.addEventListener("abort", throwIt);
          controller.abort();
        },
      ]
    ) {
      const thrown = await assertRejects(() =>
        runInVirtualTime({ seed: 1 }, async () => {
          setTimeout(start, 1);
          await sleep(1000);
        })
      );
      assert(thrown === error);
    }
  },
});

Deno.test("a test that has ended leaves no timer behind", async () => {
  let fired = 0;
  const resume = Promise.withResolvers<void>();
  await runInVirtualTime({ seed: 1 }, () => {
    setTimeout(() => fired++, 1);
    setInterval(() => fired++, 1);
    resume.promise.then(() => setTimeout(() => fired++, 1));
    resume.resolve(); // goes on after the test's function has returned
  });
  await sleep(5);
  assertEquals(fired, 0);
});
