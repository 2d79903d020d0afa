/** Calls that complete at once leave the event loop its turn. */
import { assert, assertEquals } from "@std/assert";
import {
  isLoopStarved,
  nextTurn,
  resolveFairly,
  suspendFairness,
} from "../../../internal/wait/mod.ts";
import { runScript } from "../../posix/_script.ts";

const MOD = new URL("../../../internal/wait/mod.ts", import.meta.url).href;

/** Far more calls than complete until a timer fires; no time is asserted. */
const MANY = 50_000_000;

/** Calls again and again until the timers have fired; how often it called. */
async function callUntil(
  call: (round: number) => Promise<unknown>,
  isDone: () => boolean,
): Promise<number> {
  for (let round = 1; round <= MANY; round++) {
    await call(round);
    if (isDone()) return round;
  }
  return MANY;
}

Deno.test("resolveFairly() lets timers fire beside calls in a loop", async () => {
  let isOver = false;
  const timer = setTimeout(() => isOver = true, 20);
  const calls = await callUntil(resolveFairly, () => isOver);
  clearTimeout(timer);
  assert(calls > 10 && calls < MANY, `${calls} calls`);

  const signal = AbortSignal.timeout(20);
  assert(await callUntil(resolveFairly, () => signal.aborted) < MANY);
});

Deno.test("resolveFairly() lets an interval fire again and again", async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  const calls = await callUntil(resolveFairly, () => ticks === 20);
  clearInterval(timer);
  assert(calls < MANY);
});

Deno.test("resolveFairly() lets timers fire beside calls with work of their own", async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  const calls = await callUntil((round) => {
    const until = performance.now() + 5;
    while (performance.now() < until); // the work of the caller
    return resolveFairly(round);
  }, () => ticks === 10);
  clearInterval(timer);
  assert(calls < 200, `${calls} calls`);
});

Deno.test("resolveFairly() resolves in the order of the calls", async () => {
  const order: number[] = [];
  const calls: Promise<unknown>[] = [];
  let waits = 0;
  for (let i = 0; waits < 5; i++) {
    const call = resolveFairly(i);
    calls.push(call.then((result) => order.push(result)));
    if (i % 1000 !== 0) continue;
    if (isLoopStarved()) {
      waits++;
      await nextTurn();
    } else {
      await undefined;
    }
  }
  await Promise.all(calls);
  assertEquals(order, order.map((_, i) => i));
});

Deno.test("resolveFairly() leaves nothing that a leak sanitizer reports", async () => {
  assertEquals(await resolveFairly("result"), "result");
});

Deno.test("resolveFairly() does not keep a program alive", async () => {
  const output = await runScript(
    `import { resolveFairly } from "${MOD}";
    console.log(await resolveFairly("end"));
    // Fires only if something else keeps the program alive for so long.
    Deno.unrefTimer(setTimeout(() => console.log("late"), 500));`,
    [],
  );
  assertEquals(output, "end\n");
});

Deno.test("suspendFairness() has calls complete at once, until it is ended", async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const resume = suspendFairness();
  const until = performance.now() + 20;
  while (performance.now() < until) await resolveFairly(1);
  assertEquals([ticks, isLoopStarved()], [0, false]);
  await nextTurn(); // those that ask for a turn get one
  resume();
  const before = ticks;
  assert(await callUntil(resolveFairly, () => ticks > before + 2) < MANY);
  clearInterval(timer);
});
