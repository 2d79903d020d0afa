/**
 * Run by leaks_test.ts with all permissions, as a user's tests are: the first use of
 * libc is within a test that looks for leaks.
 */
import { bindUdp, connectUdp } from "@berkeley/sockets/udp";
import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";

function check(condition: boolean): void {
  if (!condition) throw new Error("not what was expected");
}

Deno.test("UDP", async () => {
  using server = await bindUdp({ hostname: "127.0.0.1" });
  using client = await connectUdp(server.localAddr);
  check(server.backend === "posix");
  setTimeout(() => client.send(new Uint8Array(3)), 20); // the receive waits in a thread
  const { data } = await server.receive({ timeout: 20_000 });
  check(data.length === 3);
});

Deno.test("TCP", async () => {
  const backend = "posix";
  await using listener = await listenTcp({
    hostname: "127.0.0.1",
    port: 0,
    backend,
  });
  await using client = await connectTcp({ ...listener.addr, backend });
  await using server = await listener.accept();
  await client.send(new Uint8Array(5));
  check((await server.read(new Uint8Array(8))) === 5);
});

Deno.test("an option", async () => {
  await using socket = await bindUdp({
    hostname: "127.0.0.1",
    backend: "node",
  });
  await socket.setOption("SO_RCVBUF", 65_536);
  check(await socket.getOption("SO_RCVBUF") >= 65_536);
});
