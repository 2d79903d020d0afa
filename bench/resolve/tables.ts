import type { Table } from "../_harness.ts";
import { benchLookUps } from "./look_ups.ts";

/** Look-ups against `Deno.resolveDns`, as tables. */
export async function* benchResolve(): AsyncGenerator<Table> {
  const results = await benchLookUps();
  yield {
    title: "look-ups",
    unit: "look-ups /s",
    rows: results.map(({ name, micros, timesFaster }) => ({
      name,
      median: 1e6 / micros,
      ratio: timesFaster,
    })),
  };
}
