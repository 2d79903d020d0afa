import { assertEquals } from "@std/assert";
import { runArgs } from "../_run_args.ts";
import { CARRIERS } from "./_tls.ts";
import { makeCertificate } from "@berkeley/sockets/testing";

const PROGRAM = new URL("_unref_program.ts", import.meta.url);
const { cert, key } = await makeCertificate();

/** What the program prints before it ends by itself. */
async function printed(what: string, backend: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...runArgs(backend, "--allow-net=127.0.0.1"),
      PROGRAM.pathname,
      ...[what, backend, cert, key],
    ],
    cwd: new URL("../../", import.meta.url),
    env: { NO_COLOR: "1" },
    signal: AbortSignal.timeout(20_000),
  }).output();
  const text = new TextDecoder();
  assertEquals({ code, stderr: text.decode(stderr) }, { code: 0, stderr: "" });
  return text.decode(stdout);
}

const CASES: [what: string, output: string][] = [
  ["idle listener", ""],
  ["unref before accept", ""],
  ["unref after accept", ""],
  ["ref again", "the timer fired\n"],
  ["accepted while unref'ed", "hello\n"],
  ["stalled handshake", ""],
  ["idle connection", ""],
  ["cancelled read", ""],
  ["read after a cancelled read", "read\n"],
  ["ref'ed read", "the timer fired\n"],
  ["unref'ed read", ""],
];

/** `unref` of a listener of Deno 2.9's TLS has no effect on a pending accept. */
const UNREF_ACCEPT = /accept$|^ref again$|^stalled handshake$/;

for (const backend of CARRIERS) {
  Deno.test(`TLS keeps the program alive as TCP does, over ${backend}`, async () => {
    const cases = CASES.filter(([what]) =>
      backend === "node" || !UNREF_ACCEPT.test(what)
    );
    const outputs = await Promise.allSettled(
      cases.map(([what]) => printed(what, backend)),
    );
    for (const [i, [what, output]] of cases.entries()) {
      const got = outputs[i]!;
      if (got.status === "rejected") throw got.reason;
      assertEquals([what, got.value], [what, output]);
    }
  });
}
