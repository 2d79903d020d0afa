/** SOCKS4A: replies and the user ID, in a simulated network. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ProtocolError, SocketError } from "@berkeley/sockets/errors";
import { socks4a } from "@berkeley/sockets/proxy";
import { newLog, socks4aServer } from "./_servers.ts";
import {
  PROXY,
  serveBytes,
  serveProxy,
  TARGET,
  test,
  threeHosts,
} from "./_simulated.ts";

const REPLIES: readonly [number, string, string][] = [
  [0x5b, "ECONNABORTED", "request rejected or failed, reply 0x5b"],
  [0x5c, "EACCES", "cannot reach identd on this host, reply 0x5c"],
  [0x5d, "EACCES", "identd on this host reports another user, reply 0x5d"],
  [0x00, "ECONNABORTED", "refuses for an unknown reason, reply 0x00"],
];
for (const [reply, code, text] of REPLIES) {
  test(`socks4a() makes ${code} of the reply ${reply}`, async (network) => {
    const { client, proxy } = await threeHosts(network);
    await serveBytes(proxy, Uint8Array.of(0, reply, 0, 0, 0, 0, 0, 0));
    const error = await assertRejects(
      () => client.connectTcp({ ...TARGET, proxy: socks4a(PROXY) }),
      SocketError,
      text,
    );
    assertEquals(error.code, code);
  });
}

test("socks4a() refuses a proxy of another protocol", async (network) => {
  const { client, proxy } = await threeHosts(network);
  await serveBytes(proxy, "HTTP/1.1 400 Bad Request\r\n\r\n", { end: false });
  await assertRejects(
    () => client.connectTcp({ ...TARGET, proxy: socks4a(PROXY) }),
    ProtocolError,
    "the proxy does not speak SOCKS4A: its answer begins with 0x48 (EPROTO)",
  );
});

test("socks4a() sends the user ID, and no IPv6 address", async (network) => {
  const { client, proxy, target } = await threeHosts(network);
  const log = newLog();
  await serveProxy(proxy, socks4aServer(proxy, log));
  const own = socks4a({ ...PROXY, username: "ann" });
  using conn = await client.connectTcp({ ...TARGET, proxy: own });
  assertEquals(await conn.readLine(), "hello");
  assertEquals(log.details, ["ann"]);
  const error = await assertRejects(
    () =>
      client.connectTcp({
        ...{ hostname: target.addresses[1]!, port: 7, proxy: own },
      }),
    SocketError,
    "SOCKS4A has no IPv6 addresses",
  );
  assertEquals(error.code, "EAFNOSUPPORT");
});

Deno.test("socks4a() refuses a user ID that its protocol cannot carry", () => {
  assertThrows(() => socks4a({ username: "a\0b" }), TypeError, "zero byte");
  assertThrows(() => socks4a({ username: "x".repeat(256) }), RangeError);
});
