import { assert, assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { packageFiles } from "../../_tools/package_files.ts";

const ROOT = new URL("../../", import.meta.url);
const FILES = (await packageFiles()).map(({ path }) => path);
const decoder = new TextDecoder();

/** A program that uses something of each entry point. */
const PROGRAM = `
import * as all from "@berkeley/sockets";
import { FrameError, lengthPrefixFraming, listenTcp, connectTcp, type TcpConn } from "@berkeley/sockets/tcp";
import { serve, type StreamConn } from "@berkeley/sockets/stream";
import { bindUdp, connectUdp, type Datagram } from "@berkeley/sockets/udp";
import { connectUnix, type UnixConn } from "@berkeley/sockets/unix";
import { getAddrInfo, type AddrInfo } from "@berkeley/sockets/resolve";
import { parseSocketAddress, type SocketAddress } from "@berkeley/sockets/address";
import { ConnectionRefusedError, SocketError } from "@berkeley/sockets/errors";

const same: boolean[] = [
  all.connectTcp === connectTcp,
  all.serve === serve,
  all.bindUdp === bindUdp,
  all.connectUnix === connectUnix,
  all.getAddrInfo === getAddrInfo,
  all.parseSocketAddress === parseSocketAddress,
  all.SocketError === SocketError,
];
console.log(same.every(Boolean));

const framing = lengthPrefixFraming(2);
const listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
{
  using client: TcpConn = await connectTcp({ ...listener.addr, timeout: 20_000 });
  using server = await listener.accept();
  await client.sendFrame(framing, new TextEncoder().encode("framed"));
  const frame: Uint8Array | null = await server.readFrame(framing);
  console.log(new TextDecoder().decode(frame!));
  const compatible: Deno.TcpConn = server;
  const general: StreamConn = server;
  console.log(compatible.remoteAddr.port === client.localAddr.port && !general.isClosed);
}
listener.close();
try {
  await connectTcp(listener.addr);
} catch (error) {
  if (error instanceof FrameError) console.log(error.limit);
  if (error instanceof ConnectionRefusedError) console.log(error.code);
}
{
  using server = await bindUdp({ hostname: "127.0.0.1" });
  using client = await connectUdp(server.localAddr);
  await client.send(new TextEncoder().encode("datagram"));
  const { data }: Datagram = await server.receive({ timeout: 20_000 });
  console.log(new TextDecoder().decode(data));
}
try {
  const conn: UnixConn = await connectUnix({ path: "/no/such/socket" });
  const compatible: Deno.UnixConn = conn;
  compatible.close();
} catch (error) {
  if (error instanceof SocketError) console.log(error.code);
}
const found: AddrInfo[] = await getAddrInfo("localhost", "http", { family: all.AF_INET });
const address: SocketAddress = parseSocketAddress("127.0.0.1:80");
console.log(found[0]!.address.equals(address));
`;

/** A folder with the package as it is published, and beside it one that uses it. */
async function withConsumer(
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const temporary = await Deno.makeTempDir();
  try {
    for (const path of FILES) {
      const target = `${temporary}/package/${path}`;
      await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), {
        recursive: true,
      });
      await Deno.copyFile(new URL(path, ROOT), target);
    }
    const imports = Object.fromEntries(
      Object.entries(config.exports).map(([entry, path]) => [
        config.name + entry.slice(1),
        `../package/${path.slice(2)}`,
      ]),
    );
    const folder = `${temporary}/app`;
    await Deno.mkdir(folder);
    await Deno.writeTextFile(
      `${folder}/deno.json`,
      JSON.stringify({ imports }),
    );
    await Deno.writeTextFile(`${folder}/main.ts`, PROGRAM);
    await body(folder);
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
}

async function deno(
  folder: string | URL,
  ...args: string[]
): Promise<{ success: boolean; stdout: string; stderr: string }> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: folder,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  return {
    success,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

Deno.test("a consumer type-checks against the published files and runs with --allow-net alone", async () => {
  await withConsumer(async (folder) => {
    // No other package may be needed, so none can be had.
    const alone = ["--no-remote", "--no-npm", "--quiet"];
    const checked = await deno(folder, "check", ...alone, "main.ts");
    assert(checked.success, checked.stderr);
    const permissions = ["--allow-net", "--no-prompt"];
    const ran = await deno(folder, "run", ...alone, ...permissions, "main.ts");
    assertEquals(ran, {
      success: true,
      stdout: "true\nframed\ntrue\nECONNREFUSED\ndatagram\nENOTCAPABLE\ntrue\n",
      stderr: "",
    });
  });
});

/** The files of the package that the entry points import, directly or not. */
async function modules(): Promise<Set<string>> {
  const found = new Set<string>();
  for (const path of Object.values(config.exports)) {
    const { stdout } = await deno(ROOT, "info", "--json", path);
    const graph: { modules: { specifier: string }[] } = JSON.parse(stdout);
    for (const { specifier } of graph.modules) {
      if (specifier.startsWith("file:")) {
        found.add(specifier.slice(ROOT.href.length));
      }
    }
  }
  return found;
}

Deno.test("the package has the modules that its entry points import, and what a user reads, and nothing else", async () => {
  const guides = Deno.readDirSync(new URL("docs/", ROOT));
  const readable = [
    ...["CHANGELOG.md", "LICENSE", "README.md", "deno.json"],
    ...Array.from(guides, ({ name }) => `docs/${name}`),
  ];
  assertEquals(
    FILES.toSorted(),
    [...await modules(), ...readable].sort(),
  );
});

Deno.test("the links of README.md and of the guides lead into the package, apart from three into the repository", async () => {
  const outside = new Set<string>();
  for (
    const path of FILES.filter((path) => /^(README|docs\/.*)\.md$/.test(path))
  ) {
    const text = await Deno.readTextFile(new URL(path, ROOT));
    for (const [, target] of text.matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
      const { href } = new URL(target!, new URL(path, ROOT));
      const file = href.slice(ROOT.href.length);
      if (!FILES.includes(file)) outside.add(file);
    }
  }
  assertEquals(
    [...outside].sort(),
    ["CONTRIBUTING.md", "bench/README.md", "examples/"],
  );
});
