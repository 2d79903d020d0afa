/**
 * Tests of unix sockets run on each backend and on a simulated host, on a path and on an
 * abstract name.
 *
 * @module
 */
import net from "node:net";
import * as here from "@berkeley/sockets";
import type { Sockets } from "@berkeley/sockets";
import type {
  ConnectUnixOptions,
  ListenUnixOptions,
  ServeUnixOptions,
  UnixBackend,
  UnixCarrier,
  UnixConn,
  UnixHandler,
  UnixListener,
  UnixServer,
} from "@berkeley/sockets/unix";
import { IS_DENO, STREAM_BACKENDS } from "../_runtime.ts";
import { onSimulatedHost } from "../_simulated.ts";

/** The backends that there are. */
export const BACKENDS: readonly UnixBackend[] = STREAM_BACKENDS;

/** A long timeout, for calls that would never end if they failed. */
export const SOON = { timeout: 20_000 };

/** Two ends of a connection, closed at the end of their scope. */
export interface Pair extends AsyncDisposable {
  /** The end that connected. */
  client: UnixConn;
  /** The end that was accepted. */
  server: UnixConn;
}

/** A backend with a folder of its own, and shortcuts to use it. */
export interface Setup {
  /** The backend. */
  backend: UnixCarrier;
  /** A folder, removed after the test. */
  folder: string;
  /** A path in it, or an abstract name. */
  path: string;
  /** Listens on `path`. */
  listen(options?: Partial<ListenUnixOptions>): Promise<UnixListener>;
  /** Serves on `path`. */
  serve(
    options: Partial<ServeUnixOptions>,
    handler: UnixHandler,
  ): Promise<UnixServer>;
  /** Connects to `path`. */
  connect(options?: Partial<ConnectUnixOptions>): Promise<UnixConn>;
  /** Connects two ends. */
  pair(options?: Partial<ConnectUnixOptions>): Promise<Pair>;
}

function setupOf(
  backend: UnixCarrier,
  folder: string,
  path: string,
  host: Sockets = here,
): Setup {
  const where = backend === "simulated" ? { path } : { path, backend };
  const listen = (options = {}) => host.listenUnix({ ...where, ...options });
  const serve = (options = {}, handler: UnixHandler) =>
    host.serveUnix({ ...where, ...options }, handler);
  const connect = (options = {}) =>
    host.connectUnix({ ...where, ...SOON, ...options });
  const pair = async (options = {}) => {
    await using listener = await listen();
    const client = await connect(options);
    const server = await listener.accept(SOON);
    return {
      client,
      server,
      async [Symbol.asyncDispose]() {
        const ends = [client, server];
        await Promise.all(ends.map((end) => end[Symbol.asyncDispose]()));
      },
    };
  };
  return { backend, folder, path, listen, serve, connect, pair };
}

/** Calls `use` with a folder that is removed afterwards. */
export async function withFolder<T>(
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    return await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A new abstract name. */
export function abstractName(): string {
  return `\0berkeley-${crypto.randomUUID()}`;
}

/** What a test of a backend may do. */
function permissionsOf(backend: UnixBackend): Deno.PermissionOptionsObject {
  const files = { net: true, read: true, write: true };
  return backend === "posix" ? { ...files, ffi: true } : files;
}

/** Registers a test of paths for each backend. */
export function eachPath(
  name: string,
  body: (setup: Setup) => Promise<void>,
): void {
  for (const backend of BACKENDS) {
    Deno.test({
      name: `${name}, over ${backend}`,
      ignore: Deno.build.os === "windows",
      permissions: permissionsOf(backend),
      fn: () =>
        withFolder((folder) =>
          body(setupOf(backend, folder, `${folder}/sock`))
        ),
    });
  }
}

/** Registers a test for a path and an abstract name of a simulated host. */
function eachSimulated(
  name: string,
  body: (setup: Setup) => Promise<void>,
): void {
  for (const path of IS_DENO ? ["/run/sock", "\0sock"] : []) {
    const kind = path.startsWith("/") ? "path" : "abstract name";
    Deno.test({
      name: `${name} (${kind}), over simulated`,
      permissions: "none",
      fn: () =>
        onSimulatedHost((host) => body(setupOf("simulated", "", path, host))),
    });
  }
}

/** Whether a socket can have the path of a test, or its abstract name. */
export async function isFree(
  { backend, path, listen }: Setup,
): Promise<boolean> {
  if (backend !== "simulated") return path.startsWith("\0") || !exists(path);
  try {
    await using _listener = await listen();
    return true;
  } catch {
    return false;
  }
}

/** Registers a test for each backend on a path, and on an abstract name. */
export function eachName(
  name: string,
  body: (setup: Setup) => Promise<void>,
): void {
  eachPath(`${name} (path)`, body);
  eachSimulated(name, body);
  for (const backend of BACKENDS) {
    Deno.test({
      name: `${name} (abstract name), over ${backend}`,
      ignore: Deno.build.os !== "linux",
      permissions: { net: true, ffi: backend === "posix" },
      fn: () => body(setupOf(backend, "", abstractName())),
    });
  }
}

/** Whether something has a path. */
export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Leaves a socket on a path that nobody listens on, as a killed program does. */
export function leaveStale(path: string): void {
  const listener = IS_DENO
    ? Deno.listen({ transport: "unix", path })
    : net.createServer().listen(path);
  Deno.renameSync(path, `${path}-kept`); // the runtime removes what has the path
  listener.close();
  Deno.renameSync(`${path}-kept`, path);
}
