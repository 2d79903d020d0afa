import { isError } from "../internal/runtime/error_class.ts";
import { isOfTls, tlsFailure } from "./_tls.ts";
import { AddrInfoError } from "./addr_info_error.ts";
import { codeOf, strerror } from "./errno.ts";
import { SOCKET_ERROR_KINDS } from "./kinds.ts";
import { socketError } from "./make_error.ts";
import {
  addContext,
  SocketError,
  type SocketErrorContext,
} from "./socket_error.ts";

/** How one shape of foreign error is recognised, and which code it has with us. */
interface Row {
  /** Whether the row is about this error. */
  is(error: ForeignError): boolean;
  /** The code, or undefined where the row cannot tell after all. */
  code(error: ForeignError): string | undefined;
  /** The state for the message, where the code's own text says too little. */
  reason?(error: ForeignError): string | undefined;
}

/** What errors of the runtime may have; none has all. */
type ForeignError = Error & { code?: unknown; errno?: unknown };

/** The look-up that `Deno.connect` and `Deno.listen` do by themselves. */
const LOOKUP = "failed to lookup address information";

/** Node names codes of look-ups in its own way. */
const NODE_LOOKUP: ReadonlyMap<string, string> = new Map([
  ["ENOTFOUND", "EAI_NONAME"],
  ["ENODATA", "EAI_NODATA"],
]);

/** Windows reports a failed look-up by a number of Winsock's, behind codes such as ENOENT. */
const WINSOCK_LOOKUP: ReadonlyMap<string, string> = new Map([
  ["11001", "EAI_NONAME"], // WSAHOST_NOT_FOUND
  ["11002", "EAI_AGAIN"], // WSATRY_AGAIN
  ["11003", "EAI_FAIL"], // WSANO_RECOVERY
  ["11004", "EAI_NODATA"], // WSANO_DATA
]);

/**
 * Deno names its classes after the state; some of them carry no code. If kinds share
 * a class, the first of them has it.
 */
const CODE_OF_CLASS = new Map<string, string>(
  SOCKET_ERROR_KINDS.toReversed().flatMap((kind) => {
    const base = Object.getPrototypeOf(kind).name;
    return base === "SocketError" ? [] : [[base, kind.codes[0]]];
  }),
);

/** The number in "Connection refused (os error 111)", in digits. */
function osErrorNumber({ message }: Error): string | undefined {
  return /\(os error (\d+)\)/.exec(message)?.[1];
}

function osErrorCode(error: Error): string | undefined {
  const number = osErrorNumber(error);
  return number === undefined ? undefined : codeOf(Number(number));
}

/** What the runtime's missing permission is called on the command line. */
function missingFlag({ message }: Error): string {
  const flag = /--allow-[a-z]+/.exec(message)?.[0] ?? "--allow-net";
  const what = /Requires (.+? access to .+?), run again/.exec(message)?.[1];
  return what === undefined
    ? `run again with ${flag}`
    : `${what} is not permitted; run again with ${flag}`;
}

/**
 * Every shape of error that the runtime's socket calls are known to have, in the
 * order in which they are tried.
 */
const ROWS: readonly Row[] = [
  { // Deno.connect and the like, started without the permission
    is: (error) => isError(error, "NotCapable"),
    code: () => "ENOTCAPABLE",
    reason: missingFlag,
  },
  { // TLS, over Deno's API and node:tls
    is: isOfTls,
    code: (error) => tlsFailure(error)?.code,
    reason: (error) => tlsFailure(error)?.reason,
  },
  { // use after close: no code; a listener's pending accept has it too
    is: (error) => isError(error, "BadResource"),
    code: () => "EBADF",
  },
  { // what is pending when the runtime's own close() is called
    is: (error) =>
      isError(error, "Interrupted") &&
      error.message === "operation canceled",
    code: () => "EBADF",
  },
  { // node:net and node:dgram, of a socket that was closed
    is: ({ code }) =>
      code === "ERR_SOCKET_CLOSED" || code === "ERR_STREAM_DESTROYED" ||
      code === "ERR_SERVER_NOT_RUNNING" ||
      code === "ERR_SOCKET_DGRAM_NOT_RUNNING",
    code: () => "EBADF",
  },
  { // node:net, written after its own end()
    is: ({ code }) => code === "ERR_STREAM_WRITE_AFTER_END",
    code: () => "EPIPE",
  },
  { // node:dgram reports some errors of the kernel as UNKNOWN
    is: ({ code }) => code === "UNKNOWN",
    code: (error) =>
      osErrorCode(error) ??
        (typeof error.errno === "number"
          ? codeOf(Math.abs(error.errno))
          : undefined),
  },
  { // Deno's classes and Node's errors that carry a code of errno.h
    is: ({ code }) => typeof code === "string" && /^E[A-Z0-9]+$/.test(code),
    code: ({ code }) => code as string,
  },
  { // a number of the kernel in the text of an error without a code
    is: (error) => osErrorCode(error) !== undefined,
    code: osErrorCode,
  },
  { // Deno's classes that carry none
    is: (error) => CODE_OF_CLASS.has(error.name),
    code: ({ name }) => CODE_OF_CLASS.get(name),
    reason: ({ name, message }) => name === "InvalidData" ? message : undefined,
  },
];

