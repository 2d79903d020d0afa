/** Run by unref_test.ts: prints what it should not live to see. */
import {
  connectTcp,
  listenTcp,
  type ListenTcpOptions,
  type TcpBackend,
} from "@berkeley/sockets/tcp";

const [what, backend] = Deno.args as [string, TcpBackend];
const here: ListenTcpOptions = { hostname: "127.0.0.1", port: 0, backend };
const late = () => console.log("the timer fired");
const LONG = { timeout: 3000 };

const listener = await listenTcp(here);
if (what === "idle listener") {
  // Nothing is pending.
} else if (what === "unref before accept") {
  listener.unref();
  listener.accept(LONG).catch(late);
} else if (what === "unref after accept") {
  listener.accept(LONG).catch(late);
  listener.unref();
} else if (what === "ref again") {
  listener.unref();
  listener.accept({ timeout: 100 }).catch(late);
  listener.ref();
} else if (what === "idle connection") {
  const client = await connectTcp({ ...listener.addr, backend });
  const server = await listener.accept();
  await client.send(new Uint8Array([1]));
  await server.readExact(1);
} else {
  const client = await connectTcp({ ...listener.addr, backend });
  const server = await listener.accept();
  await server.readExact(1, { timeout: 20 }).catch(() => {});
  if (what === "read after a cancelled read") {
    Deno.unrefTimer(setTimeout(() => client.send(new Uint8Array([1])), 300));
    await server.readExact(1);
    console.log("read");
  }
}
