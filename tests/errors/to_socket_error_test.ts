/** Each row of the mapping, by an error that the runtime really throws. */
import dgram from "node:dgram";
import net from "node:net";
import dns from "node:dns";
import { once } from "node:events";
import { assert, assertEquals } from "@std/assert";
import {
  AddrInfoError,
  SocketError,
  toSocketError,
} from "@berkeley/sockets/errors";
import { IS_DENO } from "../_runtime.ts";
import { HAS_EPIPE } from "../_system.ts";

/** What a function throws or rejects with. */
async function thrown(fn: () => unknown): Promise<unknown> {
  try {
    await fn();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

async function pair(): Promise<[Deno.TcpConn, Deno.TcpConn]> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const client = await Deno.connect({ port: listener.addr.port });
  return [client, await listener.accept()];
}

/** Listens by `node:net`; the server is closed when it is disposed of. */
async function listenByNode(): Promise<
  AsyncDisposable & { port: number; server: net.Server }
> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  return {
    ...{ port, server },
    [Symbol.asyncDispose]: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function closedPort(): Promise<number> {
  await using listener = await listenByNode();
  return listener.port;
}

/** The error of a second server at an address. */
function listenFailure(port: number, host: string): Promise<unknown> {
  const server = net.createServer();
  const failure = nodeFailure(server);
  server.listen(port, host);
  return failure;
}

/** The first error event of a socket of node:net, once it is closed. */
function nodeFailure(socket: net.Socket | net.Server): Promise<unknown> {
  return new Promise((resolve) => {
    socket.once("error", (error: Error) => {
      if (socket instanceof net.Socket) {
        socket.once("close", () => resolve(error));
      } else resolve(error);
    });
  });
}

function sendFailure(
  bytes: Uint8Array,
  port: number,
  host: string,
): Promise<unknown> {
  return new Promise((resolve) => {
    const socket = dgram.createSocket("udp4");
    socket.send(bytes, port, host, (error) => {
      socket.close(() => resolve(error));
    });
  });
}

interface Row {
  what: string;
  code: string;
  /** Whether this system cannot be made to report it. */
  ignore?: boolean;
  provoke: () => Promise<unknown>;
}

/** Errors of the API of Deno. */
const DENO_ROWS: Row[] = [
  {
    what: "a refused connection",
    code: "ECONNREFUSED",
    provoke: async () => {
      const port = await closedPort();
      return await thrown(() => Deno.connect({ hostname: "127.0.0.1", port }));
    },
  },
  {
    what: "a port in use",
    code: "EADDRINUSE",
    provoke: () => {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const { port } = listener.addr;
      return thrown(() => Deno.listen({ hostname: "127.0.0.1", port }));
    },
  },
  {
    what: "an address of another host",
    code: "EADDRNOTAVAIL",
    provoke: () =>
      thrown(() => Deno.listen({ hostname: "192.0.2.1", port: 0 })),
  },
  {
    what: "writing to a peer that has gone",
    code: "EPIPE",
    ignore: !HAS_EPIPE,
    provoke: async () => {
      const [client, server] = await pair();
      using _ = client;
      server.close();
      // The first write finds the peer gone, and the second the pipe broken.
      return await thrown(async () => {
        for (let i = 0; i < 10_000; i++) {
          await client.write(new Uint8Array(1));
        }
      }).then((error) =>
        error instanceof Deno.errors.ConnectionReset
          ? thrown(() => client.write(new Uint8Array(1)))
          : error
      );
    },
  },
  {
    what: "reading from a connection that was reset",
    code: "ECONNRESET",
    provoke: async () => {
      const server = net.createServer((socket) => socket.resetAndDestroy());
      await new Promise<void>((resolve) =>
        server.listen(0, "127.0.0.1", resolve)
      );
      const { port } = server.address() as net.AddressInfo;
      const error = await thrown(async () => {
        using conn = await Deno.connect({ hostname: "127.0.0.1", port });
        while (await conn.read(new Uint8Array(1)) !== null);
      });
      await new Promise((resolve) => server.close(resolve));
      return error;
    },
  },
  {
    what: "use after close",
    code: "EBADF",
    provoke: async () => {
      const [client, server] = await pair();
      client.close();
      server.close();
      return await thrown(() => client.read(new Uint8Array(1)));
    },
  },
  {
    what: "a read that was pending on close",
    code: "EBADF",
    provoke: async () => {
      const [client, server] = await pair();
      const reading = thrown(() => client.read(new Uint8Array(1)));
      client.close();
      server.close();
      return await reading;
    },
  },
  {
    what: "an accept that was pending on close",
    code: "EBADF",
    provoke: () => {
      const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const accepting = thrown(() => listener.accept());
      listener.close();
      return accepting;
    },
  },
];

/** Errors of the modules of Node, in each runtime. */
const NODE_ROWS: Row[] = [
  {
    what: "node:net, a server closed twice",
    code: "EBADF",
    provoke: () =>
      new Promise((resolve) => {
        const server = net.createServer();
        server.listen(0, "127.0.0.1", () => {
          server.close(() => server.close(resolve));
        });
      }),
  },
  {
    what: "node:net, refused",
    code: "ECONNREFUSED",
    provoke: async () =>
      await nodeFailure(net.connect(await closedPort(), "127.0.0.1")),
  },
  {
    what: "node:net, a port in use",
    code: "EADDRINUSE",
    provoke: async () => {
      await using listener = await listenByNode();
      return await listenFailure(listener.port, "127.0.0.1");
    },
  },
  {
    what: "node:net, an address of another host",
    code: "EADDRNOTAVAIL",
    ignore: IS_DENO, // whose node:net says EINVAL, as of Deno 2.9
    provoke: () => listenFailure(0, "192.0.2.1"),
  },
  {
    what: "node:net, reading from a connection that was reset",
    code: "ECONNRESET",
    provoke: async () => {
      await using listener = await listenByNode();
      const socket = net.connect(listener.port, "127.0.0.1");
      const [peer] = await once(listener.server, "connection");
      const failure = nodeFailure(socket);
      peer.resetAndDestroy();
      socket.resume();
      return await failure;
    },
  },
  {
    what: "node:net, written after end",
    code: "EPIPE",
    provoke: async () => {
      await using listener = await listenByNode();
      const socket = net.connect(listener.port, "127.0.0.1");
      await once(socket, "connect");
      const failure = nodeFailure(socket);
      socket.end();
      socket.write("x");
      return await failure;
    },
  },
  {
    what: "node:net, written after destroy",
    code: "EBADF",
    provoke: async () => {
      await using listener = await listenByNode();
      const socket = net.connect(listener.port, "127.0.0.1");
      await once(socket, "connect");
      const closed = new Promise((resolve) => socket.once("close", resolve));
      socket.destroy();
      await closed;
      return await new Promise((resolve) => socket.write("x", resolve));
    },
  },
  {
    what: "node:dgram, after close",
    code: "EBADF",
    provoke: async () => {
      const socket = dgram.createSocket("udp4");
      await new Promise<void>((resolve) => socket.close(() => resolve()));
      return await thrown(() => socket.address());
    },
  },
  {
    what: "node:dgram, too large",
    code: "EMSGSIZE",
    provoke: () => sendFailure(new Uint8Array(70_000), 9, "127.0.0.1"),
  },
];

const ROWS = [
  ...DENO_ROWS.map((row) => ({ ...row, ignore: row.ignore || !IS_DENO })),
  ...NODE_ROWS,
];

for (const { what, code, ignore, provoke } of ROWS) {
  Deno.test({
    name: `toSocketError() gives ${code} for ${what}`,
    ignore: ignore ?? false,
    permissions: { net: true },
    async fn() {
      const foreign = await provoke();
      assert(foreign instanceof Error, String(foreign));
      const error = toSocketError(foreign, { action: "do it", syscall: "x" });
      assert(error instanceof SocketError, Deno.inspect(error));
      assertEquals(error.code, code, Deno.inspect(foreign));
      assertEquals(error.cause, foreign);
      assertEquals(error.syscall, "x");
      assertEquals(toSocketError(error, { action: "again" }), error);
    },
  });
}

Deno.test({
  name:
    "toSocketError() gives ENOTCAPABLE and the flag for what is not permitted",
  ignore: !IS_DENO,
  permissions: { net: false },
  async fn() {
    const foreign = await thrown(() =>
      Deno.connect({ hostname: "127.0.0.1", port: 1 })
    );
    const error = toSocketError(foreign, { action: "connect to 127.0.0.1:1" });
    assert(
      error instanceof SocketError && error instanceof Deno.errors.NotCapable,
    );
    assertEquals(
      error.message,
      'Cannot connect to 127.0.0.1:1: net access to "127.0.0.1:1" is not permitted; run again with --allow-net (ENOTCAPABLE)',
    );
  },
});

const LOOKUPS: {
  what: string;
  isOfNode?: true;
  provoke: () => Promise<unknown>;
}[] = [
  {
    what: "Deno.connect() to a name that does not exist",
    provoke: () =>
      thrown(() => Deno.connect({ hostname: "no.invalid", port: 1 })),
  },
  {
    what: "Deno.connect() to an empty host",
    provoke: () => thrown(() => Deno.connect({ hostname: "", port: 1 })),
  },
  {
    what: "Deno.connect() to a malformed host",
    provoke: () => thrown(() => Deno.connect({ hostname: "a b", port: 1 })),
  },
  {
    what: "dns.lookup() of a name that does not exist",
    isOfNode: true,
    provoke: () =>
      new Promise((resolve) =>
        dns.lookup("no.invalid", (error) => resolve(error))
      ),
  },
];

for (const { what, isOfNode = false, provoke } of LOOKUPS) {
  Deno.test({
    name: `toSocketError() gives an AddrInfoError for ${what}`,
    ignore: !IS_DENO && !isOfNode,
    permissions: { net: true },
    async fn() {
      const foreign = await provoke();
      const error = toSocketError(foreign, { action: "connect" });
      assert(error instanceof AddrInfoError, Deno.inspect(foreign));
      // A host without a name server can but say that it does not know.
      assert(["EAI_NONAME", "EAI_AGAIN"].includes(error.code), error.code);
      assertEquals(error.cause, foreign);
      assertEquals(toSocketError(error, { action: "again" }), error);
    },
  });
}

// Windows alone reports these: an error of each shape that Deno may give them.
for (
  const [number, code] of [
    [11001, "EAI_NONAME"],
    [11002, "EAI_AGAIN"],
    [11003, "EAI_FAIL"],
    [11004, "EAI_NODATA"],
  ]
) {
  Deno.test(`toSocketError() gives ${code} for Winsock's error ${number} of a look-up`, () => {
    const text = `No such host is known. (os error ${number})`;
    const shapes = [
      new Error(text),
      ...IS_DENO ? [new Deno.errors.NotFound(text)] : [],
      Object.assign(new Error(text), { code: "ENOENT" }),
      Object.assign(new Error(text), { code: "UNKNOWN", errno: number }),
      new Error(`failed to lookup address information: ${text}`),
    ];
    for (const foreign of shapes) {
      const error = toSocketError(foreign, { action: "connect" });
      assert(error instanceof AddrInfoError, Deno.inspect(foreign));
      assertEquals([error.code, error.cause], [code, foreign]);
    }
  });
}

Deno.test({
  name: "toSocketError() leaves misuse and the reasons of signals as they are",
  ignore: !IS_DENO,
  permissions: { net: true },
  async fn() {
    const range = await thrown(() =>
      Deno.connect({ hostname: "127.0.0.1", port: 70_000 })
    );
    assert(range instanceof RangeError);
    const port = await closedPort();
    const abort = await thrown(() =>
      Deno.connect({
        hostname: "127.0.0.1",
        port,
        signal: AbortSignal.abort(),
      })
    );
    assert(abort instanceof DOMException);
    for (
      const error of [range, abort, new TypeError("t"), new SyntaxError("s")]
    ) {
      assertEquals(toSocketError(error, { action: "x" }), error);
    }
  },
});

// What this OS cannot be made to report: shapes that are known from elsewhere.
const SHAPES: [what: string, foreign: Error, code: string][] = [
  [
    "a number in the text alone",
    new Error("No route to host (os error 113)"),
    "EHOSTUNREACH",
  ],
  [
    "UNKNOWN with the kernel's number",
    Object.assign(new Error("send UNKNOWN"), { code: "UNKNOWN", errno: -13 }),
    "EACCES",
  ],
  [
    "UNKNOWN without a number that is known",
    Object.assign(new Error("send UNKNOWN"), { code: "UNKNOWN", errno: -4094 }),
    "EIO",
  ],
  [
    "a code that the table does not know",
    Object.assign(new Error("strange"), { code: "ESTRANGE" }),
    "ESTRANGE",
  ],
  ["nothing that is known", new Error("what is this"), "EIO"],
];

if (IS_DENO) {
  SHAPES.push([
    "a class without a code",
    new Deno.errors.NetworkUnreachable("unreachable"),
    "ENETUNREACH",
  ]);
}

for (const [what, foreign, code] of SHAPES) {
  Deno.test({
    name: `toSocketError() gives ${code} for ${what}`,
    ignore: Deno.build.os !== "linux",
    fn() {
      const error = toSocketError(foreign, { action: "x" });
      assert(error instanceof SocketError);
      assertEquals([error.code, error.cause], [code, foreign]);
    },
  });
}

Deno.test("toSocketError() takes what is no error at all", () => {
  const error = toSocketError("a string", { action: "x" });
  assertEquals(error.message, "Cannot x: a string (EIO)");
  assertEquals(error.cause, "a string");
});

Deno.test("toSocketError() takes errors whose fields are not what they should be", () => {
  const odd = [
    Object.assign(new Error("odd"), { code: "constructor" }),
    Object.assign(new Error("odd"), { code: "EAI_" }),
    Object.defineProperty(new Error("odd"), "message", { value: undefined }),
    Object.defineProperty(new Error("odd"), "code", {
      get() {
        throw new Error("a getter that throws");
      },
    }),
    Object.create(null),
    Symbol("odd"),
  ];
  for (const thrown of odd) {
    const error = toSocketError(thrown, { action: "x" });
    assert(error instanceof SocketError);
    assertEquals([error.code, error.cause], ["EIO", thrown]);
    assert(/^Cannot x: .* \(EIO\)$/.test(error.message), error.message);
  }
});
