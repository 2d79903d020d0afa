/** The example find_a_bug: the packet that matters, and its diagram. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { assertFailsInALine, runExample } from "./_example.ts";

Deno.test("find_a_bug prints the lost acknowledgement that doubles an entry, and its diagram", async () => {
  const { code, stdout, stderr } = await runExample(["find_a_bug"]);
  assertEquals([code, stderr], [0, ""]);
  assertStringIncludes(stdout, "The copy has 6 entries of 5");
  assertMatch(stdout, /^It needs 1 of [0-9]+ random faults/m);
  // The backup is the one that acknowledges.
  assertMatch(stdout, /^ {2}backup>primary drop \d+$/m);
  const [, diagram = ""] = stdout.split("\n\n");
  assertMatch(diagram, /^sequenceDiagram\n/);
  const lost = diagram.split("\n").filter((line) => line.includes("-x"));
  assertEquals(lost.length, 1);
  assertMatch(lost[0]!, /UDP, length \d+, lost/);
});

Deno.test("find_a_bug --fixed finds nothing", async () => {
  const { code, stdout, stderr } = await runExample(
    ["find_a_bug", "--fixed", "--runs", "200"],
  );
  assertEquals([code, stderr], [0, ""]);
  assertEquals(stdout, "The copy was right in all 200 runs.\n");
});

Deno.test("find_a_bug refuses numbers that make no sense", async () => {
  for (const [option, value] of [["runs", "x"], ["loss", "2"]] as const) {
    const outcome = await runExample(["find_a_bug", `--${option}`, value]);
    assertFailsInALine(outcome, `Cannot use ${option}`, 2);
  }
});
