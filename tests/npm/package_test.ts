/**
 * The package as npm has it, installed in an empty project: it runs on Node and Bun, and
 * TypeScript's own compiler takes its declarations, with Deno's types and without.
 */
import { assert, assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { install, type Program } from "../../_tools/runtimes/install.ts";
import { makeNpmPackage } from "../../_tools/runtimes/npm_package.ts";

const ENTRIES = Object.keys(config.exports).map((path) =>
  config.name + path.slice(1)
);

/** Uses something of the entry points, and prints which they are. */
const PROGRAM = `
${ENTRIES.map((entry, i) => `import * as m${i} from "${entry}";`).join("\n")}
import { connectTcp, lengthPrefixFraming, serveTcp, type TcpConn } from "@berkeley/sockets/tcp";
import { bindUdp, connectUdp, type Datagram } from "@berkeley/sockets/udp";
import { ConnectionRefusedError, SocketError } from "@berkeley/sockets/errors";
import { getAddrInfo, type AddrInfo } from "@berkeley/sockets/resolve";

const modules: object[] = [${ENTRIES.map((_, i) => `m${i}`).join(", ")}];
console.log(modules.every((module) => Object.keys(module).length > 0));

const framing = lengthPrefixFraming(2);
const server = await serveTcp({ hostname: "127.0.0.1", port: 0 }, async (conn) => {
  for await (const frame of conn.frames(framing)) await conn.sendFrame(framing, frame);
});
const client: TcpConn = await connectTcp(server.addr);
await client.sendFrame(framing, new TextEncoder().encode("framed"));
const frame: Uint8Array | null = await client.readFrame(framing);
console.log(new TextDecoder().decode(frame!), client.backend);
client.close();
await server.shutdown();

try {
  await connectTcp(server.addr);
} catch (error) {
  console.log(error instanceof SocketError && error instanceof ConnectionRefusedError && error.code);
}

const receiver = await bindUdp({ hostname: "127.0.0.1" });
const sender = await connectUdp(receiver.localAddr);
await sender.send(new TextEncoder().encode("datagram"));
const { data }: Datagram = await receiver.receive();
console.log(new TextDecoder().decode(data));
sender.close();
receiver.close();

const found: AddrInfo[] = await getAddrInfo("localhost", 80, { family: m0.AF_INET });
console.log(String(found[0]?.address));
`;

/** Lines that only hold with Deno's types. */
const WITH_DENO = `
import { connectUnix } from "@berkeley/sockets/unix";
export const tcp: Deno.TcpConn = await connectTcp(server.addr);
export const unix: Deno.UnixConn = await connectUnix({ path: "x" });
`;

const OUTPUT = "true\nframed node\nECONNREFUSED\ndatagram\n127.0.0.1:80\n";

const STRICT = {
  strict: true,
  noEmit: true,
  target: "es2022",
  module: "nodenext",
  types: [],
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
};

const decoder = new TextDecoder();

async function run(
  folder: string,
  program: string,
  ...args: string[]
): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd: folder,
    env: { NO_COLOR: "1", npm_config_update_notifier: "false" },
    stdin: "null",
  }).output();
  return decoder.decode(stdout) + decoder.decode(stderr);
}

/** Why the programs cannot be installed, or undefined if they can. */
async function obstacle(): Promise<string | undefined> {
  try {
    await install("tsc");
    return undefined;
  } catch (error) {
    return (error as Error).message.split("\n")[0];
  }
}

const missing = await obstacle();
if (missing !== undefined) {
  console.log(`skipped: npm does not work: ${missing}`);
}
const ignore = missing !== undefined;

/** Installs the package in an empty project of a folder; returns the project. */
async function makeProject(folder: string): Promise<string> {
  await makeNpmPackage(`${folder}/package`);
  const project = `${folder}/project`;
  await Deno.mkdir(project);
  await Deno.writeTextFile(`${project}/package.json`, '{ "type": "module" }');
  await run(`${folder}/package`, "npm", "pack", "--pack-destination", folder);
  const archive = [...Deno.readDirSync(folder)]
    .find(({ name }) => name.endsWith(".tgz"))!.name;
  const flags = ["--offline", "--no-audit", "--no-fund", "--loglevel=error"];
  await run(project, "npm", "install", ...flags, `../${archive}`);
  await Deno.writeTextFile(`${project}/main.ts`, PROGRAM);
  return project;
}

const folder = await Deno.makeTempDir();
globalThis.addEventListener("unload", () => {
  Deno.removeSync(folder, { recursive: true });
});
const project = ignore ? "" : await makeProject(folder);

/** Checks a project by TypeScript's compiler; returns what it complains of. */
async function check(name: string, files: string[], options: object) {
  const compilerOptions = { ...STRICT, ...options };
  await Deno.writeTextFile(
    `${project}/${name}.json`,
    JSON.stringify({ compilerOptions, files }),
  );
  return await run(project, await install("tsc"), "--project", `${name}.json`);
}

Deno.test({
  name: "the declarations need no types of Deno or Node",
  ignore,
  async fn() {
    const lib = ["es2023", "esnext.disposable", "dom"];
    assertEquals(await check("plain", ["main.ts"], { lib }), "");
  },
});

Deno.test({
  name:
    "a TcpConn of the package is a Deno.TcpConn where there are Deno's types",
  ignore,
  async fn() {
    const types = await run(project, Deno.execPath(), "types");
    await Deno.writeTextFile(`${project}/deno.d.ts`, types);
    await Deno.writeTextFile(`${project}/deno.ts`, PROGRAM + WITH_DENO);
    // Deno's own declarations do not pass TypeScript's compiler.
    const options = { lib: ["esnext"], skipLibCheck: true };
    assertEquals(await check("deno", ["deno.ts", "deno.d.ts"], options), "");
    const wrong = `${PROGRAM}${WITH_DENO}export const no: Deno.UnixConn = tcp;`;
    await Deno.writeTextFile(`${project}/deno.ts`, wrong);
    const complaint = await check("deno", ["deno.ts", "deno.d.ts"], options);
    assert(complaint.includes("is not assignable"), complaint);
  },
});

for (const program of ["node22", "node24", "bun"] satisfies Program[]) {
  Deno.test({
    name: `every entry point works on ${program}`,
    ignore,
    async fn() {
      // Bun and Node from 22.18 on strip the types of the program, not of packages.
      const runtime = await install(program);
      const flags = program === "bun"
        ? []
        : ["--disable-warning=ExperimentalWarning"];
      assertEquals(await run(project, runtime, ...flags, "main.ts"), OUTPUT);
    },
  });
}
