import { socketError } from "../errors/mod.ts";
import {
  isError,
  isGranted,
  libcObstacle,
  libcPaths,
  MACHINE,
} from "../internal/runtime/mod.ts";
import { IS_LINUX } from "./_platform.ts";

/** Functions that return an `int`, by their parameters. */
const CALLS = {
  socket: ["i32", "i32", "i32"],
  socketpair: ["i32", "i32", "i32", "buffer"],
  bind: ["i32", "buffer", "u32"],
  listen: ["i32", "i32"],
  accept: ["i32", "buffer", "buffer"],
  connect: ["i32", "buffer", "u32"],
  getsockname: ["i32", "buffer", "buffer"],
  getpeername: ["i32", "buffer", "buffer"],
  getsockopt: ["i32", "i32", "i32", "buffer", "buffer"],
  setsockopt: ["i32", "i32", "i32", "buffer", "u32"],
  // No call moves 2 GiB, so that the low half of an ssize_t is all of it. A number
  // for a size_t would leave V8's fast calls, which a u32 does not. The runtime
  // fills the other half of the register with zeros, which
  // tests/posix/layout_test.ts watches (Deno 2.9.6).
  send: ["i32", "buffer", "u32", "i32"],
  recv: ["i32", "buffer", "u32", "i32"],
  sendto: ["i32", "buffer", "u32", "i32", "buffer", "u32"],
  recvfrom: ["i32", "buffer", "u32", "i32", "buffer", "buffer"],
  sendmsg: ["i32", "buffer", "i32"],
  recvmsg: ["i32", "buffer", "i32"],
  shutdown: ["i32", "i32"],
  close: ["i32"],
  poll: ["buffer", "u32", "i32"],
  write: ["i32", "buffer", "u32"],
  read: ["i32", "buffer", "u32"],
} as const;

/** The same of Linux. */
const LINUX_CALLS = {
  accept4: ["i32", "buffer", "buffer", "i32"],
  sendmmsg: ["i32", "buffer", "u32", "i32"],
  recvmmsg: ["i32", "buffer", "u32", "i32", "pointer"],
  epoll_create1: ["i32"],
  epoll_ctl: ["i32", "i32", "i32", "buffer"],
  epoll_wait: ["i32", "buffer", "i32", "i32"],
  eventfd: ["u32", "i32"],
} as const;

/**
 * Apple's arm64 passes variadic arguments on the stack: six that are ignored
 * fill the registers before it.
 */
const IS_VARIADIC = !IS_LINUX && MACHINE === "aarch64";
const IGNORED = IS_VARIADIC ? new Array(6).fill("i64") : [];

/** All others. */
const OTHERS = {
  fcntl: { parameters: ["i32", "i32", ...IGNORED, "i64"], result: "i32" },
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
  [IS_LINUX ? "__errno_location" : "__error"]: {
    parameters: [],
    result: "pointer",
  },
};

/** Functions that return an `int`, as they are called. */
type Calls<T extends Record<string, readonly Deno.NativeType[]>> = {
  readonly [K in keyof T]: (
    ...args: Deno.ToNativeParameterTypes<T[K]>
  ) => number;
};

/** How often sockets are looked at if no thread can wait for them: milliseconds. */
const LOOK_INTERVAL = 10;

/** A call of libc that waits in a thread. */
export type InThread = (
  ...args: (number | BufferSource)[]
) => Promise<number>;

/** What is loaded. */
export interface Libc extends Calls<typeof CALLS>, Calls<typeof LINUX_CALLS> {
  /** C's `fcntl` with one number as its argument. */
  fcntl(fd: number, command: number, value: number): number;
  /** Returns the address of a buffer, which is given twice, and 0. */
  addressOf(buffer: BufferSource, same: BufferSource, size: 0): number | bigint;
  if_nametoindex(name: BufferSource): number;
  if_indextoname(index: number, name: BufferSource): unknown;
  /** `epoll_wait` of Linux, `poll` of macOS. */
  readonly waitInThread: InThread;
  /** The `errno` of this thread: of the call of libc just before. */
  errno(): number;
}

let libc: Libc | undefined;

/** libc, loaded when it is first asked for. */
export function loadLibc(): Libc {
  return libc ??= load();
}

/** The declaration of functions that return an `int`. */
function intFunctions(
  calls: Readonly<Record<string, readonly Deno.NativeType[]>>,
): Deno.ForeignLibraryInterface {
  return Object.fromEntries(
    Object.entries(calls).map((
      [name, parameters],
    ) => [name, { parameters, result: "i32" }]),
  );
}

/**
 * A call in a thread. Its handle of libc is needed for each call, unless it is
 * called by address, which requires full FFI access.
 */
function inThread(path: string, name: "epoll_wait" | "poll"): InThread {
  const parameters: readonly Deno.NativeType[] =
    { ...CALLS, ...LINUX_CALLS }[name];
  const definition = { parameters, result: "i32", nonblocking: true } as const;
  if (!isGranted({ name: "ffi" })) {
    return Deno.dlopen(path, { [name]: definition }).symbols[name] as InThread;
  }
  const library = Deno.dlopen(path, { [name]: { type: "pointer" } });
  const address = library.symbols[name] as Deno.PointerObject<never>;
  library.close();
  const pointer = new Deno.UnsafeFnPointer(address, definition);
  return async (...args) => {
    try {
      return await pointer.call(...args as never[]);
    } catch (error) {
      // The program has revoked its FFI access in the meantime: the sockets that
      // are open are looked at now and then.
      if (!isError(error, "NotCapable")) throw error;
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
  let reason = "";
  let cause: unknown;
  for (const path of libcPaths()) {
    try {
      return open(path);
    } catch (error) {
      cause ??= error;
      reason ||= `${path} lacks what it needs: ${(error as Error).message}`;
    }
  }
  throw socketError("ENOTSUP", { action, reason, cause });
}

/**
 * Loads the library, to which the runtime itself is linked. The handle is closed at
 * once: an open one is a resource, for which a test with `sanitizeResources` fails if
 * it is the first to use libc. The functions hold what they need, and the library
 * stays in memory. tests/posix/leaks_test.ts watches both (Deno 2.9.6).
 */
function open(path: string): Libc {
  const library = Deno.dlopen(path, {
    ...intFunctions(CALLS),
    ...IS_LINUX ? intFunctions(LINUX_CALLS) : {},
    ...OTHERS as Deno.ForeignLibraryInterface,
  });
  library.close();
  // deno-lint-ignore no-explicit-any -- the tables above have the types
  const symbols = library.symbols as any;
  const location = (symbols.__errno_location ?? symbols.__error)();
  const errno = new Int32Array(1);
  return {
    ...symbols,
    fcntl: (fd, command, value) =>
      symbols.fcntl(fd, command, ...IGNORED.map(() => 0), value),
    waitInThread: inThread(path, IS_LINUX ? "epoll_wait" : "poll"),
    errno() {
      symbols.copyFrom(errno, location, errno.byteLength);
      return errno[0]!;
    },
  } satisfies Libc;
}
