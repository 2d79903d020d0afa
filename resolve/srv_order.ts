import type { SrvRecord } from "./records.ts";

/**
 * The order in which to try the targets of a service: RFC 2782. Lower
 * priorities first; within one, a drawing in which the weights are the odds,
 * made anew at each call.
 *
 * `random` yields numbers from 0 to below 1.
 *
 * @example Priorities come before weights
 * ```ts
 * import { orderSrv } from "@berkeley/sockets/resolve";
 * import { assertEquals } from "@std/assert";
 *
 * const records = [
 *   { priority: 20, weight: 100, port: 80, target: "spare.example" },
 *   { priority: 10, weight: 1, port: 80, target: "main.example" },
 * ];
 * assertEquals(orderSrv(records).map(({ target }) => target), [
 *   "main.example",
 *   "spare.example",
 * ]);
 * ```
 */
export function orderSrv(
  records: readonly SrvRecord[],
  random: () => number = Math.random,
): SrvRecord[] {
  const byPriority = Map.groupBy(records, ({ priority }) => priority);
  const priorities = [...byPriority.keys()].sort((a, b) => a - b);
  return priorities.flatMap((priority) =>
    draw(byPriority.get(priority)!, random)
  );
}

/** Draws records one after another, until none is left. */
function draw(
  records: readonly SrvRecord[],
  random: () => number,
): SrvRecord[] {
  // Those of weight 0 stand first, so that they have a small chance at all.
  const left = [...records].sort((a, b) =>
    Number(a.weight > 0) - Number(b.weight > 0)
  );
  const drawn: SrvRecord[] = [];
  let total = left.reduce((sum, { weight }) => sum + weight, 0);
  while (left.length > 0) {
    const mark = Math.floor(random() * (total + 1));
    let sum = 0;
    const index = left.findIndex(({ weight }) => (sum += weight) >= mark);
    const [record] = left.splice(index, 1);
    drawn.push(record!);
    total -= record!.weight;
  }
  return drawn;
}
