/** What the environment says of proxies, and which targets need none. */
import process from "node:process";
import { inspect } from "node:util";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { proxyFromEnvironment } from "@berkeley/sockets/proxy";
import { SocketError } from "@berkeley/sockets/errors";
import type { TcpConn } from "@berkeley/sockets/tcp";
import { simulate } from "@berkeley/sockets/testing";
import { IS_DENO } from "../_runtime.ts";
import { newLog, socks5Server } from "./_servers.ts";
import { serveProxy, threeHosts } from "./_simulated.ts";

const NAMES = ["https_proxy", "all_proxy", "no_proxy"]
  .flatMap((name) => [name, name.toUpperCase()]);

/** Calls with these variables only. */
async function withEnv<T>(
  variables: Record<string, string>,
  call: () => T,
): Promise<Awaited<T>> {
  const before = NAMES.map((name) => [name, process.env[name]] as const);
  for (const name of NAMES) delete process.env[name];
  Object.assign(process.env, variables);
  try {
    return await call();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

const VALUES: readonly [string, string][] = [
  ["http://proxy.test:3128", "the HTTP proxy proxy.test:3128"],
  ["http://proxy.test", "the HTTP proxy proxy.test:80"],
  ["proxy.test:8080/", "the HTTP proxy proxy.test:8080"],
  ["https://proxy.test", "the HTTP proxy proxy.test:443"],
  ["https://proxy.test:80", "the HTTP proxy proxy.test:80"],
  ["SOCKS5://u:p@proxy.test", "the SOCKS5 proxy proxy.test:1080"],
  ["socks5h://u%40:p%2F@10.0.0.1:80/", "the SOCKS5 proxy 10.0.0.1:80"],
  ["socks5://[2001:db8::80]", "the SOCKS5 proxy [2001:db8::80]:1080"],
  ["socks4a://proxy.test:99", "the SOCKS4A proxy proxy.test:99"],
];
for (const [value, name] of VALUES) {
  Deno.test(`proxyFromEnvironment() takes ${value}`, async () => {
    const proxy = await withEnv({ ALL_PROXY: value }, proxyFromEnvironment);
    assertEquals(proxy?.name, name);
  });
}

Deno.test("proxyFromEnvironment() prefers HTTPS_PROXY, and lower case", async () => {
  const name = (variables: Record<string, string>) =>
    withEnv(variables, () => proxyFromEnvironment()?.name.split(" ").at(-1));
  const all = { all_proxy: "c:3", ALL_PROXY: "d:4" };
  assertEquals(await name({}), undefined);
  assertEquals(await name({ ALL_PROXY: "" }), undefined);
  assertEquals(await name({ ...all, HTTPS_PROXY: "b:2" }), "b:2");
  assertEquals(
    await name({ ...all, HTTPS_PROXY: "b:2", https_proxy: "a:1" }),
    "a:1",
  );
  assertEquals(await name({ ...all, HTTPS_PROXY: "" }), "c:3");
});

const BAD = [
  "ftp://hidden:hidden@a.test",
  "http://",
  "http://a b/",
  "socks5://hidden:%ff@a.test",
  "http://a.test:99999",
  "http://hid%3Aden:hidden@a.test",
];
for (const value of BAD) {
  Deno.test(`proxyFromEnvironment() refuses ${value}, without credentials in the error`, async () => {
    const error = await withEnv(
      { HTTPS_PROXY: value },
      () => assertThrows(proxyFromEnvironment, TypeError, "HTTPS_PROXY"),
    );
    assertEquals(/hidden/.test(inspect(error)), false);
  });
}

const EXCEPTIONS: readonly [string, string, number, boolean][] = [
  ["*", "target", 7, true],
  ["target", "target", 7, true],
  ["TARGET.", "target", 7, true],
  ["arget", "target", 7, false],
  ["other, target:7", "target", 7, true],
  ["target:8", "target", 7, false],
  [".test", "a.b.test", 7, true],
  ["*.test", "a.test", 7, true],
  ["test", "attest", 7, false],
  ["10.0.0.0/8", "10.0.0.3", 7, true],
  ["10.0.0.0/31", "10.0.0.3", 7, false],
  ["10.0.0.3", "10.0.0.3", 7, true],
  ["10.0.0.3:8", "10.0.0.3", 7, false],
  ["fd00::/16", "fd00::3", 7, true],
  ["[fd00::3]:7", "fd00::3", 7, true],
  ["fd00::3", "[fd00:0::3]", 7, true],
  ["10.0.0.0/8", "target", 7, false],
];
for (const [list, hostname, port, isDirect] of EXCEPTIONS) {
  const way = isDirect ? "directly" : "by proxy";
  Deno.test(`proxyFromEnvironment() connects to ${hostname}:${port} ${way} with NO_PROXY=${list}`, async () => {
    const proxy = await withEnv(
      { ALL_PROXY: "socks5://proxy", NO_PROXY: list },
      proxyFromEnvironment,
    );
    await simulate(async (network) => {
      const { client, proxy: server, target } = await threeHosts(network);
      for (const name of ["a.test", "a.b.test", "attest"]) {
        network.dns.set(name, { addresses: target.addresses });
      }
      const log = newLog();
      await serveProxy(server, socks5Server(server, log));
      using conn: TcpConn = await client.connectTcp({ hostname, port, proxy });
      assertEquals(await conn.readLine(), "hello");
      assertEquals(log.targets.length, isDirect ? 0 : 1);
    });
  });
}

for (const list of ["a:b:c", "10.0.0.0/33", "[x", ".", "a/8"]) {
  Deno.test(`proxyFromEnvironment() refuses NO_PROXY=${list}`, async () => {
    await withEnv(
      { ALL_PROXY: "a:1", NO_PROXY: list },
      () => assertThrows(proxyFromEnvironment, TypeError, "NO_PROXY"),
    );
  });
}

Deno.test({
  name: "proxyFromEnvironment() finds nothing without permission",
  ignore: !IS_DENO,
  permissions: { net: true },
  fn() {
    assertEquals(proxyFromEnvironment(), undefined);
  },
});

Deno.test("proxyFromEnvironment() reports the error of a direct connection as it is", async () => {
  const proxy = await withEnv(
    { ALL_PROXY: "socks5://proxy", NO_PROXY: "target" },
    proxyFromEnvironment,
  );
  await simulate(async (network) => {
    const { client } = await threeHosts(network);
    const error = await assertRejects(
      () => client.connectTcp({ hostname: "target", port: 9, proxy }),
      SocketError,
    );
    assertEquals(error.code, "ECONNREFUSED");
    assertEquals(/proxy/.test(error.message), false);
  });
});
