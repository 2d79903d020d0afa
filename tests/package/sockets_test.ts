/** The functions of a host, and that programs load nothing of what tests need. */
import { assertEquals, assertStrictEquals } from "@std/assert";
import * as real from "@berkeley/sockets";
import type { Sockets } from "@berkeley/sockets";
import { hostSockets } from "../../testing/_sim/host/host_sockets.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("the module has all functions of Sockets, and passes as one", () => {
  const here: Sockets = real;
  const names = Object.keys(hostSockets(() => {
    throw new Error("no function is called");
  })) as (keyof Sockets)[];
  assertEquals(names.filter((name) => typeof here[name] !== "function"), []);
  const { connectTcp }: Sockets = here;
  assertStrictEquals(connectTcp, real.connectTcp);
});

Deno.test("hostSockets() rejects if the host is down", async () => {
  const down = new Error("down");
  const { connectTcp } = hostSockets(() => {
    throw down;
  });
  const outcome = await connectTcp({ port: 1 }).catch((error) => error);
  assertStrictEquals(outcome, down);
});

Deno.test("no entry point but that of the tests loads a file of testing/", async () => {
  const config = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", ROOT)),
  );
  const { "./testing": _, ...entries } = config.exports;
  for (const path of Object.values<string>(entries)) {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", path],
      cwd: ROOT,
    }).output();
    const { modules }: { modules: { specifier: string }[] } = JSON.parse(
      new TextDecoder().decode(stdout),
    );
    const folder = new URL("testing/", ROOT).href;
    const loaded = modules.map(({ specifier }) => specifier);
    assertEquals(loaded.includes(new URL(path, ROOT).href), true, path);
    assertEquals(loaded.filter((file) => file.startsWith(folder)), [], path);
  }
});
