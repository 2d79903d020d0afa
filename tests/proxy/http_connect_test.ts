/** CONNECT of HTTP: answers, header fields and limits, in a simulated network. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ProtocolError, SocketError } from "@berkeley/sockets/errors";
import { httpConnect } from "@berkeley/sockets/proxy";
import { httpServer, newLog } from "./_servers.ts";
import {
  PROXY,
  serveBytes,
  serveProxy,
  TARGET,
  test,
  threeHosts,
} from "./_simulated.ts";

const PREFIX = "Cannot connect to target:7 through the HTTP proxy proxy:1080: ";

const STATUSES: readonly [string, string, string][] = [
  ["407 Proxy Authentication Required", "EACCES", ""],
  ["403 Forbidden", "EACCES", ""],
  ["401", "EACCES", ""],
  ["405 Method Not Allowed", "ENOTSUP", ""],
  ["501 Not Implemented", "ENOTSUP", ""],
  ["502 Bad Gateway", "EHOSTUNREACH", ""],
  ["503 Service Unavailable", "EHOSTUNREACH", ""],
  ["504 Gateway Timeout", "ETIMEDOUT", ""],
  ["500 Unable to connect", "ECONNABORTED", ""],
  ["302 Found", "ECONNABORTED", ""],
  ["400 \x1b[31mr\u00e9d", "ECONNABORTED", "400 ?[31mr?d"],
];
for (const [status, code, shown] of STATUSES) {
  test(`httpConnect() makes ${code} of ${JSON.stringify(status)}`, async (network) => {
    const { client, proxy } = await threeHosts(network);
    await serveBytes(proxy, `HTTP/1.1 ${status}\r\n`, { end: false });
    const error = await assertRejects(
      () => client.connectTcp({ ...TARGET, proxy: httpConnect(PROXY) }),
      SocketError,
    );
    const text = shown || status;
    assertEquals(
      error.message,
      `${PREFIX}the proxy answers ${text} (${code})`,
    );
  });
}

const ANSWERS: readonly [string, string][] = [
  ["200 of HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\n"],
  ["204 without text", "HTTP/1.1 204\r\n\r\n"],
  [
    "200 after 103",
    "HTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
  ],
  [
    "200 with a length, which counts nothing",
    "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n",
  ],
  ["200 with LF only", "HTTP/1.1 200 OK\nVia: x\n\n"],
];
for (const [what, answer] of ANSWERS) {
  test(`httpConnect() connects by ${what}`, async (network) => {
    const { client, proxy } = await threeHosts(network);
    await serveBytes(proxy, `${answer}!\n`, { end: false });
    using conn = await client.connectTcp({
      ...TARGET,
      proxy: httpConnect(PROXY),
    });
    assertEquals(await conn.readLine(), "!");
  });
}

const GARBAGE: readonly [string, string][] = [
  ["another protocol", "SSH-2.0-OpenSSH_9.9\r\n"],
  ["HTTP/2", "HTTP/2 200\r\n\r\n"],
  ["no status", "HTTP/1.1 OK\r\n\r\n"],
  ["a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"],
  ["a status line without end", `HTTP/1.1 200 ${"x".repeat(20_000)}`],
  ["too many header fields", `HTTP/1.1 200 OK\r\n${"A: b\r\n".repeat(4000)}`],
  ["interim answers without end", "HTTP/1.1 100 A\r\n\r\n".repeat(2000)],
];
for (const [what, answer] of GARBAGE) {
  test(`httpConnect() refuses ${what}`, async (network) => {
    const { client, proxy } = await threeHosts(network);
    await serveBytes(proxy, answer, { end: false });
    await assertRejects(
      () => client.connectTcp({ ...TARGET, proxy: httpConnect(PROXY) }),
      ProtocolError,
      PREFIX,
    );
  });
}

test("httpConnect() reports an answer that ends early", async (network) => {
  const { client, proxy } = await threeHosts(network);
  await serveBytes(proxy, "HTTP/1.1 200 OK\r\nVia: x");
  await assertRejects(
    () => client.connectTcp({ ...TARGET, proxy: httpConnect(PROXY) }),
    SocketError,
    "the proxy closed the connection before it answered (EOF)",
  );
});

test("httpConnect() sends credentials and header fields", async (network) => {
  const { client, proxy } = await threeHosts(network);
  const log = newLog();
  await serveProxy(proxy, httpServer(proxy, log, { credentials: "ann:a:b" }));
  const own = { ...PROXY, headers: { "User-Agent": "test/1" } };
  const known = httpConnect({ ...own, username: "ann", password: "a:b" });
  using conn = await client.connectTcp({ ...TARGET, proxy: known });
  assertEquals(await conn.readLine(), "hello");
  assertEquals(log.details, [
    "Host: target:7",
    "User-Agent: test/1",
    `Proxy-Authorization: Basic ${btoa("ann:a:b")}`,
  ]);
  const wrong = httpConnect({
    ...own,
    username: "annabel",
    password: "hidden",
  });
  const error = await client.connectTcp({ ...TARGET, proxy: wrong })
    .catch((error) => error);
  assertEquals(
    error.message,
    `${PREFIX}the proxy answers 407 Proxy Authentication Required (EACCES)`,
  );
  const shown = Deno.inspect([error, wrong], { depth: 9, showHidden: true });
  assertEquals(/annabel|hidden|YW5uYW/.test(shown), false);
});

Deno.test("httpConnect() refuses what would break the request", () => {
  const bad: object[] = [
    { username: "a:b" },
    { username: "a\r\nb" },
    { username: "a", password: "b\n" },
    { username: 1 },
    { password: "a" },
    { headers: { "A b": "c" } },
    { headers: { "A\r\nB": "c" } },
    { headers: { A: "b\r\nC: d" } },
    { headers: { A: 1 } },
    { headers: { Host: "a" } },
    { headers: { "proxy-authorization": "a" }, username: "a" },
  ];
  for (const options of bad) {
    assertThrows(() => httpConnect(options), TypeError, "Cannot use ");
  }
  httpConnect({ headers: { "Proxy-Authorization": "Bearer x" } });
});
