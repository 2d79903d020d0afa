/**
 * Tests of the endpoint classes run on each stream transport and each family.
 *
 * @module
 */
import * as here from "@berkeley/sockets";
import type { Sockets } from "@berkeley/sockets";
import type {
  ConnectTcpOptions,
  ListenTcpOptions,
  ServeTcpOptions,
  TcpBackend,
  TcpCarrier,
  TcpConn,
  TcpHandler,
  TcpListener,
  TcpServer,
} from "@berkeley/sockets/tcp";
import type { StreamConn } from "@berkeley/sockets/stream";
import { eachFamily, FAMILIES, type Family } from "./_each_family.ts";
import { IS_DENO, STREAM_BACKENDS } from "./_runtime.ts";
import {
  onSimulatedHost,
  onSimulatedHosts,
  type RealNeed,
} from "./_simulated.ts";
import {
  type EndOptions,
  type Feature,
  STREAM_ROWS,
  type StreamRow,
} from "./_stream_rows.ts";

/** The transports that there are. */
export const BACKENDS: readonly TcpBackend[] = STREAM_BACKENDS;

/** What carries the connections of a test. */
export type Backend = TcpCarrier;

/** Two ends of a connection, closed at the end of their scope. */
export interface Pair extends Disposable {
  /** The end that connected. */
  client: TcpConn;
  /** The end that was accepted. */
  server: TcpConn;
}

/** A transport on a family, and shortcuts to use it. */
export interface Setup extends Family {
  /** The transport. */
  backend: Backend;
  /** The functions of the host: of this one, or of a simulated one. */
  host: Sockets;
  /** Listens on loopback. */
  listen(options?: Partial<ListenTcpOptions>): Promise<TcpListener>;
  /** Connects. */
  connect(
    addr: Deno.NetAddr,
    options?: Partial<ConnectTcpOptions>,
  ): Promise<TcpConn>;
  /** Serves on loopback. */
  serve(
    options: Partial<ServeTcpOptions>,
    handler: TcpHandler,
  ): Promise<TcpServer>;
  /** Connects two ends. */
  pair(options?: Partial<ConnectTcpOptions>): Promise<Pair>;
}

/** What a test needs on a transport and a family, until `use` has ended. */
function withSetup(
  backend: Backend,
  family: Family,
  use: (setup: Setup) => Promise<void>,
): Promise<void> {
  return backend === "simulated"
    ? onSimulatedHost((host) => withHost({ host, backend }, family, use))
    : withHost({ host: here, backend, chosen: backend }, family, use);
}

async function withHost(
  { host, backend, chosen }: {
    readonly host: Sockets;
    readonly backend: Backend;
    readonly chosen?: TcpBackend;
  },
  family: Family,
  use: (setup: Setup) => Promise<void>,
): Promise<void> {
  const where = { hostname: family.loopback, port: 0, backend: chosen };
  const listen = (options = {}) => host.listenTcp({ ...where, ...options });
  const serve = (options = {}, handler: TcpHandler) =>
    host.serveTcp({ ...where, ...options }, handler);
  const connect = (addr: Deno.NetAddr, options = {}) =>
    host.connectTcp({ ...addr, backend: chosen, ...options });
  const closings: Promise<void>[] = [];
  const pair = async (options = {}) => {
    using listener = await listen();
    const client = await connect(listener.addr, options);
    const server = await listener.accept();
    return {
      client,
      server,
      [Symbol.dispose]() {
        for (const end of [client, server]) {
          closings.push(end[Symbol.asyncDispose]());
        }
      },
    };
  };
  try {
    await use({ ...family, backend, host, listen, serve, connect, pair });
  } finally {
    await Promise.all(closings); // what close() leaves to be written
  }
}

/**
 * Registers a test for each transport and family, with `--allow-net` alone; libc needs
 * `--allow-ffi`, too, and a simulated network no permission. What the test `needs` of the
 * real world keeps it out of that.
 */
export function eachTransport(
  name: string,
  body: (setup: Setup) => Promise<void>,
  needs?: RealNeed,
): void {
  if (needs === undefined) eachSimulated(name, body);
  for (const backend of BACKENDS) {
    eachFamily(
      `${name}, over ${backend}`,
      (family) => withSetup(backend, family, body),
      backend === "posix" ? { ffi: true } : {},
    );
  }
}

