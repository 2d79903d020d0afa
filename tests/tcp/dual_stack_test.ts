/** Systems whose sockets on `::` take IPv6 only. */
import { canMakeNamespace, testInNamespace } from "../_namespace.ts";

Deno.test({
  name: "listenTcp() on :: takes both families where the system does not",
  ignore: !canMakeNamespace(),
  fn: () =>
    testInNamespace(new URL("_dual_stack_in_namespace.ts", import.meta.url)),
});
