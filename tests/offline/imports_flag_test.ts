import { assertEquals, assertStringIncludes } from "@std/assert";

const SCRIPT = new URL("../../offline/imports_flag.ts", import.meta.url);
const ROOT = new URL("../../", import.meta.url);

/** Runs the script with an empty cache, and a proxy as its only way out. */
async function choose(proxyPort: number): Promise<[string, string]> {
  const cache = await Deno.makeTempDir();
  try {
    const proxy = `http://127.0.0.1:${proxyPort}`;
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-prompt", "--quiet", "--cached-only"],
        ...["--allow-import", "--allow-net=jsr.io", SCRIPT.href],
      ],
      cwd: ROOT,
      env: {
        DENO_DIR: cache,
        HTTPS_PROXY: proxy,
        HTTP_PROXY: proxy,
        NO_COLOR: "1",
      },
    }).output();
    const decoder = new TextDecoder();
    return [decoder.decode(stdout), decoder.decode(stderr)];
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

Deno.test("imports_flag.ts chooses the stand-ins when the network is silent", async () => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const conn of silent) accepted.push(conn);
  })();
  const [stdout, stderr] = await choose(silent.addr.port);
  silent.close();
  await accepting;
  for (const conn of accepted) conn.close();
  assertEquals(accepted.length > 0, true, "the script did not ask the network");
  assertEquals(stdout, "--import-map=offline/imports.json\n");
  assertStringIncludes(stderr, "offline stand-ins");
});

Deno.test("imports_flag.ts chooses the stand-ins when the network refuses", async () => {
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = closed.addr;
  closed.close();
  const [stdout, stderr] = await choose(port);
  assertEquals(stdout, "--import-map=offline/imports.json\n");
  assertStringIncludes(stderr, "offline stand-ins");
});
