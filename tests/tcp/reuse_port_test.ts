import { assert, assertEquals, assertRejects } from "@std/assert";
import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
import { AddressInUseError, NotSupportedError } from "@berkeley/sockets/errors";
import { eachFamily } from "../_each_family.ts";
import { BACKENDS, eachTransport } from "../_each_stream.ts";

const HAS_FLAG = "listenDatagram" in Deno;
const SHARING = BACKENDS.filter((backend) => backend !== "deno" || HAS_FLAG);
/** Where the kernel deals the connections out to all who listen. */
const IS_SPREAD = Deno.build.os === "linux";

/** A worker that serves on a shared port. */
class Server implements AsyncDisposable {
  readonly #worker = new Worker(
    new URL("_reuse_port_worker.ts", import.meta.url),
    { type: "module" },
  );

  /** Sends a message, and returns the answer. */
  ask(message: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data }) => resolve(data);
      this.#worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
      this.#worker.postMessage(message);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.ask("stop");
  }
}

for (const backend of SHARING) {
  eachFamily(
    `reusePort: several workers share a port, over ${backend}`,
    async ({ loopback }) => {
      await using servers = new AsyncDisposableStack();
      let port = 0;
      for (const name of ["a", "b", "c"]) {
        const server = servers.use(new Server());
        const options = { hostname: loopback, port, backend };
        port = await server.ask({ name, options }) as number;
      }
      const met = new Set<string | null>();
      for (let i = 0; i < 200 && met.size < 3; i++) {
        using conn = await connectTcp({ hostname: loopback, port });
        met.add(await conn.readLine({ timeout: 20_000 }));
      }
      assert(
        [...met].every((name) => "abc".includes(name ?? "none")),
        `${met}`,
      );
      if (IS_SPREAD) assertEquals(met.size, 3);
    },
    { read: true, ffi: backend === "posix" },
  );
}

eachTransport(
  "reusePort: a listener without it cannot join, nor be joined",
  async ({ backend, listen }) => {
    if (backend === "deno" && !HAS_FLAG) return;
    using shared = await listen({ reusePort: true });
    const { port } = shared.addr;
    assertEquals(shared.backend, backend);
    await assertRejects(() => listen({ port }), AddressInUseError);
    using alone = await listen();
    await assertRejects(
      () => listen({ port: alone.addr.port, reusePort: true }),
      AddressInUseError,
    );
  },
);

Deno.test({
  name:
    'reusePort needs --allow-net only: it chooses "deno" with --unstable-net, else "node"',
  permissions: { net: true },
  fn: async () => {
    using first = await listenTcp({
      hostname: "127.0.0.1",
      port: 0,
      reusePort: true,
    });
    assertEquals(first.backend, HAS_FLAG ? "deno" : "node");
    using second = await listenTcp({ ...first.addr, reusePort: true });
    assertEquals(first.addr, second.addr);
  },
});

Deno.test({
  name: 'reusePort over "deno" without --unstable-net says what to do',
  ignore: HAS_FLAG,
  permissions: { net: true },
  fn: async () => {
    await assertRejects(
      () => listenTcp({ port: 0, reusePort: true, backend: "deno" }),
      NotSupportedError,
      'use backend: "node"',
    );
  },
});
