/**
 * Fuzzes the mapping of foreign errors: whatever was thrown, one of our errors
 * comes out, or what was the caller's own.
 *
 * @module
 */
import {
  AddrInfoError,
  errnoOf,
  SocketError,
  socketError,
  toSocketError,
} from "@berkeley/sockets/errors";
import { assert, assertEquals } from "@std/assert";
import type { Random } from "../_random.ts";
import type { FuzzTarget } from "./_target.ts";

const CLASSES = [
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  URIError,
  Deno.errors.AddrInUse,
  Deno.errors.BadResource,
  Deno.errors.ConnectionReset,
  Deno.errors.Interrupted,
  Deno.errors.NotCapable,
  Deno.errors.PermissionDenied,
  Deno.errors.TimedOut,
  Deno.errors.Http,
] as const;

const MESSAGES = [
  "",
  "operation canceled",
  "Connection refused (os error 111)",
  "what (os error 99999999999999999999)",
  "failed to lookup address information: Temporary failure",
  "failed to lookup address information",
  "send UNKNOWN 192.0.2.1:9",
  'Requires net access to "192.0.2.1:9", run again with the --allow-net flag',
  "\0\ud800",
];

/** Values for the fields that foreign errors have, and some they should not. */
const VALUES: readonly unknown[] = [
  undefined,
  null,
  0,
  -111,
  111,
  NaN,
  1e300,
  "",
  "UNKNOWN",
  "ECONNREFUSED",
  "EWHATEVER",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EAI_",
  "ERR_SOCKET_CLOSED",
  "ERR_OTHER",
  "__proto__",
  "constructor",
  "toString",
  Symbol("code"),
  10n,
  {},
  [],
  () => {},
];

const FIELDS = ["code", "errno", "hostname", "message", "name", "cause"];

function anyError(random: Random): Error {
  const Class = random.pick(CLASSES);
  const error: Error = random.next() < 0.1
    ? new DOMException(random.pick(MESSAGES), "AbortError")
    : new Class(random.pick(MESSAGES));
  for (let n = random.integer(0, 3); n > 0; n--) {
    const field = random.pick(FIELDS);
    const value = random.pick(VALUES);
    const hasGetter = random.next() < 0.1;
    try {
      Object.defineProperty(
        error,
        field,
        hasGetter
          ? {
            get() {
              throw new Error("a getter that throws");
            },
          }
          : { value, configurable: true },
      );
    } catch {
      // The class keeps the field to itself.
    }
  }
  return error;
}

function anyThrown(random: Random): unknown {
  const kind = random.next();
  if (kind < 0.8) return anyError(random);
  if (kind < 0.9) return random.pick(VALUES);
  return random.pick([
    Object.create(null),
    new Proxy({}, {}),
    { message: "no Error", code: "ECONNRESET" },
    socketError("ECONNRESET", { action: "go on" }),
    new AddrInfoError("EAI_NONAME"),
  ]);
}

function once(random: Random): string {
  const thrown = anyThrown(random);
  const error = toSocketError(thrown, { action: "go on", syscall: "connect" });
  if (Object.is(error, thrown)) {
    const isForTheCaller = [
      SocketError,
      AddrInfoError,
      TypeError,
      RangeError,
      SyntaxError,
      DOMException,
    ].some((Class) => error instanceof Class);
    assert(isForTheCaller, Deno.inspect(thrown));
    return "passed on";
  }
  assert(Object.is(error.cause, thrown), Deno.inspect(thrown));
  if (error instanceof AddrInfoError) {
    assert(/^EAI_[A-Z]+$/.test(error.code), error.code);
    assert(error.message.endsWith(`(${error.code})`), error.message);
    return "a look-up";
  }
  assert(error instanceof SocketError, Deno.inspect(thrown));
  assert(/^E[A-Z0-9]+$/.test(error.code), error.code);
  assertEquals(error.errno, errnoOf(error.code));
  assertEquals(error.syscall, "connect");
  const { message, code } = error;
  assert(message.startsWith("Cannot go on: "), message);
  assert(message.endsWith(` (${code})`), message);
  assert(Deno.inspect(error).length > 0);
  return "a socket error";
}

/** The fuzzer. */
export const errors: FuzzTarget = {
  name: "errors",
  claim:
    "toSocketError() makes a well-formed error of anything, and never throws",
  tries: 3000,
  outcomes: ["passed on", "a look-up", "a socket error"],
  once,
};
