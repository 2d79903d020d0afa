import { assertEquals } from "@std/assert";
import { makeCertificate } from "@berkeley/sockets/testing";

const MOD = new URL("../../mod.ts", import.meta.url).href;
const FLAGS = ["run", "--no-prompt", "--quiet", "--no-config"];

async function run(script: string, ...flags: string[]): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...FLAGS, ...flags, "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(script));
  await writer.close();
  const { stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return decoder.decode(stdout) + decoder.decode(stderr);
}

Deno.test("importing the library needs no permission", async () => {
  const output = await run(`import * as all from "${MOD}";
    console.log(typeof all.connectTcp, typeof all.bindUdp, typeof all.getAddrInfo);`);
  assertEquals(output, "function function function\n");
});

Deno.test("--allow-net alone is enough for TCP, UDP and names, and nothing prompts", async () => {
  const output = await run(
    `import { bindUdp, connectTcp, connectUdp, getAddrInfo, listenTcp } from "${MOD}";
    {
      using listener = await listenTcp({ hostname: "localhost", port: 0 });
      using client = await connectTcp({ hostname: "localhost", port: listener.addr.port });
      using server = await listener.accept();
      await client.writeAll(new TextEncoder().encode("tcp\\n"));
      console.log(await server.readLine());
    }
    {
      using server = await bindUdp({ hostname: "127.0.0.1", port: 0 });
      using client = await connectUdp({ hostname: "127.0.0.1", port: server.localAddr.port });
      await client.send(new TextEncoder().encode("udp"));
      console.log(new TextDecoder().decode((await server.receive()).data));
    }
    const [first] = await getAddrInfo("localhost", "http", { family: 2, socktype: 1 });
    console.log(first.address.toString());`,
    "--allow-net",
  );
  assertEquals(output, "tcp\nudp\n127.0.0.1:80\n");
});

Deno.test("--allow-net limited to a name is enough for TCP to it", async () => {
  const output = await run(
    `import { connectTcp, listenTcp } from "${MOD}";
    const hostname = "localhost";
    using listener = await listenTcp({ hostname, port: 0 });
    const { port } = listener.addr;
    using client = await connectTcp({ hostname, port, timeout: 20_000 });
    using server = await listener.accept();
    await client.send(new TextEncoder().encode("by name\\n"));
    console.log(await server.readLine());
    for (const target of [
      { hostname: client.remoteAddr.hostname, port },
      { hostname, port, family: 4 },
      { hostname, port, backend: "node" },
      { hostname: "none.invalid", port: 1 },
    ]) {
      try { await connectTcp(target); console.log("connected"); }
      catch (e) { console.log(e.code); }
    }`,
    "--allow-net=localhost,none.invalid",
  );
  const refused = "ENOTCAPABLE\n".repeat(3);
  assertEquals(output, `by name\n${refused}EAI_NONAME\n`);
});

Deno.test({
  name: "--allow-net alone is enough for abstract names of unix sockets",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const output = await run(
      `import { connectUnix, serveUnix } from "${MOD}";
      const path = "\\0berkeley-" + crypto.randomUUID();
      await using server = await serveUnix({ path }, (conn) => conn.send("unix\\n"));
      using conn = await connectUnix({ path });
      console.log(await conn.readLine());`,
      "--allow-net",
    );
    assertEquals(output, "unix\n");
  },
});

/** A server and a client of TLS, for a program without the helpers of tests. */
async function talkOverTls(hostname: string): Promise<string> {
  const { cert, key } = await makeCertificate();
  return `import { connectTls, serveTls } from "${MOD}";
    const [cert, key] = ${JSON.stringify([cert, key])};
    const hostname = "${hostname}";
    for (const backend of ["node", "deno"]) {
      for (const backendOfServer of ["node", "deno"]) {
        await using server = await serveTls(
          { hostname, port: 0, cert, key, backend: backendOfServer },
          (conn) => conn.send(new TextEncoder().encode("over tls\\n")),
        );
        const { port } = server.addr;
        using conn = await connectTls({ hostname, port, caCerts: [cert], backend });
        console.log(await conn.readLine());
      }
    }`;
}

Deno.test("--allow-net alone is enough for TLS", async () => {
  const script = await talkOverTls("127.0.0.1");
  assertEquals(await run(script, "--allow-net"), "over tls\n".repeat(4));
});

Deno.test("--allow-net limited to a name is enough for TLS to it", async () => {
  const script = await talkOverTls("localhost");
  const output = await run(script, "--allow-net=localhost");
  assertEquals(output, "over tls\n".repeat(4));
});

Deno.test("without --allow-net each call of TLS says which flag is missing", async () => {
  const { cert, key } = await makeCertificate();
  const output = await run(
    `import { connectTls, listenTls, NotCapableError } from "${MOD}";
    const [cert, key] = ${JSON.stringify([cert, key])};
    for (const hostname of ["127.0.0.1", "localhost"]) {
      for (const backend of ["node", "deno"]) {
        for (const open of [connectTls, listenTls]) {
          const own = open === listenTls || backend === "node" ? { cert, key } : {};
          try { await open({ hostname, port: 1, backend, ...own }); console.log("opened"); }
          catch (e) { console.log(e instanceof NotCapableError, e.message.includes("--allow-net")); }
        }
      }
    }`,
  );
  assertEquals(output, "true true\n".repeat(8));
});

Deno.test("without --allow-net each call says which flag is missing", async () => {
  const output = await run(
    `import { bindUdp, connectTcp, connectUdp, listenTcp, NotCapableError } from "${MOD}";
    for (const hostname of ["127.0.0.1", "localhost"]) {
      for (const open of [connectTcp, listenTcp, bindUdp, connectUdp]) {
        try { await open({ hostname, port: 1 }); console.log("opened"); }
        catch (e) { console.log(e instanceof NotCapableError, e.message.includes("--allow-net")); }
      }
    }`,
  );
  assertEquals(output, "true true\n".repeat(8));
});
