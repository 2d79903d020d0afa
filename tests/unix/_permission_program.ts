/**
 * Listens on a path, connects to it, and prints what happened. For runs with few
 * permissions.
 */
import { connectUnix, listenUnix } from "../../unix/mod.ts";
import type { UnixBackend } from "../../unix/mod.ts";

const options = JSON.parse(Deno.args[0]!); // an argument cannot have NUL in it
const { path, backend }: { path: string; backend: UnixBackend } = options;

async function say(what: string, call: () => Promise<string>): Promise<void> {
  try {
    console.log(`${what}: ${await call()}`);
  } catch (error) {
    const { name, message } = error as Error;
    console.log(`${what}: ${name}: ${message}`);
  }
}

await say("listen", async () => {
  await using listener = await listenUnix(options);
  await using client = await connectUnix({ path, backend });
  await using server = await listener.accept({ timeout: 20_000 });
  await client.send(new TextEncoder().encode("hello\n"));
  return `${await server.readLine({ timeout: 20_000 })}`;
});
await say("connect", async () => {
  await using client = await connectUnix({ path, backend });
  return `to ${client.remoteAddr.path}`;
});
