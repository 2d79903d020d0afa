/**
 * The table of what carries a stream. Tests of what all streams have in common run
 * over each row: `eachStream()` in `_each_stream.ts`.
 *
 * A new row is a name, a function that connects two ends, and what it lacks.
 * `tests/stream/lacks_test.ts` checks of each row that it lacks just that.
 *
 * @module
 */
import { connectTcp, listenTcp, type TcpBackend } from "@berkeley/sockets/tcp";
import {
  connPair,
  makeCertificate,
  withFaults,
} from "@berkeley/sockets/testing";
import { connectTls, listenTls, type TlsBackend } from "@berkeley/sockets/tls";
import {
  connectUnix,
  listenUnix,
  type UnixBackend,
} from "@berkeley/sockets/unix";
import { FAMILIES, type Family } from "./_each_family.ts";
import { SOURCE_ROWS, type StreamRow } from "./_source_rows.ts";
import { IS_DENO, STREAM_BACKENDS } from "./_runtime.ts";

export type { EndOptions, Feature, StreamRow } from "./_source_rows.ts";

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

/** The certificate of all servers: made once, and only if a test needs it. */
let certificate: ReturnType<typeof makeCertificate> | undefined;

function tlsRow(backend: TlsBackend): StreamRow {
  return {
    name: `TLS by ${backend}`,
    permissions: { net: true },
    lacks: backend === "deno" ? [] : ["detach"],
    lingers: backend === "deno",
    async pair(options) {
      const { cert, key } = await (certificate ??= makeCertificate());
      const where = { hostname: "127.0.0.1", port: 0, backend };
      await using listener = await listenTls({ ...where, cert, key });
      return await Promise.all([
        connectTls({ ...listener.addr, ...options, caCerts: [cert], backend }),
        listener.accept(),
      ]);
    },
  };
}

/** Bytes cut into pieces of many sizes; small messages stay whole. */
const PIECES: StreamRow = {
  name: "a connection with faults",
  lacks: ["detach"],
  pair(options) {
    const { client, server } = connPair({ windowSize: 256 * 1024 }); // as a kernel
    const incoming = { pieceSize: [700, 60_000, 100, 20_000] };
    const outgoing = { pieceSize: [60_000, 100, 5000] };
    return Promise.resolve([
      withFaults(client, { ...options, incoming, outgoing }),
      withFaults(server, { incoming, outgoing }),
    ]);
  },
};

const SIMULATED_TCP: StreamRow = {
  name: "simulated TCP",
  lacks: ["detach"],
  async simulatedPair({ client, server }, options) {
    using listener = await server.listenTcp({ port: 0 });
    const { port } = listener.addr;
    return await Promise.all([
      client.connectTcp({ hostname: "server", port, ...options }),
      listener.accept(),
    ]);
  },
};

const SIMULATED_TLS: StreamRow = {
  name: "simulated TLS",
  lacks: ["detach"],
  async simulatedPair({ client, server }, options) {
    const { cert, key } = await makeCertificate({ names: ["server"] });
    await using listener = await server.listenTls({ port: 0, cert, key });
    const where = { hostname: "server", port: listener.addr.port };
    return await Promise.all([
      client.connectTls({ ...where, ...options, caCerts: [cert] }),
      listener.accept(),
    ]);
  },
};

const SIMULATED_UNIX: StreamRow = {
  name: "simulated unix sockets",
  lacks: ["detach"],
  async simulatedPair({ client }, options) {
    const path = "/run/sock";
    await using listener = await client.listenUnix({ path });
    return await Promise.all([
      client.connectUnix({ path, ...options }),
      listener.accept(),
    ]);
  },
};

/** All that carries a stream. */
export const STREAM_ROWS: readonly StreamRow[] = [
  ...STREAM_BACKENDS.flatMap((backend) =>
    FAMILIES.map((family) => tcpRow(backend, family))
  ),
  ...(Deno.build.os === "windows" ? [] : STREAM_BACKENDS.map(unixRow)),
  ...(IS_DENO ? [tlsRow("deno")] : []),
  tlsRow("node"),
  ...SOURCE_ROWS,
  PIECES,
  ...(IS_DENO ? [SIMULATED_TCP, SIMULATED_TLS, SIMULATED_UNIX] : []),
];
