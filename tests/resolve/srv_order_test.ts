import { orderSrv, type SrvRecord } from "../../resolve/mod.ts";
import { assert, assertEquals } from "@std/assert";

function record(priority: number, weight: number, target: string): SrvRecord {
  return { priority, weight, port: 1, target };
}

/** How often each target came first, of many drawings over the whole range of random numbers. */
function firsts(records: SrvRecord[], draws = 10_000): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i < draws; i++) {
    const { target } = orderSrv(records, () => i / draws)[0]!;
    counts.set(target, (counts.get(target) ?? 0) + 1);
  }
  return counts;
}

Deno.test("orderSrv() puts lower priorities first, whatever the weights", () => {
  const records = [record(3, 9, "c"), record(1, 0, "a"), record(2, 65535, "b")];
  for (const random of [0, 0.5, 0.999]) {
    assertEquals(orderSrv(records, () => random).map(({ target }) => target), [
      "a",
      "b",
      "c",
    ]);
  }
});

Deno.test("orderSrv() gives first place in proportion to the weight", () => {
  const counts = firsts([
    record(1, 10, "a"),
    record(1, 30, "b"),
    record(1, 60, "c"),
  ]);
  // The running sums are compared with numbers from 0 to 100: 11, 30 and 60 of 101.
  for (
    const [target, share] of [["a", 11 / 101], ["b", 30 / 101], [
      "c",
      60 / 101,
    ]] as const
  ) {
    assert(Math.abs(counts.get(target)! / 10_000 - share) < 0.001, target);
  }
});

Deno.test("orderSrv() gives a weight of 0 a very small chance beside others", () => {
  const counts = firsts([record(1, 99, "heavy"), record(1, 0, "light")]);
  assertEquals(counts.get("light"), 100); // 1 of 100
  assertEquals(counts.get("heavy"), 9900);
});

Deno.test("orderSrv() loses and repeats none", () => {
  const records = Array.from(
    { length: 50 },
    (_, i) => record(i % 3, i % 7, `t${i}`),
  );
  let seed = 1;
  const random = (): number => (seed = seed * 48271 % 2147483647) / 2147483647;
  for (let i = 0; i < 100; i++) {
    const order = orderSrv(records, random);
    assertEquals(
      order.map(({ target }) => target).sort(),
      records.map(({ target }) => target).sort(),
    );
    const priorities = order.map(({ priority }) => priority);
    assertEquals(priorities, priorities.toSorted((a, b) => a - b));
  }
  assertEquals(orderSrv([]), []);
});
