/** Timers that a program imports from node: follow virtual time, too. */
import { assertEquals, assertRejects } from "@std/assert";
import * as nodeTimers from "node:timers";
import {
  setInterval as ticks,
  setTimeout as sleep,
} from "node:timers/promises";
import { scheduler } from "node:timers/promises";
import { promisify } from "node:util";
import { runInVirtualTime } from "../../../testing/_sim/time/mod.ts";
import { IS_DENO } from "../../_runtime.ts";

/** A test of what is only so in Deno. */
function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: !IS_DENO, fn });
}

test("node:timers/promises takes virtual time", async () => {
  await runInVirtualTime({ seed: 1 }, async () => {
    assertEquals(await sleep(3_600_000, "result"), "result");
    assertEquals(performance.now(), 3_600_000);
    await scheduler.wait(500);
    assertEquals(performance.now(), 3_600_500);
    await promisify(setTimeout)(500);
    assertEquals(performance.now(), 3_601_000);
    const controller = new AbortController();
    nodeTimers.setTimeout(() => controller.abort(), 100);
    const { signal } = controller;
    await assertRejects(() => sleep(1000, undefined, { signal }));
    assertEquals(performance.now(), 3_601_100);
    let count = 0;
    for await (const _ of ticks(1000)) if (++count === 5) break;
    assertEquals(performance.now(), 3_606_100);
  });
});

test("node:timers starts, clears and refreshes timers in virtual time", async () => {
  await runInVirtualTime({ seed: 1 }, async () => {
    const seen: unknown[] = [];
    const { setTimeout, setInterval, clearTimeout, clearInterval } = nodeTimers;
    clearTimeout(setTimeout(() => seen.push("cleared"), 10));
    clearTimeout(Number(setTimeout(() => seen.push("cleared by number"), 10)));
    globalThis.clearTimeout(setTimeout(() => seen.push("by the global"), 10));
    const interval = setInterval(() => seen.push("tick"), 40);
    const timer = setTimeout(
      (text: string) => seen.push(text, performance.now()),
      10,
      "fired",
    );
    timer.unref();
    await sleep(5);
    timer.refresh();
    await sleep(50);
    assertEquals(seen, ["fired", 15, "tick"]);
    timer.refresh();
    clearInterval(interval);
    await sleep(50);
    assertEquals(seen, ["fired", 15, "tick", "fired", 65]);
  });
});

test("timers of node:timers that are pending leave nothing behind", async () => {
  let fired = 0;
  await runInVirtualTime({ seed: 1 }, async (world) => {
    nodeTimers.setTimeout(() => fired++, 50);
    nodeTimers.setInterval(() => fired++, 50);
    const scope = world.newScope("host");
    scope.run(() => nodeTimers.setTimeout(() => fired++, 5));
    scope.drop();
    scope.run(() => nodeTimers.setTimeout(() => fired++, 1));
    await sleep(10);
  });
  assertEquals(fired, 0);
  const before = Date.now();
  await sleep(1);
  assertEquals(Date.now() - before < 60_000, true); // real again
});
