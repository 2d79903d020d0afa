import type { Table } from "../_harness.ts";
import { benchParsing } from "./parse_addresses.ts";

/** Parsing addresses against other parsers, as tables. */
export async function* benchAddress(): AsyncGenerator<Table> {
  const results = await benchParsing();
  for (const family of ["ipv4", "ipv6"] as const) {
    yield {
      title: `parsing ${family === "ipv4" ? "IPv4" : "IPv6"} addresses`,
      unit: "million /s",
      rows: results.map((result) => ({
        name: result.name,
        median: result[family],
        ratio: result[family] / results[0]![family],
      })),
    };
  }
}
