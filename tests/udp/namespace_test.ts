/** What loopback cannot show: multicast, broadcast and peers over links. */
import { canMakeNamespace, testInNamespace } from "../_namespace.ts";

const ignore = !canMakeNamespace();

for (const topic of ["multicast", "broadcast", "peers"]) {
  Deno.test({
    name: `${topic} over the links of a namespace`,
    ignore,
    fn: () =>
      testInNamespace(
        new URL(`_${topic}_in_namespace.ts`, import.meta.url),
      ),
  });
}
