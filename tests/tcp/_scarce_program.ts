/** Run by scarce_test.ts: a server whose process runs out of descriptors for a while. */
import { serveTcp, type TcpBackend } from "@berkeley/sockets/tcp";

// The runtime prepares for signals when it first needs to, and panics if it then
// has no descriptor left.
const ignore = () => {};
Deno.addSignalListener("SIGUSR1", ignore);
Deno.removeSignalListener("SIGUSR1", ignore);

const here = { hostname: "127.0.0.1", port: 0 } as const;
const lines = Deno.stdin.readable.getReader();
const server = await serveTcp({
  ...here,
  backend: Deno.args[0] as TcpBackend,
  onError: (error) => console.log((error as { code?: string }).code),
}, async (conn) => {
  await conn.send(new TextEncoder().encode(`${await conn.readLine()}\n`));
});
console.log(`port ${server.addr.port}`);
await lines.read();

const taken: Deno.Listener[] = [];
try {
  for (;;) taken.push(Deno.listen(here));
} catch {
  console.log("no descriptor left");
}
await lines.read();
for (const listener of taken) listener.close();
console.log("descriptors left");
await lines.read();
await server.shutdown();
