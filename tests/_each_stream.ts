/**
 * Tests of the endpoint classes run on each stream transport and each family.
 *
 * @module
 */
import {
  connectTcp,
  type ConnectTcpOptions,
  listenTcp,
  type ListenTcpOptions,
  type TcpBackend,
  type TcpConn,
  type TcpListener,
} from "@berkeley/sockets/tcp";
import { HAS_POSIX } from "./_posix.ts";
import { eachFamily, type Family } from "./_each_family.ts";

/** The transports that there are: libc only where `posix` knows the system. */
export const BACKENDS: readonly TcpBackend[] = HAS_POSIX
  ? ["deno", "node", "posix"]
  : ["deno", "node"];

/** One of the transports. */
export type Backend = TcpBackend;

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
  /** Listens on loopback. */
  listen(options?: Partial<ListenTcpOptions>): Promise<TcpListener>;
  /** Connects. */
  connect(
    addr: Deno.NetAddr,
    options?: Partial<ConnectTcpOptions>,
  ): Promise<TcpConn>;
  /** Connects two ends. */
  pair(options?: Partial<ConnectTcpOptions>): Promise<Pair>;
}

/** Registers a test for each transport and family, with `--allow-net` alone; libc needs `--allow-ffi`, too. */
export function eachTransport(
  name: string,
  body: (setup: Setup) => Promise<void>,
): void {
  for (const backend of BACKENDS) {
    eachFamily(`${name}, over ${backend}`, async (family) => {
      const listen = (options = {}) =>
        listenTcp({ hostname: family.loopback, port: 0, backend, ...options });
      const connect = (addr: Deno.NetAddr, options = {}) =>
        connectTcp({ ...addr, backend, ...options });
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
      const setup = { ...family, backend, listen, connect, pair };
      try {
        await body(setup);
      } finally {
        await Promise.all(closings); // what close() leaves to be written
      }
    }, backend === "posix" ? { ffi: true } : {});
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
export async function readAll(conn: TcpConn): Promise<Uint8Array<ArrayBuffer>> {
  const parts: number[] = [];
  const buffer = new Uint8Array(64 * 1024);
  for (let n; (n = await conn.read(buffer)) !== null;) {
    for (let i = 0; i < n; i++) parts.push(buffer[i]!);
  }
  return Uint8Array.from(parts);
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
