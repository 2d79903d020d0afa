/** The states of TCP, as the example prints them. */
import { assertEquals } from "@std/assert";
import { run } from "./_example.ts";
import { posixExampleTest, runPosixExample } from "./_posix_example.ts";

/** States at the client and at the server, line by line. */
const EXPECTED = [
  ["client", "server"],
  ["-", "CLOSE"],
  ["-", "CLOSE"],
  ["-", "LISTEN"],
  ["CLOSE", "LISTEN"],
  ["SYN_SENT", "LISTEN"],
  ["SYN_SENT", "LISTEN"],
  ["ESTABLISHED", "ESTABLISHED"],
  ["FIN_WAIT1", "ESTABLISHED"],
  ["FIN_WAIT2", "CLOSE_WAIT"],
  ["FIN_WAIT2", "LAST_ACK"],
  ["CLOSE", "CLOSE"],
  ["closed", "closed"],
];

function statesIn(stdout: string): string[][] {
  const [table = ""] = stdout.split("\n\n");
  return table.trim().split("\n").map((line) =>
    line.trim().split(/\s+/).slice(-2)
  );
}

const IS_LINUX = Deno.build.os === "linux";

for (const options of [[], ["-6"]]) {
  const name = ["tcp_states", ...options].join(" ");
  posixExampleTest(`${name} shows each state at both ends`, async () => {
    const { code, stdout, stderr } = await runPosixExample(
      ["tcp_states", ...options],
    );
    assertEquals([code, stderr], [0, ""]);
    assertEquals(statesIn(stdout), EXPECTED);
    assertEquals(stdout.split("\n\n")[1]?.includes("--allow-all"), true);
  }, !IS_LINUX);

  posixExampleTest(`${name} finds TIME_WAIT where it may read`, async () => {
    const { code, stdout, stderr } = await run(
      ["examples/tcp_states.ts", ...options],
      "",
      ["--allow-all"],
    );
    assertEquals([code, stderr], [0, ""]);
    assertEquals(statesIn(stdout), EXPECTED);
    const told = "The kernel's table has the client's end in TIME_WAIT.\n";
    assertEquals(stdout.split("\n\n")[1], told);
  }, !IS_LINUX);
}
