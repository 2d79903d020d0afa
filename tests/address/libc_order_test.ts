import { assert, assertEquals } from "@std/assert";
import { canMakeNamespace } from "../_namespace.ts";
import { hasProgram } from "../_programs.ts";
import { IS_DENO } from "../_runtime.ts";

Deno.test({
  name:
    "selectSource() and sortAddresses() agree with libc on random hosts, given the policy table of RFC 6724",
  ignore: !IS_DENO || !canMakeNamespace() || !hasProgram("python3"),
  async fn() {
    const script = new URL("_libc_order_in_namespace.ts", import.meta.url);
    const { stdout, stderr } = await new Deno.Command("unshare", {
      args: [
        ..."--user --map-root-user --mount --net".split(" "),
        Deno.execPath(),
        ..."run --quiet -A --no-config".split(" "),
        script.pathname,
      ],
    }).output();
    assertEquals(new TextDecoder().decode(stderr), "");
    const { count, differences } = JSON.parse(new TextDecoder().decode(stdout));
    assertEquals(differences, []);
    assert(count > 500);
  },
});
