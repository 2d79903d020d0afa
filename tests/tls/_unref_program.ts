/** Run by unref_test.ts: prints what it should not live to see. */
import { connectTls, listenTls } from "@berkeley/sockets/tls";
import { makeCertificate } from "@berkeley/sockets/testing";

const [what] = Deno.args;
const { cert, key } = await makeCertificate();
const backend = "node";
const listener = await listenTls({
  ...{ hostname: "127.0.0.1", port: 0, cert, key, backend },
});
const [client, server] = await Promise.all([
  connectTls({ ...listener.addr, caCerts: [cert], backend }),
  listener.accept(),
]);
const LONG = { timeout: 3000 };
const late = () => console.log("the timer fired");

if (what === "idle connection") {
  // Nothing is pending.
} else if (what === "unref") {
  client.unref();
  server.unref();
  client.readExact(1, LONG).catch(late);
} else if (what === "ref again") {
  client.unref();
  client.readExact(1, { timeout: 100 }).catch(late);
  client.ref();
} else {
  await client.readExact(1, { timeout: 20 }).catch(() => {});
  if (what === "read after a cancelled read") {
    Deno.unrefTimer(setTimeout(() => server.send(new Uint8Array([1])), 300));
    await client.readExact(1);
    console.log("read");
  }
}
