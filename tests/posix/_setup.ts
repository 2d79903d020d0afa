/**
 * Tests of libc's sockets, on both families, by a program that may use the network
 * and FFI and nothing else.
 *
 * @module
 */
import {
  AF_INET,
  AF_INET6,
  type InetName,
  type PosixSocket,
  SOCK_DGRAM,
  SOCK_STREAM,
  socket,
} from "../../posix/mod.ts";
import { FAMILIES, type Family } from "../_each_family.ts";
import { HAS_POSIX } from "../_posix.ts";

/** The longest wait for what must come. */
export const SOON = { timeout: 20_000 };
/** A wait for what must not come. */
export const NEVER = { timeout: 30 };

/** A test of libc, skipped where it cannot be used. */
export function posixTest(
  name: string,
  body: () => Promise<void> | void,
  permissions: Deno.PermissionOptions = { net: true, ffi: true },
): void {
  Deno.test({
    name,
    ignore: !HAS_POSIX,
    permissions,
    fn: async () => await body(),
  });
}

/** Sockets of a family, and shortcuts to open them on loopback. */
export interface Setup extends Family {
  /** AF_INET or AF_INET6. */
  af: number;
  /** A socket that listens. */
  listen(backlog?: number): PosixSocket;
  /** A socket for datagrams that is bound. */
  bind(): PosixSocket;
  /** Two ends of a connection. */
  pair(): Promise<Ends>;
}

/** Two ends, closed at the end of their scope. */
export interface Ends extends Disposable {
  client: PosixSocket;
  server: PosixSocket;
}

/** Where a socket of IPv4 or IPv6 is bound. */
export function nameOf(socket: PosixSocket): InetName {
  return socket.getSockName() as InetName;
}

/** What tests of a family share. */
export function setupOf(family: Family): Setup {
  const af = family.family === 4 ? AF_INET : AF_INET6;
  const free = { hostname: family.loopback, port: 0 };
  const listen = (backlog = 16) => {
    const listener = socket(af, SOCK_STREAM);
    listener.bind(free);
    listener.listen(backlog);
    return listener;
  };
  const bind = () => {
    const bound = socket(af, SOCK_DGRAM);
    bound.bind(free);
    return bound;
  };
  const pair = async () => {
    using listener = listen();
    const client = socket(af, SOCK_STREAM);
    await client.connect(listener.getSockName());
    const { socket: server } = await listener.accept();
    return {
      client,
      server,
      [Symbol.dispose]() {
        client.close();
        server.close();
      },
    };
  };
  return { ...family, af, listen, bind, pair };
}

/** A test of libc on each family. */
export function eachPosixFamily(
  name: string,
  body: (setup: Setup) => Promise<void> | void,
  permissions?: Deno.PermissionOptions,
): void {
  for (const family of FAMILIES) {
    const title = `${name} (${family.name})`;
    posixTest(title, () => body(setupOf(family)), permissions);
  }
}

/** As `eachPosixFamily`, for a test that waits for a second: both families at once. */
export function bothPosixFamilies(
  name: string,
  body: (setup: Setup) => Promise<void>,
): void {
  posixTest(
    `${name} (IPv4 and IPv6)`,
    async () => void await Promise.all(FAMILIES.map(setupOf).map(body)),
  );
}

/** The bytes of a text. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** The text of the first so many bytes. */
export function text(
  buffer: Uint8Array,
  count: number = buffer.length,
): string {
  return new TextDecoder().decode(buffer.subarray(0, count));
}

/** Waits until the kernel has done what it does by itself, with a bound. */
export async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 10_000; turn++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error("the condition never held");
}
