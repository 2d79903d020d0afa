/** Sockets in Workers, each of which waits by a thread of its own. */
import { assertEquals } from "@std/assert";
import { posixTest } from "./_setup.ts";
import { MOD, runScript } from "./_script.ts";

posixTest("many Workers open, wait and close at the same time", async () => {
  const output = await runScript(
    `const script = \`import { AF_INET, MSG_WAITALL, SOCK_STREAM, socket } from "${MOD}";
    const codeOf = (call) => call.then(String, (error) => error.code);
    const told = new Set();
    for (let round = 0; round < 25; round++) {
      const listener = socket(AF_INET, SOCK_STREAM);
      listener.bind({ hostname: "127.0.0.1", port: 0 });
      listener.listen();
      const near = socket(AF_INET, SOCK_STREAM);
      const accepting = listener.accept();
      await near.connect(listener.getSockName());
      const { socket: far } = await accepting;
      const tag = Math.floor(Math.random() * 256);
      const buffer = new Uint8Array(60);
      const filling = far.recv(buffer, { flags: MSG_WAITALL });
      for (let i = 0; i < 3; i++) await near.send(new Uint8Array(20).fill(tag));
      told.add(await codeOf(filling));
      if (buffer.some((byte) => byte !== tag)) told.add("another's bytes");
      const ends = [far, near].map((end) => codeOf(end.recv(buffer)));
      far.close(); // its number is another Worker's at once
      told.add((await Promise.all(ends)).join());
      near.close();
      listener.close();
    }
    postMessage([...told].join(" "));\`;
    const url = "data:application/javascript," + encodeURIComponent(script);
    const told = await Promise.all(Array.from({ length: 6 }, async () => {
      const worker = new Worker(url, { type: "module" });
      const { data } = await new Promise((resolve) => worker.onmessage = resolve);
      worker.terminate();
      return data;
    }));
    console.log([...new Set(told)].join("; "));`,
    ["--allow-all"],
  );
  assertEquals(output, "60 EBADF,0\n");
}, "inherit");

posixTest("a Worker that is terminated leaves no thread behind", async () => {
  const output = await runScript(
    `const script = \`import { AF_UNIX, SOCK_STREAM, socketPair } from "${MOD}";
    const [a] = socketPair(AF_UNIX, SOCK_STREAM);
    a.recv(new Uint8Array(1));
    setTimeout(() => postMessage("waits"), 20);\`;
    const url = "data:application/javascript," + encodeURIComponent(script);
    const count = () => [...Deno.readDirSync("/proc/self/task")].length;
    async function terminateOne() {
      const worker = new Worker(url, { type: "module" });
      await new Promise((resolve) => worker.onmessage = resolve);
      worker.terminate();
    }
    await terminateOne();
    const before = count();
    for (let round = 0; round < 8; round++) await terminateOne();
    const end = performance.now() + 20_000;
    while (count() > before && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    console.log(count() <= before ? "none" : count() - before);`,
    ["--allow-all"],
  );
  assertEquals(output, "none\n");
}, "inherit");
