import { assert, assertEquals, assertRejects } from "@std/assert";
import { runInVirtualTime } from "../../../testing/_sim/time/mod.ts";

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

Deno.test("runInVirtualTime() moves all clocks by the timers that fire", async () => {
  await runInVirtualTime({ seed: 1 }, async (world) => {
    assertEquals(Date.now(), Date.UTC(2030, 0, 1));
    assertEquals(performance.now(), 0);
    await sleep(3_600_000);
    assertEquals(new Date().toISOString(), "2030-01-01T01:00:00.000Z");
    assertEquals(performance.now(), 3_600_000);
    assertEquals(world.now, 3_600_000);
  });
});

Deno.test("runInVirtualTime() runs an hour of setInterval()", async () => {
  await runInVirtualTime({ seed: 1 }, async () => {
    let ticks = 0;
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        if (++ticks < 3600) return;
        clearInterval(timer);
        resolve();
      }, 1000);
    });
    assertEquals(performance.now(), 3_600_000);
  });
});

Deno.test("runInVirtualTime() restores the globals when the test throws", async () => {
  const before = [setTimeout, Date, Math.random, performance.now, Date.now];
  await assertRejects(
    () => runInVirtualTime({ seed: 1 }, () => Promise.reject(new Error("no"))),
    Error,
    "no",
  );
  await assertRejects(
    () =>
      runInVirtualTime({ seed: 1 }, () => {
        throw new Error("synchronous");
      }),
    Error,
    "synchronous",
  );
  assertEquals(
    [setTimeout, Date, Math.random, performance.now, Date.now],
    before,
  );
});

Deno.test("runInVirtualTime() fails when nothing can continue the test", async () => {
  await assertRejects(
    () => runInVirtualTime({ seed: 1 }, () => new Promise(() => {})),
    Error,
    "still pending at 0 ms of virtual time",
  );
});

Deno.test("runInVirtualTime() leaves the timers of other code real", async () => {
  let isOver = false;
  const outside = sleep(5).then(() => isOver = true);
  await runInVirtualTime({ seed: 1 }, async () => {
    for (let i = 0; i < 100 && !isOver; i++) await sleep(1000);
  });
  await outside;
  assert(isOver);
});
