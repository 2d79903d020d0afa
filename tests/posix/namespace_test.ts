/** What options do that loopback cannot show. */
import { HAS_POSIX } from "../_posix.ts";
import { canMakeNamespace, testInNamespace } from "../_namespace.ts";

const ignore = !HAS_POSIX || !canMakeNamespace();

for (const topic of ["routes", "losses", "interfaces"]) {
  Deno.test({
    name: `options over the links of a namespace: ${topic}`,
    ignore,
    fn: () =>
      testInNamespace(new URL(`_${topic}_in_namespace.ts`, import.meta.url)),
  });
}
