/** The proxies of other hands, on loopback: microsocks, Dante and tinyproxy. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { getAvailablePort } from "@std/net";
import { SocketError } from "@berkeley/sockets/errors";
import { httpConnect, socks4a, socks5 } from "@berkeley/sockets/proxy";
import { connectTcp, serveTcp } from "@berkeley/sockets/tcp";
import { connectTls, serveTls } from "@berkeley/sockets/tls";
import { makeCertificate } from "@berkeley/sockets/testing";
import { hasProgram } from "../_programs.ts";
import { type RunningProgram, startProgram } from "../_start_program.ts";

const LOOPBACK = "127.0.0.1";
const CREDENTIALS = { username: "ann", password: "s3cret" };

/** Waits until something listens. */
async function untilListening(port: number): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    try {
      (await connectTcp({ hostname: LOOPBACK, port })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  throw new Error(`nothing listens on ${port}`);
}

interface RealProxy extends AsyncDisposable {
  readonly hostname: string;
  readonly port: number;
}

/** Starts a proxy by a command, or by a command and a file of settings. */
async function start(
  program: string,
  args: (port: number, file: string) => string[],
  settings?: (port: number) => string,
): Promise<RealProxy> {
  const port = getAvailablePort();
  const file = await Deno.makeTempFile();
  if (settings !== undefined) await Deno.writeTextFile(file, settings(port));
  const running: RunningProgram = startProgram(program, {
    args: args(port, file),
  });
  await untilListening(port);
  return {
    hostname: LOOPBACK,
    port,
    async [Symbol.asyncDispose]() {
      await running.endInput();
      running.kill("SIGTERM"); // so that it ends its children, too
      await running.finished();
      await Deno.remove(file);
    },
  };
}

function microsocks(...more: string[]): Promise<RealProxy> {
  return start(
    "microsocks",
    (port) => ["-i", LOOPBACK, "-p", `${port}`, ...more],
  );
}

function tinyproxy(more = ""): Promise<RealProxy> {
  return start("tinyproxy", (_, file) => ["-d", "-c", file], (port) => `
Port ${port}
Listen ${LOOPBACK}
Allow ${LOOPBACK}
Timeout 60
MaxClients 20
${more}
`);
}

function danted(): Promise<RealProxy> {
  return start("danted", (_, file) => ["-f", file], (port) => `
logoutput: stderr
internal: ${LOOPBACK} port = ${port}
external: ${LOOPBACK}
clientmethod: none
socksmethod: none
user.unprivileged: nobody
client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }
socks block { from: 127.0.0.0/8 to: 127.0.0.2/32 }
socks pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }
`);
}

function serveEcho() {
  return serveTcp({ hostname: LOOPBACK, port: 0 }, async (conn) => {
    await conn.send("hello\n");
    for await (const line of conn.lines()) await conn.send(`${line}\n`);
  });
}

/** A port on which nothing listens. */
const closedPort = getAvailablePort;

const PROXIES = [
  {
    ...{ program: "microsocks", name: "socks5()", start: microsocks },
    ...{ make: socks5, names: [LOOPBACK, "localhost"] },
    refused: ["ECONNREFUSED", "reply 0x05"],
  },
  {
    ...{ program: "danted", name: "socks5()", start: danted },
    ...{ make: socks5, names: [LOOPBACK, "localhost"] },
    refused: ["ECONNREFUSED", "reply 0x05"],
  },
  {
    ...{ program: "danted", name: "socks4a()", start: danted },
    ...{ make: socks4a, names: [LOOPBACK] }, // Dante refuses names of SOCKS4A
    refused: ["ECONNABORTED", "reply 0x5b"],
  },
  {
    ...{ program: "tinyproxy", name: "httpConnect()", start: tinyproxy },
    ...{ make: httpConnect, names: [LOOPBACK, "localhost"] },
    refused: ["ECONNABORTED", "the proxy answers 500 Unable to connect"],
  },
] as const;

for (const { program, name, start, make, names, refused } of PROXIES) {
  Deno.test({
    name: `${name} connects through ${program}`,
    ignore: !hasProgram(program),
    async fn() {
      await using place = await start();
      await using target = await serveEcho();
      const { hostname, port } = place;
      const proxy = make({ hostname, port });
      const to = { port: target.addr.port, timeout: 20_000, proxy };
      for (const hostname of names) {
        using conn = await connectTcp({ ...to, hostname });
        assertEquals(await conn.readLine(), "hello");
        await conn.send("echo\n");
        assertEquals(await conn.readLine(), "echo");
        assertEquals(conn.remoteAddr.hostname, hostname);
        await conn.closeGracefully({ timeout: 20_000 });
      }
      const error = await assertRejects(
        () => connectTcp({ ...to, hostname: LOOPBACK, port: closedPort() }),
        SocketError,
        refused[1],
      );
      assertEquals(error.code, refused[0]);
    },
  });

  Deno.test({
    name: `connectTls() connects by ${name} through ${program}`,
    ignore: !hasProgram(program),
    async fn() {
      const { cert, key } = await makeCertificate();
      await using target = await serveTls(
        { hostname: LOOPBACK, port: 0, cert, key },
        (conn) => conn.send("over TLS\n"),
      );
      await using place = await start();
      const { hostname, port } = place;
      using conn = await connectTls({
        ...{ hostname: LOOPBACK, port: target.addr.port },
        ...{ serverName: "localhost", caCerts: [cert] },
        ...{ proxy: make({ hostname, port }), timeout: 20_000 },
      });
      assertEquals(await conn.readLine(), "over TLS");
    },
  });
}

Deno.test({
  name: "socks5() gives microsocks its credentials",
  ignore: !hasProgram("microsocks"),
  async fn() {
    const { username, password } = CREDENTIALS;
    await using place = await microsocks("-u", username, "-P", password);
    await using target = await serveEcho();
    const { hostname, port } = place;
    const to = { hostname: LOOPBACK, port: target.addr.port, timeout: 20_000 };
    const own = { hostname, port };
    using conn = await connectTcp({
      ...{ ...to, proxy: socks5({ ...own, ...CREDENTIALS }) },
    });
    assertEquals(await conn.readLine(), "hello");
    for (const bad of [{}, { ...CREDENTIALS, password: "wrong" }]) {
      const error = await assertRejects(
        () => connectTcp({ ...to, proxy: socks5({ ...own, ...bad }) }),
        SocketError,
      );
      assertEquals(error.code, "EACCES", error.message);
    }
  },
});

Deno.test({
  name: "httpConnect() gives tinyproxy its credentials",
  ignore: !hasProgram("tinyproxy"),
  async fn() {
    const { username, password } = CREDENTIALS;
    await using place = await tinyproxy(`BasicAuth ${username} ${password}`);
    await using target = await serveEcho();
    const { hostname, port } = place;
    const to = { hostname: LOOPBACK, port: target.addr.port, timeout: 20_000 };
    const own = { hostname, port };
    using conn = await connectTcp({
      ...{ ...to, proxy: httpConnect({ ...own, ...CREDENTIALS }) },
    });
    assertEquals(await conn.readLine(), "hello");
    for (const bad of [{}, { ...CREDENTIALS, password: "wrong" }]) {
      const error = await assertRejects(
        () => connectTcp({ ...to, proxy: httpConnect({ ...own, ...bad }) }),
        SocketError,
      );
      assertEquals(error.code, "EACCES", error.message);
      assert(/the proxy answers 40[17]/.test(error.message), error.message);
    }
  },
});

Deno.test({
  name: "socks5() reports the rules of Dante",
  ignore: !hasProgram("danted"),
  async fn() {
    await using place = await danted();
    const { hostname, port } = place;
    const error = await assertRejects(
      () =>
        connectTcp({
          ...{ hostname: "127.0.0.2", port: 7, timeout: 20_000 },
          proxy: socks5({ hostname, port }),
        }),
      SocketError,
    );
    assertEquals(error.code, "EACCES", error.message);
  },
});

Deno.test({
  name: "microsocks, Dante and tinyproxy chain",
  ignore: !["microsocks", "danted", "tinyproxy"].every(hasProgram),
  async fn() {
    await using a = await microsocks();
    await using b = await danted();
    await using c = await tinyproxy();
    await using target = await serveEcho();
    const at = ({ hostname, port }: RealProxy) => ({ hostname, port });
    const first = socks5(at(a));
    const second = socks4a({ ...at(b), proxy: first });
    const proxy = httpConnect({ ...at(c), proxy: second });
    const { port } = target.addr;
    using conn = await connectTcp({
      ...{ hostname: "localhost", port, proxy, timeout: 20_000 },
    });
    assertEquals(await conn.readLine(), "hello");
    await conn.send("through three\n");
    assertEquals(await conn.readLine(), "through three");
  },
});
