import { assertEquals } from "@std/assert";
import { connectTcp, TcpListener, TcpServer } from "@berkeley/sockets/tcp";
import { socketError } from "@berkeley/sockets/errors";
import type { TcpListenerTransport } from "../../tcp/_transport.ts";
import { bytes } from "../_each_stream.ts";
import { IS_DENO } from "../_runtime.ts";

const { listen } = IS_DENO
  ? await import("../../tcp/_deno_transport.ts")
  : await import("../../tcp/_node_listener.ts");

/** A real listening socket, whose first accepts fail as told. */
async function listenBadly(failures: readonly string[]): Promise<TcpListener> {
  const real = await listen({ hostname: "127.0.0.1", port: 0 });
  const left = [...failures];
  const faulty: TcpListenerTransport = {
    backend: real.backend,
    addr: real.addr,
    accept() {
      const code = left.shift();
      return code === undefined
        ? real.accept()
        : Promise.reject(socketError(code, { action: "accept" }));
    },
    close: () => real.close(),
    ref: () => real.ref(),
    unref: () => real.unref(),
  };
  return new TcpListener(faulty);
}

// accept(2) of Linux: "network errors already pending on the new socket".
const PASSING = [
  "ECONNABORTED",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETUNREACH",
  "EOPNOTSUPP",
  "EPERM",
  "EPROTO",
];

Deno.test("a server goes on after errors of accept that pass", async () => {
  const errors: unknown[] = [];
  await using server = new TcpServer(
    await listenBadly(PASSING),
    (conn) => conn.send(bytes("still here\n")),
    {
      onError: (error) => errors.push((error as Error & { code: string }).code),
    },
  );
  using conn = await connectTcp(server.addr);
  assertEquals(await conn.readLine(), "still here");
  assertEquals(errors, PASSING);
  assertEquals(server.stats.acceptErrors, PASSING.length);
});

Deno.test("a server ends when accept fails for good", async () => {
  const errors: unknown[] = [];
  const server = new TcpServer(
    await listenBadly(["EINVAL"]),
    (conn) => conn.close(),
    {
      onError: (error) => errors.push((error as Error & { code: string }).code),
    },
  );
  await server.finished;
  assertEquals(errors, ["EINVAL"]);
});

Deno.test("shutdown() does not wait out the pause after a failed accept", async () => {
  let failed = () => {};
  const seen = new Promise<void>((resolve) => failed = resolve);
  let count = 0;
  const server = new TcpServer(
    await listenBadly(Array(20).fill("EMFILE")),
    (conn) => conn.close(),
    { onError: () => ++count === 3 && failed() },
  );
  await seen;
  await server.shutdown();
  assertEquals(server.stats.acceptErrors, 3);
});