/** The error of a look-up that a call of the runtime did by itself, if it is one. */
function toAddrInfoError(error: ForeignError): AddrInfoError | undefined {
  const winsock = WINSOCK_LOOKUP.get(osErrorNumber(error) ?? "");
  if (winsock !== undefined) {
    return new AddrInfoError(winsock, { cause: error });
  }
  if (error.message.startsWith(LOOKUP)) {
    const again = /temporary|try again/i.test(error.message);
    return new AddrInfoError(again ? "EAI_AGAIN" : "EAI_NONAME", {
      cause: error,
    });
  }
  // An empty or malformed host name, which Deno.connect calls a URIError.
  if (error instanceof URIError) {
    return new AddrInfoError("EAI_NONAME", {
      reason: error.message,
      cause: error,
    });
  }
  const { code, hostname } = error as ForeignError & { hostname?: unknown };
  const eai = typeof code !== "string"
    ? undefined
    : /^EAI_[A-Z]+$/.test(code)
    ? code
    : NODE_LOOKUP.get(code);
  if (eai === undefined) return undefined;
  return new AddrInfoError(eai, {
    hostname: typeof hostname === "string" ? hostname : undefined,
    cause: error,
  });
}

/** Whether the error is about how the call was made, or is the caller's own. */
function isForTheCaller(error: Error): boolean {
  return error instanceof TypeError || error instanceof RangeError ||
    error instanceof SyntaxError || error instanceof DOMException;
}

/**
 * Makes one of our errors from whatever the runtime threw.
 *
 * Errors that are ours already come back themselves; a `SocketError` without
 * addresses takes those of the context, and its action. Misuse (`TypeError`,
 * `RangeError`, `SyntaxError`) and the reason of an aborted signal come back as they
 * are. A look-up that failed becomes an {@linkcode AddrInfoError}. Everything
 * else becomes a {@linkcode SocketError} with the foreign error as its `cause`.
 *
 * @example Calling the runtime directly
 * ```ts
 * import { toSocketError } from "@berkeley/sockets/errors";
 * import { assertEquals } from "@std/assert";
 *
 * const foreign = new Deno.errors.AddrInUse("Address already in use");
 * const error = toSocketError(foreign, { action: "listen on 127.0.0.1:80" });
 * assertEquals(
 *   error.message,
 *   "Cannot listen on 127.0.0.1:80: address already in use (EADDRINUSE)",
 * );
 * assertEquals(error.cause, foreign);
 * ```
 */
export function toSocketError(
  error: unknown,
  context: SocketErrorContext & {
    /** What stands in the message instead of the error's own state. */
    reason?: string | undefined;
  },
): Error {
  if (error instanceof SocketError) addContext(error, context);
  if (error instanceof SocketError || error instanceof AddrInfoError) {
    return error;
  }
  if (error instanceof Error) {
    try {
      return fromForeign(error, context);
    } catch {
      // Its fields are of other types than an error's, or cannot be read.
    }
  }
  return socketError("EIO", {
    ...context,
    reason: textOf(error),
    cause: error,
  });
}

function fromForeign(
  error: Error,
  context: Parameters<typeof toSocketError>[1],
): Error {
  const foreign: ForeignError = error;
  const lookup = toAddrInfoError(foreign);
  if (lookup !== undefined) return lookup;
  for (const row of ROWS) {
    if (!row.is(foreign)) continue;
    const code = row.code(foreign);
    if (code === undefined) continue;
    const reason = context.reason ?? row.reason?.(foreign) ??
      unknownReason(code, foreign);
    return socketError(code, { ...context, reason, cause: error });
  }
  if (isForTheCaller(error)) return error;
  return socketError("EIO", {
    ...context,
    reason: error.message,
    cause: error,
  });
}

/** What was thrown, as text, where it has one. */
function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return "something was thrown that has no text";
  }
}

/** The foreign text, for a code that our tables know nothing of. */
function unknownReason(code: string, error: Error): string | undefined {
  return strerror(code).startsWith("unknown error") ? error.message : undefined;
}