/** Registers a test for each family in a simulated network. */
function eachSimulated(
  name: string,
  body: (setup: Setup) => Promise<void>,
): void {
  for (const family of IS_DENO ? FAMILIES : []) {
    Deno.test({
      name: `${name}, over simulated (${family.name})`,
      permissions: "none",
      fn: () => withSetup("simulated", family, body),
    });
  }
}

/**
 * As `eachTransport`, for a test that waits for a second or more: all transports and
 * families that need the same permissions wait at the same time.
 */
export function allTransports(
  name: string,
  body: (setup: Setup) => Promise<void>,
  needs?: RealNeed,
): void {
  if (needs === undefined) eachSimulated(name, body);
  for (const ffi of [false, true]) {
    const backends = BACKENDS.filter((backend) =>
      (backend === "posix") === ffi
    );
    if (backends.length === 0) continue;
    Deno.test({
      name: `${name}, over ${backends.join(" and ")}`,
      permissions: { net: true, ffi },
      async fn() {
        await Promise.all(
          backends.flatMap((backend) =>
            FAMILIES.map((family) => withSetup(backend, family, body))
          ),
        );
      },
    });
  }
}

/** Two ends of any stream, closed at the end of their scope. */
export interface StreamPair extends Disposable {
  /** The end that connected, or just one of them. */
  client: StreamConn;
  /** The other end. */
  server: StreamConn;
}

/** What carries a stream, and a shortcut to use it. */
export interface StreamSetup {
  /** Its place in the table, such as for a seed. */
  index: number;
  /** Connects two ends. */
  pair(options?: EndOptions): Promise<StreamPair>;
}

/**
 * What a test may need: a feature, that closing an end releases it, or something of the
 * real world.
 */
export type Need = Feature | "release" | RealNeed;

function has(row: StreamRow, need: Need): boolean {
  if (need === "release") return !row.lingers;
  return isFeature(need)
    ? !row.lacks?.includes(need)
    : row.simulatedPair === undefined;
}

function isFeature(need: Feature | RealNeed): need is Feature {
  return need === "half-close" || need === "ref" || need === "detach";
}

/**
 * Registers a test for each row of the table of streams that has all that the test
 * `needs`.
 */
export function eachStream(
  name: string,
  body: (setup: StreamSetup) => Promise<void>,
  needs: readonly Need[] = [],
): void {
  for (const [index, row] of STREAM_ROWS.entries()) {
    if (!needs.every((need) => has(row, need))) continue;
    Deno.test({
      name: `${name}, over ${row.name}`,
      permissions: row.permissions ?? "none",
      fn: () => withPairs(row, (pair) => body({ index, pair })),
    });
  }
}

/** Calls `use`, and waits for the ends that it connected to be closed. */
export async function withPairs(
  row: StreamRow,
  use: (pair: StreamSetup["pair"]) => Promise<void>,
): Promise<void> {
  const { simulatedPair } = row;
  if (simulatedPair === undefined) return await withEnds(row.pair!, use);
  await onSimulatedHosts((client, server) =>
    withEnds((options) => simulatedPair({ client, server }, options), use)
  );
}

async function withEnds(
  connect: NonNullable<StreamRow["pair"]>,
  use: (pair: StreamSetup["pair"]) => Promise<void>,
): Promise<void> {
  const closings: Promise<void>[] = [];
  try {
    await use(async (options = {}) => {
      const [client, server] = await connect(options);
      return {
        client,
        server,
        [Symbol.dispose]() {
          for (const end of [client, server]) {
            closings.push(end[Symbol.asyncDispose]());
          }
        },
      };
    });
  } finally {
    await Promise.all(closings); // what close() leaves to be written
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The bytes of a text. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** The text of bytes. */
export function text(data: Uint8Array | null): string | null {
  return data === null ? null : decoder.decode(data);
}

/** Reads to the end of the stream. */
export async function readAll(
  conn: Pick<Deno.Conn, "read">,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: BlobPart[] = [];
  const buffer = new Uint8Array(64 * 1024);
  for (let n; (n = await conn.read(buffer)) !== null;) {
    parts.push(buffer.slice(0, n));
  }
  return await new Blob(parts).bytes();
}

/** Waits, turn by turn, until the condition holds; fails after too many turns. */
export async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 10_000; turn++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error("the condition never held");
}

/**
 * Runs a test that uses a port again. Another program, or a test that runs in
 * parallel, may take the port in between; five times in a row it is a fault.
 */
export async function withPortOfOurs(body: () => Promise<void>): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      return await body();
    } catch (error) {
      const isTaken = error instanceof Deno.errors.AddrInUse;
      if (!isTaken || attempt === 5) throw error;
    }
  }
}
