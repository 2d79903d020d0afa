/**
 * The table of what carries a stream. Tests of what all streams have in common run
 * over each row: `eachStream()` in `_each_stream.ts`.
 *
 * A new row is a name, a function that connects two ends, and what it lacks.
 * `tests/stream/lacks_test.ts` checks of each row that it lacks just that.
 *
 * @module
 */
import { StreamConn } from "@berkeley/sockets/stream";
import { connectTcp, listenTcp, type TcpBackend } from "@berkeley/sockets/tcp";
import {
  connectUnix,
  listenUnix,
  type UnixBackend,
} from "@berkeley/sockets/unix";
import { FAMILIES, type Family } from "./_each_family.ts";
import { memoryDuplexes } from "./_memory_duplex.ts";
import { HAS_POSIX } from "./_posix.ts";

/** What a carrier may lack. */
export type Feature = "half-close" | "ref" | "detach";

/** The options of both ends. */
export interface EndOptions {
  /** How many queued bytes make `send` of the first end wait. */
  readonly highWaterMark?: number;
}

/** What carries a stream. */
export interface StreamRow {
  /** How it reads in the name of a test: `…, over TCP by node (IPv6)`. */
  readonly name: string;
  /** What it lacks. Defaults to nothing. */
  readonly lacks?: readonly Feature[];
  /** What its tests may do. Defaults to nothing. */
  readonly permissions?: Deno.PermissionOptionsObject;
  /** Connects two ends. */
  pair(options: EndOptions): Promise<[client: StreamConn, server: StreamConn]>;
}

/** How much an end in memory keeps for a peer that does not read, in bytes. */
const KEPT = 256 * 1024;

function tcpRow(backend: TcpBackend, family: Family): StreamRow {
  return {
    name: `TCP by ${backend} (${family.name})`,
    permissions: { net: true, ffi: backend === "posix" },
    lacks: backend === "deno" ? [] : ["detach"],
    async pair(options) {
      const where = { hostname: family.loopback, port: 0, backend };
      using listener = await listenTcp(where);
      const client = await connectTcp({
        ...listener.addr,
        backend,
        ...options,
      });
      return [client, await listener.accept()];
    },
  };
}

/** Abstract names, where the system has them, need net access only. */
const HAS_ABSTRACT_NAMES = Deno.build.os === "linux";

function unixRow(backend: UnixBackend): StreamRow {
  const isFile = !HAS_ABSTRACT_NAMES;
  const ffi = backend === "posix";
  return {
    name: `unix by ${backend}`,
    permissions: { net: true, read: isFile, write: isFile, ffi },
    lacks: backend === "deno" ? [] : ["detach"],
    async pair(options) {
      const name = `berkeley-${crypto.randomUUID()}`;
      const path = HAS_ABSTRACT_NAMES ? `\0${name}` : `/tmp/${name}`;
      await using listener = await listenUnix({ path, backend });
      const client = await connectUnix({ path, backend, ...options });
      return [client, await listener.accept()];
    },
  };
}

const CONN: StreamRow = {
  name: "any Deno.Conn",
  permissions: { net: true },
  async pair(options) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const [client, server] = await Promise.all([
      Deno.connect({ hostname: "127.0.0.1", port }),
      listener.accept(),
    ]);
    return [StreamConn.from(client, options), StreamConn.from(server)];
  },
};

/** A stream of bytes in memory that keeps some of them, as a kernel does. */
function pipe(): TransformStream<Uint8Array, Uint8Array> {
  const size = { size: (chunk: Uint8Array) => chunk.length };
  return new TransformStream({}, undefined, { highWaterMark: KEPT, ...size });
}

const WEB: StreamRow = {
  name: "a pair of web streams",
  lacks: ["ref"],
  pair(options) {
    const [there, back] = [pipe(), pipe()];
    const client = { readable: back.readable, writable: there.writable };
    const server = { readable: there.readable, writable: back.writable };
    return Promise.resolve([
      StreamConn.from(client, options),
      StreamConn.from(server),
    ]);
  },
};

const NODE: StreamRow = {
  name: "a Node duplex",
  lacks: ["ref"],
  pair(options) {
    const [client, server] = memoryDuplexes(KEPT);
    return Promise.resolve([
      StreamConn.from(client, options),
      StreamConn.from(server),
    ]);
  },
};

/** The backends of sockets: libc only where `posix` knows the system. */
const BACKENDS: readonly (TcpBackend & UnixBackend)[] = HAS_POSIX
  ? ["deno", "node", "posix"]
  : ["deno", "node"];

/** All that carries a stream. */
export const STREAM_ROWS: readonly StreamRow[] = [
  ...BACKENDS.flatMap((backend) =>
    FAMILIES.map((family) => tcpRow(backend, family))
  ),
  ...(Deno.build.os === "windows" ? [] : BACKENDS.map(unixRow)),
  CONN,
  WEB,
  NODE,
];
