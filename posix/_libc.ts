import { codeOf, type SocketError, socketError } from "../errors/mod.ts";
import { libcObstacle, libcPaths } from "../internal/runtime/mod.ts";

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  socketpair: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  accept: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "buffer"],
    result: "i32",
  },
  setsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "u32"],
    result: "i32",
  },
  // No call moves 2 GiB, so that the low half of an ssize_t is all of it. A number
  // for a size_t would leave V8's fast calls, which a u32 does not.
  send: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  recv: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  sendto: {
    parameters: ["i32", "buffer", "u32", "i32", "buffer", "u32"],
    result: "i32",
  },
  recvfrom: {
    parameters: ["i32", "buffer", "u32", "i32", "buffer", "buffer"],
    result: "i32",
  },
  sendmsg: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  recvmsg: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  poll: { parameters: ["buffer", "usize", "i32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  // The address of a buffer, and what is at an address: without the runtime's
  // own calls for it, which need FFI access to all libraries, and take longer.
  addressOf: {
    name: "memcpy",
    parameters: ["buffer", "buffer", "u32"],
    result: "usize",
  },
  copyFrom: {
    name: "memcpy",
    parameters: ["buffer", "pointer", "u32"],
    result: "void",
  },
  if_nametoindex: { parameters: ["buffer"], result: "u32" },
  if_indextoname: { parameters: ["u32", "buffer"], result: "pointer" },
} as const;

const LINUX = {
  accept4: { parameters: ["i32", "buffer", "buffer", "i32"], result: "i32" },
  sendmmsg: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  recvmmsg: {
    parameters: ["i32", "buffer", "u32", "i32", "pointer"],
    result: "i32",
  },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  __errno_location: { parameters: [], result: "pointer" },
} as const;

const DARWIN = {
  __error: { parameters: [], result: "pointer" },
} as const;

/** How often sockets are looked at if no thread can wait for them: milliseconds. */
const LOOK_INTERVAL = 10;

/** Calls that wait in a thread. */
const LINUX_THREAD = {
  epoll_wait: {
    parameters: ["i32", "buffer", "i32", "i32"],
    result: "i32",
    nonblocking: true,
  },
} as const;

const DARWIN_THREAD = {
  poll: {
    parameters: ["buffer", "usize", "i32"],
    result: "i32",
    nonblocking: true,
  },
} as const;

/**
 * Apple's arm64 passes variadic arguments on the stack: six that are ignored
 * fill the registers before it.
 */
const FCNTL = Deno.build.os === "darwin" && Deno.build.arch === "aarch64"
  ? {
    parameters: [
      ...["i32", "i32", "i64", "i64", "i64", "i64", "i64", "i64"] as const,
      "i64",
    ],
    result: "i32",
  } as const
  : { parameters: ["i32", "i32", "i64"], result: "i32" } as const;

/** Calls as they are made here: the runtime takes numbers for a size_t, too. */
type Symbols<T extends Deno.ForeignLibraryInterface> = {
  [K in keyof Deno.DynamicLibrary<T>["symbols"]]:
    Deno.DynamicLibrary<T>["symbols"][K] extends (...args: infer A) => infer R
      ? (...args: { [I in keyof A]: A[I] extends bigint ? number : A[I] }) => R
      : never;
};

/** What is loaded. */
export interface Libc {
  /** What every system has. */
  readonly all: Symbols<typeof SYMBOLS>;
  /** What Linux has, on Linux. */
  readonly linux:
    | Symbols<typeof LINUX> & {
      epollWaitInThread: Symbols<typeof LINUX_THREAD>["epoll_wait"];
    }
    | undefined;
  /** What macOS has, on macOS. */
  readonly darwin:
    | Symbols<typeof DARWIN> & {
      pollInThread: Symbols<typeof DARWIN_THREAD>["poll"];
    }
    | undefined;
  /** C's `fcntl` with one number as its argument. */
  fcntl(fd: number, command: number, value: number): number;
  /** The `errno` of this thread: of the call of libc just before. */
  errno(): number;
}

let libc: Libc | undefined;

/** libc, loaded when it is first asked for. */
export function loadLibc(): Libc {
  return libc ??= load();
}

/**
 * The functions of a library that the runtime itself is linked to. The handle is
 * closed at once: an open one is a resource, for which a test with
 * `sanitizeResources` fails if it is the first to use libc. The functions hold
 * what they need, and the library stays in memory. tests/posix/leaks_test.ts watches
 * both (Deno 2.9.6).
 */
function functionsOf<T extends Deno.ForeignLibraryInterface>(
  name: string,
  symbols: T,
): Symbols<T> {
  const library = Deno.dlopen(name, symbols);
  library.close();
  return library.symbols as unknown as Symbols<T>;
}

/**
 * The same for functions that are called in a thread. Their handle is needed for
 * each call, unless they are called by address, which requires full FFI access.
 */
function inThread<T extends Record<string, ThreadFunction>>(
  name: string,
  symbols: T,
): Symbols<T> {
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") {
    return Deno.dlopen(name, symbols).symbols as unknown as Symbols<T>;
  }
  const entries = Object.entries<ThreadFunction>(symbols).map(
    ([symbol, definition]) => {
      const library = Deno.dlopen(name, { [symbol]: { type: "pointer" } });
      const address = library.symbols[symbol] as Deno.PointerObject<never>;
      library.close();
      return [symbol, callAt(new Deno.UnsafeFnPointer(address, definition))];
    },
  );
  return Object.fromEntries(entries) as Symbols<T>;
}

