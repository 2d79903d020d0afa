import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ClosedError, NotSupportedError } from "@berkeley/sockets/errors";
import { connectUnix, listenUnix } from "@berkeley/sockets/unix";
import { HAS_POSIX } from "../_posix.ts";
import { hasProgram } from "../_programs.ts";
import { abstractName, BACKENDS, eachName, SOON } from "./_setup.ts";
import { IS_DENO } from "../_runtime.ts";

const ignore = !HAS_POSIX || Deno.build.os !== "linux";

for (const backend of BACKENDS) {
  Deno.test({
    name:
      `peerCredentials() returns the process at the other end, over ${backend}`,
    ignore,
    async fn() {
      const path = abstractName();
      await using listener = await listenUnix({ path, backend });
      // Other connections of the same path, whose peers are the same process.
      await using stack = new AsyncDisposableStack();
      for (let i = 0; i < 3; i++) {
        const client = stack.use(await connectUnix({ path, backend }));
        const server = stack.use(await listener.accept(SOON));
        for (const end of [client, server]) {
          const { pid, uid, gid } = await end.peerCredentials();
          assertEquals([pid, uid, gid], [Deno.pid, Deno.uid(), Deno.gid()]);
        }
      }
    },
  });

  Deno.test({
    name: `peerCredentials() tells peers apart or refuses, over ${backend}`,
    ignore: ignore || !hasProgram("socat"),
    async fn() {
      const path = abstractName();
      await using listener = await listenUnix({ path, backend });
      const child = new Deno.Command("socat", {
        args: ["-", `ABSTRACT-CONNECT:${path.slice(1)}`],
        stdin: "piped",
        stdout: "null",
        stderr: "null",
      }).spawn();
      await using foreign = await listener.accept(SOON);
      assertEquals((await foreign.peerCredentials()).pid, child.pid);
      {
        await using client = await connectUnix({ path, backend });
        await using own = await listener.accept(SOON);
        if (backend === "posix") {
          assertEquals((await foreign.peerCredentials()).pid, child.pid);
          assertEquals((await own.peerCredentials()).pid, Deno.pid);
        } else {
          const error = await assertRejects(
            () => own.peerCredentials(),
            NotSupportedError,
          );
          assertMatch(
            error.message,
            /2 connections with different peers .*backend: "posix"/,
          );
        }
        assertEquals((await client.peerCredentials()).pid, Deno.pid);
      }
      await child.stdin.close();
      await foreign[Symbol.asyncDispose]();
      await child.status;
    },
  });
}

eachName(
  "peerCredentials() says what is missing, or that it is closed",
  async ({
    backend,
    pair,
  }) => {
    await using ends = await pair();
    if (backend !== "posix") { // that test has --allow-ffi
      const error = await assertRejects(
        () => ends.client.peerCredentials(),
        NotSupportedError,
      );
      const missing = backend === "simulated"
        ? /simulated/
        : IS_DENO
        ? /--allow-ffi/
        : /in Deno only/;
      assertMatch(error.message, missing);
    }
    ends.server.close();
    await assertRejects(() => ends.server.peerCredentials(), ClosedError);
  },
);
