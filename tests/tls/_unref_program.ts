/** Run by unref_test.ts: prints what it should not live to see. */
import { connectTcp } from "@berkeley/sockets/tcp";
import { connectTls, listenTls, type TlsBackend } from "@berkeley/sockets/tls";

const [what, backend, cert, key] = Deno.args as [
  string,
  TlsBackend,
  string,
  string,
];
const listener = await listenTls({
  ...{ hostname: "127.0.0.1", port: 0, cert, key, backend },
  handshakeTimeout: 3000,
  onError: () => console.log("the handshake has failed"),
});
const late = () => console.log("the timer fired");
const LONG = { timeout: 3000 };

/** Connects two ends, and closes the listener, which is not what is tested then. */
async function pair() {
  const ends = await Promise.all([
    connectTls({ ...listener.addr, caCerts: [cert], backend }),
    listener.accept(),
  ]);
  listener.close();
  return ends;
}

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
} else if (what === "accepted while unref'ed") {
  listener.unref();
  const [client, server] = await pair();
  setTimeout(() => client.send("hello\n"), 50);
  console.log(await server.readLine());
} else if (what === "stalled handshake") {
  const accepting = listener.accept(LONG).catch(late);
  const plain = await connectTcp(listener.addr);
  await new Promise((resolve) => setTimeout(resolve, 50));
  plain.unref();
  listener.unref();
  void accepting;
} else if (what === "idle connection") {
  const [client, server] = await pair();
  await client.send("hello\n");
  await server.readLine();
} else if (what === "cancelled read") {
  const [, server] = await pair();
  await server.readExact(1, { timeout: 20 }).catch(() => {});
} else if (what === "read after a cancelled read") {
  const [client, server] = await pair();
  await client.readExact(1, { timeout: 20 }).catch(() => {});
  Deno.unrefTimer(setTimeout(() => server.send(new Uint8Array([1])), 300));
  await client.readExact(1);
  console.log("read");
} else if (what === "ref'ed read") {
  const [client] = await pair();
  client.unref();
  client.readExact(1, { timeout: 100 }).catch(late);
  client.ref();
} else if (what === "unref'ed read") {
  const [client] = await pair();
  client.unref();
  client.readLine(LONG).catch(late);
}
