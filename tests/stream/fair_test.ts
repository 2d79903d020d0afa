/** Timers and other connections have their turn beside calls that complete at once. */
import { assertEquals } from "@std/assert";
import {
  connectTcp,
  delimiterFraming,
  serveTcp,
  type TcpBackend,
  type TcpConn,
} from "@berkeley/sockets/tcp";
import {
  assertAsFair,
  assertFair,
  assertTimersFire,
  ticksBeside,
  type Work,
} from "../_ticks.ts";
import { eachFamily, type Family } from "../_each_family.ts";
import { HAS_POSIX } from "../_posix.ts";
import { BACKENDS, bytes, eachTransport, type Pair } from "../_each_stream.ts";

async function drain(conn: TcpConn): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  while (await conn.read(buffer) !== null);
}

/** What loops over the two ends of a connection, and ends it. */
const LOOPS: Record<string, (pair: Pair) => Work> = {
  "write() and read()": ({ client, server }) => async (isOver) => {
    const reading = drain(server);
    const data = new Uint8Array(64);
    while (!isOver()) await client.write(data);
    await client.closeWrite();
    await reading;
  },
  "send() and readExact()": ({ client, server }) => async (isOver) => {
    const data = new Uint8Array(64);
    const reading = (async () => {
      while (await server.peek(1).then(({ length }) => length > 0)) {
        await server.readExact(16);
      }
    })();
    while (!isOver()) await client.send(data);
    await client.closeWrite();
    await reading;
  },
  "writeAll() and frames()": ({ client, server }) => async (isOver) => {
    const reading = (async () => {
      for await (const frame of server.frames(delimiterFraming("\n"))) {
        assertEquals(frame.length, 9);
      }
    })();
    const lines = bytes("one frame\n".repeat(10));
    while (!isOver()) await client.writeAll(lines);
    await client.closeWrite();
    await reading;
  },
  "read() of little pieces, with some work for each":
    ({ client, server }) => async (isOver) => {
      const sending = (async () => {
        const data = new Uint8Array(256 * 1024);
        while (!isOver()) await server.writeAll(data);
        await server.closeWrite();
      })();
      const piece = new Uint8Array(1024);
      while (await client.read(piece) !== null) {
        for (let i = 0; i < 20_000; i++) piece[i % 1024] = i;
      }
      await sending;
    },
  "a send() and a readExact() in turns":
    ({ client, server }) => async (isOver) => {
      const data = new Uint8Array(64);
      while (!isOver()) {
        await client.send(data);
        await server.readExact(data);
      }
    },
};

for (const [name, loop] of Object.entries(LOOPS)) {
  eachTransport(`${name} in a loop let timers fire`, async ({ pair }) => {
    await assertFair(async (isOver) => {
      using ends = await pair();
      await loop(ends)(isOver);
    });
  }, "real time");
}

eachTransport(
  "connectTcp() and accept() in a loop let timers fire",
  async ({ listen, connect }) => {
    using listener = await listen();
    await assertFair(async (isOver) => {
      while (!isOver()) {
        const accepting = listener.accept();
        const client = await connect(listener.addr);
        (await accepting).close();
        client.close();
      }
    });
  },
  "real time",
);

eachTransport(
  "connectTcp() that is refused in a loop lets timers fire",
  async ({ listen, connect }) => {
    using listener = await listen();
    const { addr } = listener;
    listener.close();
    await assertTimersFire(() =>
      connect(addr).then((conn) => conn.close(), () => {})
    );
  },
);

/** Runs beside connections that keep a server busy; see `_busy_peers.ts`. */
async function besideBusyPeers<T>(
  { hostname, port }: Deno.NetAddr,
  peers: { count: number; isFlood: boolean },
  body: () => Promise<T>,
): Promise<T> {
  const url = new URL("_busy_peers.ts", import.meta.url);
  const worker = new Worker(url, { type: "module" });
  const flags = new Int32Array(new SharedArrayBuffer(8));
  const heard = () => new Promise((resolve) => worker.onmessage = resolve);
  try {
    const busy = heard();
    worker.postMessage({ ...peers, flags, name: { hostname, port } });
    await busy;
    const over = heard();
    const result = await body();
    assertEquals(flags[1], 0, "the peers were busy no longer");
    Atomics.store(flags, 0, 1);
    await over;
    return result;
  } finally {
    worker.terminate();
  }
}

/** Answers messages of 64 bytes, and swallows all others, with some work for each. */
async function answer(conn: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(1024);
  for (let n; (n = await conn.read(buffer)) !== null;) {
    for (let i = 0; i < 10_000; i++) buffer[i % n] = i;
    if (n === 64) await conn.write(buffer.subarray(0, n));
  }
}

/** The same by raw Deno as by `serveTcp`. */
function serveRaw(hostname: string) {
  const listener = Deno.listen({ hostname, port: 0 });
  const serve = async (conn: Deno.Conn) => {
    using _conn = conn;
    await answer(conn).catch(() => {}); // a reset
  };
  const serving = (async () => {
    const handlers: Promise<void>[] = [];
    for await (const conn of listener) handlers.push(serve(conn));
    await Promise.all(handlers);
  })();
  return {
    addr: listener.addr as Deno.NetAddr,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
    },
  };
}

/** Registers a test for each backend and family, with `--allow-ffi` for the peers. */
function eachServer(
  name: string,
  body: (setup: Family & { backend: TcpBackend }) => Promise<void>,
): void {
  for (const backend of HAS_POSIX ? BACKENDS : []) {
    eachFamily(
      `${name}, over ${backend}`,
      (family) => body({ ...family, backend }),
      { ffi: true, read: true },
    );
  }
}

function serveOurs({ loopback, backend }: Family & { backend: TcpBackend }) {
  const options = { hostname: loopback, port: 0, backend, onError() {} };
  return serveTcp(options, answer);
}

eachServer(
  "serveTcp() answers others beside a client that floods it",
  async (setup) => {
    await using server = await serveOurs(setup);
    const peers = { count: 1, isFlood: true };
    await besideBusyPeers(server.addr, peers, async () => {
      const { hostname, port } = server.addr;
      using conn = await connectTcp({ hostname, port, backend: "deno" });
      for (let i = 0; i < 5; i++) {
        await conn.write(new Uint8Array(64));
        await conn.readExact(64);
      }
    });
  },
);

eachServer(
  "serveTcp() lets timers fire beside many busy clients",
  async (setup) => {
    const ticks = (addr: Deno.NetAddr) =>
      besideBusyPeers(
        addr,
        { count: 128, isFlood: false },
        () => ticksBeside(() => new Promise((done) => setTimeout(done, 300))),
      );
    await using server = await serveOurs(setup);
    await using rawServer = serveRaw(setup.loopback);
    await assertAsFair(() => ticks(server.addr), () => ticks(rawServer.addr));
  },
);
