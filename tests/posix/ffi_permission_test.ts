/** Programs whose FFI access is limited to libc, or denied for something. */
import { assert, assertEquals } from "@std/assert";
import { IS_LINUX } from "../../posix/_platform.ts";
import { posixTest } from "./_setup.ts";
import { MOD, runScript } from "./_script.ts";

const ROOT = new URL("../../mod.ts", import.meta.url).href;

/** Uses what needs the addresses of buffers, errno, and the seams of tcp and udp. */
const SCRIPT = `
  const { AF_UNIX, isSupported, SOCK_DGRAM, socketPair } = await import("${MOD}");
  const { bindUdp, connectTcp, listenTcp } = await import("${ROOT}");
  const hostname = "127.0.0.1";
  console.log(isSupported());
  if (isSupported()) {
    const [a, b] = socketPair(AF_UNIX, SOCK_DGRAM);
    await a.sendMsg({ data: [new Uint8Array([1]), new Uint8Array([2, 3])] });
    const { length } = await b.recvMsg(new Uint8Array(8));
    console.log(length, b.recvNow(new Uint8Array(1)));
    a.close();
    b.close();
  }
  using udp = await bindUdp({ hostname });
  await udp.sendTo(new Uint8Array(5), udp.localAddr);
  const { data } = await udp.receive();
  console.log(udp.backend, data.length);
  const call = (body) => Promise.try(body).catch(({ code }) => code);
  using listener = await listenTcp({ hostname, port: 0 });
  using conn = await connectTcp(listener.addr);
  console.log(await call(() => conn.setOption("IP_TTL", 7)));
  using server = await listener.accept();
  const socketOptions = { IP_TTL: 7 };
  for (const backend of ["posix", "deno"]) {
    const target = { ...listener.addr, backend, socketOptions };
    console.log(await call(async () => {
      using conn = await connectTcp(target);
      return await conn.getOption("IP_TTL");
    }));
  }
  console.log(await call(() => connectTcp({ hostname, port: 1, backend: "posix" })));
  console.log(await call(() => (conn.reset(), "reset")));
  conn.close();
  console.log(await call(() => server.read(new Uint8Array(1))));
`;
const WORKS = "true\n3 undefined\nposix 5\nundefined\n7\n7\nECONNREFUSED\n" +
  "reset\nECONNRESET\n";
const REFUSED = "false\nnode 5\n" + "ENOTSUP\n".repeat(4) +
  "ENOTSUP\nnull\n";

/** Where libc is that this program uses, and other ways to it. */
async function libcPath(): Promise<string> {
  const maps = await Deno.readTextFile("/proc/self/maps");
  const path = maps.match(/\S*\/libc\.so\.6$/m)?.[0];
  assert(path !== undefined, "libc is not where the tables have it");
  return path;
}

posixTest(
  "access to libc only is enough for all that libc is for",
  async () => {
    assert(IS_LINUX);
    const path = await libcPath();
    const folder = path.slice(0, path.lastIndexOf("/"));
    for (
      const flags of [
        [`--allow-ffi=${path}`],
        [`--allow-ffi=${folder}`],
        [`--allow-ffi=/nowhere/a.so,${path}`],
        ["--allow-ffi", "--deny-ffi=/nowhere/a.so"],
      ]
    ) {
      const output = await runScript(SCRIPT, ["--allow-net", ...flags]);
      assertEquals(output, WORKS, flags.join(" "));
    }
  },
  "inherit",
);

posixTest(
  "access to other libraries, or a denial, is none to libc",
  async () => {
    const path = await libcPath();
    for (
      const flags of [
        ["--allow-ffi=/nowhere/a.so"],
        ["--allow-ffi=libc.so.6"], // a file of the working directory
        ["--allow-ffi", "--deny-ffi"],
        ["--allow-ffi", `--deny-ffi=${path}`],
        ["--allow-ffi", "--deny-ffi=libc.so.6"],
        [`--allow-ffi=${path}`, `--deny-ffi=${path}`],
      ]
    ) {
      const output = await runScript(SCRIPT, ["--allow-net", ...flags]);
      assertEquals(output, REFUSED, flags.join(" "));
    }
  },
  "inherit",
);
