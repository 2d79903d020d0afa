/** Errors of bindUdp() name the C call that failed. */
import { assertEquals, assertRejects } from "@std/assert";
import { SocketError } from "@berkeley/sockets/errors";
import { bindUdp, connectUdp } from "@berkeley/sockets/udp";
import { eachFamily, FAMILIES } from "../_each_family.ts";
import { HAS_POSIX } from "../_posix.ts";
import { BACKENDS, eachTransport } from "./_each_transport.ts";
import { runArgs } from "../_run_args.ts";

async function failure(call: () => Promise<unknown>): Promise<SocketError> {
  return await assertRejects(call, SocketError);
}

eachTransport(
  "errors of bindUdp() and connectUdp() name bind",
  async ({ bind, connect, family }) => {
    using socket = await bind();
    const hostname = family === 4 ? "192.0.2.1" : "2001:db8::1";
    const { localAddr } = socket;
    for (
      const [call, code] of [
        [() => bind({ port: localAddr.port }), "EADDRINUSE"],
        [() => bind({ hostname }), "EADDRNOTAVAIL"],
        [
          () => connect(localAddr, { localAddress: hostname }),
          "EADDRNOTAVAIL",
        ],
        [
          () => connect(localAddr, { localPort: localAddr.port }),
          "EADDRINUSE",
        ],
      ] as const
    ) {
      const error = await failure(call);
      assertEquals([error.code, error.syscall], [code, "bind"]);
      assertEquals(error.message.startsWith("Cannot bind to "), true);
    }
  },
);

for (const backend of HAS_POSIX ? BACKENDS : []) {
  eachFamily(
    `errors of an option name setsockopt, over ${backend}`,
    async ({ loopback: hostname, family }) => {
      const name = family === 4 ? "IP_TTL" : "IPV6_UNICAST_HOPS";
      const socketOptions = { [name]: 100_000 };
      for (
        const call of [
          () => bindUdp({ hostname, backend, socketOptions }),
          () => connectUdp({ hostname, port: 9, backend, socketOptions }),
        ]
      ) {
        const error = await failure(call);
        assertEquals([error.code, error.syscall], ["EINVAL", "setsockopt"]);
        assertEquals(error.message.includes(name), true);
      }
    },
    { ffi: true },
  );
}

const PROGRAM = new URL("_open_files_program.ts", import.meta.url);

for (const backend of BACKENDS) {
  for (const { name, loopback } of FAMILIES) {
    Deno.test({
      name:
        `bindUdp() names socket if there are too many files, over ${backend} (${name})`,
      ignore: Deno.build.os === "windows",
      async fn() {
        const { stdout } = await new Deno.Command("sh", {
          args: [
            "-c",
            'ulimit -n 100 && exec "$@"',
            "sh",
            Deno.execPath(),
            ...runArgs(
              backend,
              "--allow-net",
              ...(backend === "deno" ? ["--unstable-net"] : []),
            ),
            PROGRAM.pathname,
            backend,
            loopback,
          ],
          cwd: new URL("../../", import.meta.url),
          signal: AbortSignal.timeout(30_000),
        }).output();
        assertEquals(new TextDecoder().decode(stdout).trim(), "EMFILE socket");
      },
    });
  }
}
