import { assert, assertEquals } from "@std/assert";
import { posixTest } from "./_setup.ts";

const ROOT = new URL("../../", import.meta.url).href;

/** What a program prints that was started with these flags. */
async function run(script: string, ...flags: string[]): Promise<string> {
  const url = `data:application/typescript,${encodeURIComponent(script)}`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--quiet", ...flags, url],
  }).output();
  const decoder = new TextDecoder();
  return decoder.decode(stdout) + decoder.decode(stderr);
}

const USE = `import * as posix from "${ROOT}posix/mod.ts";
  const { AF_INET, AF_UNIX, SOCK_DGRAM, SOCK_STREAM, socket } = posix;
  const tell = (body) => Promise.try(body).then(
    () => console.log("ok"),
    (error) => console.log(error.name, error.code, error.message),
  );`;

const FFI = "ffi access, run again with the --allow-ffi flag";

for (
  const { what, flags, script, expected } of [
    {
      what: "without --allow-ffi it says so",
      flags: ["--allow-net"],
      script: `tell(() => socket(AF_INET, SOCK_STREAM).close());
        console.log(posix.isSupported());`,
      expected: ["false", "NotCapableError ENOTCAPABLE", FFI],
    },
    {
      what: "--allow-ffi and --allow-net are enough",
      flags: ["--allow-net", "--allow-ffi"],
      script: `using one = socket(AF_INET, SOCK_DGRAM);
        await tell(() => one.bind({ hostname: "127.0.0.1", port: 0 }));
        await tell(() => one.sendTo(new Uint8Array(1), one.getSockName()));
        using local = socket(AF_UNIX, SOCK_DGRAM);
        await tell(() => local.bind({ path: "\\0berkeley-permissions" }));`,
      expected: ["ok\nok\nok\n"],
    },
    {
      what: "without --allow-net nothing is bound, connected or sent to",
      flags: ["--allow-ffi"],
      script: `using one = socket(AF_INET, SOCK_DGRAM);
        using two = socket(AF_INET, SOCK_STREAM);
        const name = { hostname: "127.0.0.1", port: 9 };
        const bytes = new Uint8Array(1);
        await tell(() => one.bind(name));
        await tell(() => one.connectNow(name));
        await tell(() => two.connect(name));
        await tell(() => two.listen());
        await tell(() => one.sendTo(bytes, name));
        await tell(() => one.sendMsg({ data: bytes, address: name }));
        await tell(() => one.addTo(new posix.MessageBatch(), bytes, name));
        using local = socket(AF_UNIX, SOCK_DGRAM);
        await tell(() => local.bind({ path: "\\0berkeley" }));
        await tell(() => local.bind({ path: "/tmp/berkeley" }));`,
      expected: [`"127.0.0.1:9" is not permitted; run again with --allow-net`],
    },
    {
      what: "net access to a host and port is to that one alone",
      flags: ["--allow-net=127.0.0.1:0,127.0.0.1:9", "--allow-ffi"],
      script: `using one = socket(AF_INET, SOCK_DGRAM);
        await tell(() => one.bind({ hostname: "127.0.0.1", port: 0 }));
        const to = (port) => ({ hostname: "127.0.0.1", port });
        await tell(() => one.sendTo(new Uint8Array(1), to(9)));
        await tell(() => one.sendTo(new Uint8Array(1), to(10)));`,
      expected: ["ok\nok\nNotCapableError", '"127.0.0.1:10" is not permitted'],
    },
    {
      what: "a batch goes back to no sender that is not permitted",
      flags: ["--allow-net", "--allow-ffi"],
      script: `using one = socket(AF_INET, SOCK_DGRAM);
        using two = socket(AF_INET, SOCK_DGRAM);
        for (const each of [one, two]) {
          each.bind({ hostname: "127.0.0.1", port: 0 });
        }
        await two.sendTo(new Uint8Array(1), one.getSockName());
        const [a, b] = posix.socketPair(AF_UNIX, SOCK_DGRAM);
        await a.send(new Uint8Array(1));
        Deno.permissions.revokeSync({ name: "net" });
        const batch = new posix.MessageBatch();
        await one.recvMany(batch);
        await tell(() => one.sendMany(batch));
        await tell(() => one.sendManyNow(batch));
        console.log(two.recvNow(new Uint8Array(1)));
        await b.recvMany(batch); // whose sender is its peer, and has no name
        await tell(() => b.sendMany(batch));
        a.close();
        b.close();`,
      expected: [
        "(ENOTCAPABLE)\nNotCapableError ENOTCAPABLE Cannot send to 127.0.0.1:",
        "(ENOTCAPABLE)\nundefined\nok\n",
      ],
    },
    {
      what: "a path needs read and write access",
      flags: ["--allow-ffi", "--allow-read=/tmp/berkeley-path"],
      script: `using local = socket(AF_UNIX, SOCK_DGRAM);
        await tell(() => local.bind({ path: "/tmp/berkeley-path" }));`,
      expected: ["NotCapableError ENOTCAPABLE", "--allow-write"],
    },
  ]
) {
  posixTest(what, async () => {
    const output = await run(USE + script, ...flags);
    for (const part of expected) {
      assert(output.includes(part), `${part}\n-- is not in --\n${output}`);
    }
    // What is not permitted fails by itself, and does nothing.
    if (flags.length === 1) assertEquals(output.includes("ok\n"), false);
  }, "inherit");
}

posixTest(
  "the classes use libc where it was granted, and load it nowhere else",
  async () => {
    const script = `import { bindUdp } from "${ROOT}udp/mod.ts";
    import { connectTcp, listenTcp } from "${ROOT}tcp/mod.ts";
    using udp = await bindUdp({ hostname: "127.0.0.1" });
    using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
    using conn = await connectTcp(listener.addr);
    console.log(udp.backend, listener.backend, conn.backend);
    const refused = (body) => Promise.try(body).catch((e) => console.log(e.code, e.message));
    await refused(() => bindUdp({ backend: "posix" }));
    await refused(() => conn.setOption("TCP_MAXSEG", 1000));`;
    const granted = await run(script, "--allow-net", "--allow-ffi");
    assertEquals(granted.split("\n")[0], "posix deno deno");
    const not = await run(script, "--allow-net");
    assertEquals(not.split("\n")[0], "node deno deno");
    assertEquals(not.match(/ENOTSUP .*--allow-ffi/g)?.length, 2, not);
  },
  "inherit",
);
