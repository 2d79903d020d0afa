/** What is said where libc cannot be used: by programs that are told to be there. */
import { assertEquals } from "@std/assert";
import { posixTest } from "./_setup.ts";
import { MOD, runScript } from "./_script.ts";

const ROOT = new URL("../../mod.ts", import.meta.url).href;

/** What fails, with what error, where the runtime says that this is another system. */
async function failuresOn(os: string): Promise<string[]> {
  const output = await runScript(
    `Object.defineProperty(Deno, "build", { value: { ...Deno.build, os: "${os}" } });
    const { isSupported, socket, socketPair } = await import("${MOD}");
    const { bindUdp, connectTcp, listenTcp } = await import("${ROOT}");
    const to = { hostname: "127.0.0.1", port: 0 };
    const calls = {
      socket: () => socket(2, 1),
      socketPair: () => socketPair(1, 1),
      connectTcp: () => connectTcp({ ...to, port: 1, backend: "posix" }),
      listenTcp: () => listenTcp({ ...to, backend: "posix" }),
      bindUdp: () => bindUdp({ ...to, backend: "posix" }),
      socketOptions: () => bindUdp({ ...to, socketOptions: { IP_TTL: 3 } }),
    };
    console.log(isSupported());
    for (const [name, call] of Object.entries(calls)) {
      try {
        await call();
        console.log(name + " worked");
      } catch ({ name: kind, code, message }) {
        console.log([name, kind, code, /posix does not support|libc cannot be used|lacks what/.test(message)].join(" "));
      }
    }
    const bound = await bindUdp(to); // what needs no libc works
    console.log(bound.backend);
    bound.close();`,
  );
  return output.trimEnd().split("\n");
}

/** What every call of that program should come to. */
const EXPECTED = [
  "false",
  ...["socket", "socketPair", "connectTcp", "listenTcp", "bindUdp"],
  "socketOptions",
  "node",
].map((line) =>
  ["false", "node"].includes(line)
    ? line
    : `${line} NotSupportedError ENOTSUP true`
);

posixTest(
  "a system that is not known is told, and nothing else lost",
  async () => {
    for (const os of ["windows", "freebsd"]) {
      assertEquals(await failuresOn(os), EXPECTED, os);
    }
  },
  "inherit",
);

posixTest(
  "a libc that is not there is told, and nothing else lost",
  async () => {
    // As where musl has another name for it: here is no libc of macOS.
    assertEquals(await failuresOn("darwin"), EXPECTED);
  },
  "inherit",
);