type ThreadFunction = Deno.ForeignFunction<
  readonly Deno.NativeType[],
  "i32",
  true
>;

/**
 * Calls by address. If the program has revoked its FFI access in the meantime, the
 * runtime refuses: then the sockets that are open are looked at now and then.
 */
function callAt(
  pointer: Deno.UnsafeFnPointer<ThreadFunction>,
): (...args: never[]) => Promise<number> {
  return async (...args) => {
    try {
      return await pointer.call(...args);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotCapable)) throw error;
      return await new Promise((resolve) =>
        setTimeout(() => resolve(0), LOOK_INTERVAL)
      );
    }
  };
}

function load(): Libc {
  const action = "load libc";
  const fault = libcObstacle();
  if (fault !== undefined) {
    throw socketError(fault.code, { action, reason: fault.reason });
  }
  const paths = libcPaths();
  let reason = "";
  let cause: unknown;
  for (const path of paths) {
    try {
      return open(path);
    } catch (error) {
      cause ??= error;
      reason ||= `${path} lacks what it needs: ${(error as Error).message}`;
    }
  }
  throw socketError("ENOTSUP", { action, reason, cause });
}

function open(path: string): Libc {
  const isLinux = Deno.build.os === "linux";
  const all = functionsOf(path, SYMBOLS);
  const { fcntl } = functionsOf(path, { fcntl: FCNTL });
  const linux = isLinux
    ? {
      ...functionsOf(path, LINUX),
      epollWaitInThread: inThread(path, LINUX_THREAD).epoll_wait,
    }
    : undefined;
  const darwin = isLinux ? undefined : {
    ...functionsOf(path, DARWIN),
    pollInThread: inThread(path, DARWIN_THREAD).poll,
  };
  const location = linux?.__errno_location() ?? darwin!.__error();
  const errno = new Int32Array(1);
  const call = fcntl as unknown as (...args: number[]) => number;
  return {
    all,
    linux,
    darwin,
    fcntl: FCNTL.parameters.length === 3
      ? call
      : (fd, command, value) => call(fd, command, 0, 0, 0, 0, 0, 0, value),
    errno() {
      all.copyFrom(errno, location, errno.byteLength);
      return errno[0]!;
    },
  };
}

/** The error of a call that has just failed. */
export function lastError(action: string, syscall: string): SocketError {
  const errno = loadLibc().errno();
  return socketError(codeOf(errno) ?? `E${errno}`, { action, syscall, errno });
}
