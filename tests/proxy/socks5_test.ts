/** SOCKS5: replies and authentication, in a simulated network. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  ConnectionRefusedError,
  HostUnreachableError,
  NetworkUnreachableError,
  NotSupportedError,
  PermissionDeniedError,
  ProtocolError,
  SocketError,
  TimedOutError,
} from "@berkeley/sockets/errors";
import { socks5 } from "@berkeley/sockets/proxy";
import { newLog, socks5Server } from "./_servers.ts";
import {
  PROXY,
  serveBytes,
  serveProxy,
  TARGET,
  test,
  threeHosts,
} from "./_simulated.ts";

const REPLIES: readonly [
  number,
  string,
  string,
  (abstract new (...args: never[]) => Error)?,
][] = [
  [1, "ECONNABORTED", "general failure of the proxy"],
  [
    2,
    "EACCES",
    "the rules of the proxy do not allow it",
    PermissionDeniedError,
  ],
  [3, "ENETUNREACH", "network unreachable", NetworkUnreachableError],
  [4, "EHOSTUNREACH", "host unreachable", HostUnreachableError],
  [
    5,
    "ECONNREFUSED",
    "connection refused by the target",
    ConnectionRefusedError,
  ],
  [6, "ETIMEDOUT", "TTL expired", TimedOutError],
  [7, "ENOTSUP", "the proxy does not support CONNECT", NotSupportedError],
  [
    8,
    "EAFNOSUPPORT",
    "the proxy does not support this type of address",
  ],
  [9, "ECONNABORTED", "the proxy refuses for an unknown reason"],
  [255, "ECONNABORTED", "the proxy refuses for an unknown reason"],
];

for (const [reply, code, text, kind = SocketError] of REPLIES) {
  const shown = `0x${reply.toString(16).padStart(2, "0")}`;
  test(`socks5() makes ${code} of the reply ${shown}`, async (network) => {
    const { client, proxy } = await threeHosts(network);
    // Some proxies send all of a reply, and some its beginning only.
    for (const rest of [[0, 1, 0, 0, 0, 0, 0, 0], []]) {
      const answer = Uint8Array.of(5, 0, 5, reply, ...rest);
      const server = network.host(`proxy${rest.length}`);
      await serveBytes(server, answer, { afterRead: 3 });
      const own = socks5({ ...PROXY, hostname: server.name });
      const error = await client.connectTcp({ ...TARGET, proxy: own })
        .catch((error) => error);
      assertEquals(error instanceof kind, true, `${error}`);
      assertEquals(
        error.message,
        `Cannot connect to target:7 through the SOCKS5 proxy ${server.name}:1080: ${text}, reply ${shown} (${code})`,
      );
      assertEquals(error.remoteAddr, { transport: "tcp", ...TARGET });
    }
    assertEquals(proxy.isUp, true);
  });
}

const GARBAGE: readonly [string, number[], string][] = [
  ["HTTP", [0x48, 0x54], "does not speak SOCKS5: its answer begins with 0x48"],
  ["SOCKS4", [0, 0x5b], "does not speak SOCKS5: its answer begins with 0x00"],
  ["a method that was not offered", [5, 1], "chose method 0x01"],
  ["the password method unasked", [5, 2], "chose method 0x02"],
  ["another version in its reply", [5, 0, 4, 0, 0, 1], "begins with 0x04"],
  ["an unknown type of address", [5, 0, 5, 0, 0, 2], "address type 0x02"],
];
for (const [what, bytes, text] of GARBAGE) {
  test(`socks5() refuses a proxy that answers with ${what}`, async (network) => {
    const { client, proxy } = await threeHosts(network);
    await serveBytes(proxy, Uint8Array.from(bytes), { end: false });
    await assertRejects(
      () => client.connectTcp({ ...TARGET, proxy: socks5(PROXY) }),
      ProtocolError,
      text,
    );
  });
}

const BOUND: readonly [string, number[]][] = [
  ["an IPv4 address", [1, 1, 2, 3, 4, 0, 80]],
  ["an IPv6 address", [4, ...new Array(16).fill(9), 0, 80]],
  ["a name", [3, 4, 0x61, 0x2e, 0x62, 0x63, 0, 80]],
  ["an empty name", [3, 0, 0, 80]],
  ["the longest name", [3, 255, ...new Array(255).fill(0x61), 0, 80]],
];
for (const [what, address] of BOUND) {
  test(`socks5() reads a reply with ${what}, and no byte more`, async (network) => {
    const { client, proxy } = await threeHosts(network);
    const bytes = Uint8Array.of(5, 0, 5, 0, 0, ...address, 0x21, 0x0a);
    await serveBytes(proxy, bytes, { end: false });
    using conn = await client.connectTcp({ ...TARGET, proxy: socks5(PROXY) });
    assertEquals(conn.buffered, 2);
    assertEquals(await conn.readLine(), "!");
  });
}

test("socks5() authenticates by user name and password", async (network) => {
  const { client, proxy } = await threeHosts(network);
  const log = newLog();
  const credentials = "ännie:s3cr:et";
  await serveProxy(proxy, socks5Server(proxy, log, { credentials }));
  const own = socks5({ ...PROXY, username: "ännie", password: "s3cr:et" });
  using conn = await client.connectTcp({ ...TARGET, proxy: own });
  assertEquals(await conn.readLine(), "hello");
  assertEquals(log.details, ["1 ännie:s3cr:et"]);
});

test("socks5() sends no password to a proxy that wants none", async (network) => {
  const { client, proxy } = await threeHosts(network);
  const log = newLog();
  await serveProxy(proxy, socks5Server(proxy, log));
  const own = socks5({ ...PROXY, username: "ann", password: "secret" });
  using conn = await client.connectTcp({ ...TARGET, proxy: own });
  assertEquals(await conn.readLine(), "hello");
  assertEquals(log.details, []);
});

test("socks5() reports refused credentials without them", async (network) => {
  const { client, proxy } = await threeHosts(network);
  const credentials = "ann:secret";
  await serveProxy(proxy, socks5Server(proxy, newLog(), { credentials }));
  const wrong = socks5({ ...PROXY, username: "annabel", password: "hidden" });
  const refused = await client.connectTcp({ ...TARGET, proxy: wrong })
    .catch((error) => error);
  assertEquals(
    refused.message,
    "Cannot connect to target:7 through the SOCKS5 proxy proxy:1080: the proxy refuses the user name or the password, status 0x01 (EACCES)",
  );
  const shown = Deno.inspect([refused, wrong], { depth: 9, showHidden: true });
  assertEquals(/annabel|hidden/.test(shown), false);

  await assertRejects(
    () => client.connectTcp({ ...TARGET, proxy: socks5(PROXY) }),
    PermissionDeniedError,
    "the proxy requires authentication; give username and password (EACCES)",
  );
});

Deno.test("socks5() refuses bad options", () => {
  const bad: [object, typeof TypeError | typeof RangeError][] = [
    [{ hostname: 1 }, TypeError],
    [{ port: 0 }, RangeError],
    [{ port: 65536 }, RangeError],
    [{ path: "/x", port: 1 }, TypeError],
    [{ path: "/x", hostname: "a" }, TypeError],
    [{ path: 1 }, TypeError],
    [{ tls: "yes" }, TypeError],
    [{ proxy: {} }, TypeError],
    [{ resolve: "never" }, TypeError],
    [{ password: "x" }, TypeError],
    [{ username: 1 }, TypeError],
    [{ username: "" }, RangeError],
    [{ username: "x".repeat(256) }, RangeError],
    [{ username: "x", password: "y".repeat(256) }, RangeError],
  ];
  for (const [options, kind] of bad) {
    assertThrows(() => socks5(options), kind, "Cannot use ");
  }
});
