import { Scheduler } from "../../../testing/_sim/time/scheduler.ts";
import { Random } from "../../../testing/_random.ts";
import { assertEquals, assertNotEquals } from "@std/assert";

function run(scheduler: Scheduler): void {
  while (scheduler.next !== undefined) scheduler.step();
}

Deno.test("step() runs events by their time, then by their order", () => {
  const scheduler = new Scheduler();
  const seen: string[] = [];
  for (const [delay, name] of [[5, "b"], [1, "a"], [5, "c"], [9, "d"]]) {
    scheduler.after(
      delay as number,
      () => void seen.push(`${name}@${scheduler.now}`),
    );
  }
  run(scheduler);
  assertEquals(seen, ["a@1", "b@5", "c@5", "d@9"]);
});

Deno.test("after() keeps the order of random events, with cancelled ones left out", () => {
  const random = new Random(7);
  for (let round = 0; round < 50; round++) {
    const scheduler = new Scheduler();
    const seen: [number, number][] = [];
    const expected: [number, number][] = [];
    for (let i = 0; i < 300; i++) {
      const delay = random.integer(0, 40);
      const event = scheduler.after(delay, () => void seen.push([delay, i]));
      if (random.next() < 0.5) event.cancel();
      else expected.push([delay, i]);
    }
    assertEquals(scheduler.size, expected.length);
    run(scheduler);
    expected.sort(([a, i], [b, j]) => a - b || i - j);
    assertEquals(seen, expected);
    assertEquals(scheduler.size, 0);
  }
});

Deno.test("cancel() does nothing once the event has happened", () => {
  const scheduler = new Scheduler();
  const event = scheduler.after(1, () => {});
  run(scheduler);
  event.cancel();
  scheduler.after(1, () => {});
  assertEquals(scheduler.size, 1);
});

Deno.test("fork() depends on the seed and the label only", () => {
  const random = new Random(1);
  const before = random.fork("a").next();
  random.next();
  assertEquals(random.fork("a").next(), before);
  assertNotEquals(random.fork("b").next(), before);
  assertNotEquals(new Random(2).fork("a").next(), before);
});

Deno.test("at() keeps the order of events of one time, whatever the rounding", () => {
  const random = new Random(3);
  const scheduler = new Scheduler();
  const seen: number[] = [];
  const time = 1000.1;
  for (let i = 0; i < 100; i++) {
    scheduler.after(random.next() * 900, () => {
      const number = i;
      scheduler.at(time, () => void seen.push(number));
      order.push(number);
    });
  }
  const order: number[] = [];
  run(scheduler);
  assertEquals(seen, order);
  assertEquals(scheduler.now, time);
});
