/** Run by scarce_test.ts: a server whose process runs out of descriptors for a while. */
import { serveUnix, type UnixBackend } from "@berkeley/sockets/unix";

// The runtime prepares for signals when it first needs to, and panics if it then
// has no descriptor left.
const ignore = () => {};
Deno.addSignalListener("SIGUSR1", ignore);
Deno.removeSignalListener("SIGUSR1", ignore);

const [backend, path] = Deno.args as [UnixBackend, string];
const lines = Deno.stdin.readable.getReader();
const server = await serveUnix({
  path,
  backend,
  onError: (error) => console.log((error as { code?: string }).code),
}, async (conn) => {
  await conn.send(`${await conn.readLine()}\n`);
});
console.log("ready");
await lines.read();

const taken: Deno.Listener[] = [];
try {
  for (;;) taken.push(Deno.listen({ hostname: "127.0.0.1", port: 0 }));
} catch {
  console.log("no descriptor left");
}
await lines.read();
for (const listener of taken) listener.close();
console.log("descriptors left");
await lines.read();
await server.shutdown();
