import { assertEquals } from "@std/assert";
import { arm, Timers } from "../../../internal/wait/mod.ts";

const PROGRAM = new URL("_timer_program.ts", import.meta.url);

/** What a program prints whose timers are ref'ed or unref'ed at its end. */
async function printed(state: "ref" | "unref"): Promise<string[]> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--quiet", PROGRAM.href, state],
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  assertEquals({ code, stderr: text.decode(stderr) }, { code: 0, stderr: "" });
  return text.decode(stdout).split("\n").filter((line) => line !== "");
}

Deno.test("Timers.unref() lets the program end before its timers fire", async () => {
  assertEquals(await printed("unref"), []);
});

Deno.test("Timers.ref() keeps the program alive for all its timers", async () => {
  assertEquals(await printed("ref"), [
    "started while ref",
    "started while unref",
  ]);
});

Deno.test("Timers.start() returns a function that stops the timer", async () => {
  const timers = new Timers();
  const fired: string[] = [];
  timers.start(() => fired.push("stopped"), 1)();
  await new Promise<void>((resolve) =>
    timers.start(() => {
      fired.push("kept");
      resolve();
    }, 5)
  );
  assertEquals(fired, ["kept"]);
});

Deno.test("arm() delivers what arrived in time before a late timeout gives up", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using client = await Deno.connect(
    listener.addr as Deno.NetAddr & { transport: "tcp" },
  );
  using server = await listener.accept();
  for (let round = 0; round < 5; round++) {
    const settled: string[] = [];
    const buffer = new Uint8Array(1);
    let disarm = () => {};
    const reading = server.read(buffer).then(() => {
      settled.push("read");
      disarm();
    });
    disarm = arm({ timeout: 5 }, () => new Error(), () => settled.push("late"));
    await client.write(buffer);
    keepBusy(20);
    await reading;
    assertEquals(settled, ["read"]);
  }
});

function keepBusy(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
