/** Timeouts of sockets that let the program end let it end, too. */
import { assertEquals } from "@std/assert";
import { posixTest } from "./_setup.ts";
import { MOD, runScript } from "./_script.ts";

/** A wait that would be seen: the program prints "late" if it lives so long. */
const PROGRAM = `
  import { AF_INET, AF_UNIX, SOCK_DGRAM, SOCK_STREAM, socket, socketPair, poll, POLLIN } from "${MOD}";
  const [a, b] = socketPair(AF_UNIX, SOCK_STREAM);
  const listener = socket(AF_INET, SOCK_STREAM);
  listener.bind({ hostname: "127.0.0.1", port: 0 });
  listener.listen();
  const buffer = new Uint8Array(1);
  const options = { timeout: 3000 };
  const tell = (error) => console.log(error.code);
  Deno.unrefTimer(setTimeout(() => console.log("late"), 1500));
`;

/** Calls that wait, and whether they let the program end. */
const CALLS: Record<string, [script: string, output: string]> = {
  "recv() of an unref'ed socket": [
    "a.unref(); a.recv(buffer, options).catch(tell);",
    "",
  ],
  "recv() of a socket that is unref'ed while it waits": [
    "a.recv(buffer, options).catch(tell); a.unref();",
    "",
  ],
  "accept() of an unref'ed socket": [
    "listener.unref(); listener.accept(options).catch(tell);",
    "",
  ],
  "send() of an unref'ed socket": [
    "a.unref(); a.send(new Uint8Array(64 << 20), options).catch(tell);",
    "",
  ],
  "poll() of an unref'ed socket": [
    "a.unref(); poll([{ socket: a, events: POLLIN }], options).catch(tell);",
    "",
  ],
  "recv() of a socket that is ref'ed again": [
    "a.unref(); a.recv(buffer, { timeout: 50 }).catch(tell); a.ref();",
    "ETIMEDOUT\n",
  ],
  "poll() of two sockets, one of which is ref'ed": [
    `a.unref(); poll([a, b].map((socket) => ({ socket, events: POLLIN })),
      { timeout: 50 }).catch(tell);`,
    "ETIMEDOUT\n",
  ],
};

for (const [name, [script, output]] of Object.entries(CALLS)) {
  const verb = output === "" ? "does not keep" : "keeps";
  posixTest(`${name} with a timeout ${verb} the program alive`, async () => {
    assertEquals(await runScript(PROGRAM + script), output);
  }, "inherit");
}
