/** Both descriptions of CI install the programs that the tests talk to. */
import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);

function read(path: string): Promise<string> {
  return Deno.readTextFile(new URL(path, ROOT));
}

Deno.test("the workflow installs the packages that .ci/run installs", async () => {
  const [, programs = ""] =
    /^PROGRAMS=\((.*)\)$/m.exec(await read(".ci/run")) ??
      [];
  const packages = programs.split(" ").map((entry) => entry.split(":")[1]);
  const workflow = await read(".github/workflows/ci.yml");
  const [, installed = ""] =
    /apt-get install -y --no-install-recommends (.*)$/m.exec(workflow) ?? [];
  assertEquals(installed.split(" "), packages);
  assert(packages.length > 5, "the list was read");
});
