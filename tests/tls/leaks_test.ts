/** Connections that are closed, refused, late or cancelled leave no descriptor. */
import { assert, assertEquals } from "@std/assert";
import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
import { connectTls, listenTls, type TlsBackend } from "@berkeley/sockets/tls";
import { until } from "../_each_stream.ts";
import { HAS_POSIX } from "../_posix.ts";
import { CARRIERS, CLIENT, failure, good, SERVER, stranger } from "./_tls.ts";

const LOCAL = { hostname: "127.0.0.1", port: 0 };
const HAS_PROC = Deno.build.os === "linux";

/** How many sockets this process has open. */
function openSockets(): number {
  const folder = "/proc/self/fd";
  return [...Deno.readDirSync(folder)].filter(({ name }) => {
    try {
      return Deno.readLinkSync(`${folder}/${name}`).startsWith("socket:");
    } catch {
      return false; // the descriptor of the folder itself
    }
  }).length;
}

/** One connection, all that can go wrong, and what each end has of it. */
async function useAll(backend: TlsBackend): Promise<void> {
  const errors: unknown[] = [];
  await using listener = await listenTls({
    ...{ ...LOCAL, ...SERVER, backend },
    onError: (error) => errors.push(error),
  });
  const connect = (options = {}) =>
    connectTls({ ...listener.addr, ...CLIENT, backend, ...options });
  const [client, server] = await Promise.all([connect(), listener.accept()]);
  const reading = failure(client.readLine());
  const accepting = failure(listener.accept());

  const giveUp = new AbortController();
  const { signal } = giveUp;
  const cancelled = failure(connect({ signal }));
  giveUp.abort();
  await cancelled;
  const before = errors.length;
  await failure(connect({ caCerts: [stranger.cert] }));
  {
    using plain = await connectTcp(listener.addr);
    await plain.send("this is no TLS\n");
    await failure(plain.readLine());
  }
  await until(() => errors.length >= before + 2);
  await client[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await reading;
  listener.close();
  await accepting;
}

for (const backend of CARRIERS) {
  Deno.test({
    name: `TLS leaves no descriptor, over ${backend}`,
    ignore: !HAS_PROC,
    async fn() {
      await useAll(backend); // what is opened once and for all
      const before = openSockets();
      for (let i = 0; i < 5; i++) await useAll(backend);
      await until(() => openSockets() <= before);
    },
  });
}

/** The backends that end a stalled handshake at once; "deno" does so by libc. */
const PROMPT: readonly TlsBackend[] = HAS_POSIX ? CARRIERS : ["node"];

for (const backend of PROMPT) {
  Deno.test({
    name: `handshakes that are late leave no descriptor, over ${backend}`,
    ignore: !HAS_PROC,
    async fn() {
      const count = 10;
      const stall = async (most: number) => {
        let late = 0;
        await using listener = await listenTls({
          ...{ ...LOCAL, ...SERVER, backend, handshakeTimeout: 20 },
          onError: () => late++,
        });
        const accepting = failure(listener.accept());
        const clients = await Promise.all(
          Array.from({ length: count }, () => connectTcp(listener.addr)),
        );
        await until(() => late === count);
        // The clients are still open: only the ends of the server are gone.
        await until(() => openSockets() <= most);
        for (const client of clients) client.close();
        listener.close();
        await accepting;
      };
      await stall(Infinity); // what is opened once and for all
      const before = openSockets();
      await stall(before + 1 + count);
      await until(() => openSockets() <= before);
    },
  });

  Deno.test({
    name: `connectTls() that gives up leaves no descriptor, over ${backend}`,
    ignore: !HAS_PROC,
    async fn() {
      await using listener = await listenTcp(LOCAL);
      const connect = async () => {
        const connecting = failure(
          connectTls({ ...listener.addr, ...CLIENT, backend, timeout: 30 }),
        );
        using server = await listener.accept();
        const error = await connecting as { code?: string };
        assertEquals(error.code, "ETIMEDOUT");
        await failure(server.readExact(100_000)); // the end, or a reset
        return openSockets();
      };
      const counts = [await connect(), await connect(), await connect()];
      assert(counts[2]! <= counts[0]!, counts.join());
    },
  });
}

Deno.test({
  name: "close() of Deno 2.9 leaves a handshake to the peer, as our docs say",
  permissions: { net: true },
  async fn() {
    using listener = Deno.listenTls({
      ...LOCAL,
      cert: good.cert,
      key: good.key,
    });
    const accepting = listener.accept();
    using client = await connectTcp({ port: listener.addr.port });
    const server = await accepting;
    const handshake = failure(server.handshake());
    server.close();
    await handshake;
    // If this fails, Deno ends such connections now: servers can use "deno" then.
    const end = await failure(client.read(new Uint8Array(1), { timeout: 50 }));
    assertEquals((end as { code?: string })?.code, "ETIMEDOUT");
  },
});
