import { assert } from "@std/assert";
import { Random } from "../_random.ts";
import { eachTransport } from "./_each_transport.ts";
import { tryReceives } from "./_receive_model.ts";

eachTransport(
  "receives of all kinds take each datagram once and in order",
  async ({ bind }) => {
    const outcomes = new Set<string>();
    for (let seed = 1; seed <= 8; seed++) {
      outcomes.add(await tryReceives(new Random(seed), bind));
    }
    assert(outcomes.has("peer"));
  },
);
