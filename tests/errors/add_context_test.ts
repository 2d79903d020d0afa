import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import {
  type SocketError,
  socketError,
  toSocketError,
} from "@berkeley/sockets/errors";

const localAddr = { transport: "tcp", hostname: "::1", port: 1 } as const;
const remoteAddr = { transport: "tcp", hostname: "::1", port: 2 } as const;
const READ = { action: "read from [::1]:2", syscall: "read" } as const;

Deno.test("toSocketError() adds addresses and action to an error of ours in place", () => {
  const error = socketError("ECONNRESET", {
    action: "receive",
    syscall: "recv",
    errno: 104,
  });
  const context = { ...READ, localAddr, remoteAddr };
  const same = toSocketError(error, context) as SocketError;
  assertStrictEquals(same, error);
  assert(same.message.startsWith("Cannot read from [::1]:2: "));
  assert(same.message.endsWith("(ECONNRESET)"));
  assertEquals([same.syscall, same.errno], ["read", 104]);
  assertEquals([same.localAddr, same.remoteAddr], [localAddr, remoteAddr]);
  assert(same.stack!.includes(`: ${same.message}\n`));
  assert(!Object.keys(same).includes("message"));
});

Deno.test("toSocketError() adds nothing to an error that names an address", () => {
  const own = { action: "connect to [::1]:2", syscall: "connect", remoteAddr };
  const error = socketError("ECONNREFUSED", own);
  const { message } = error;
  toSocketError(error, { ...READ, localAddr });
  assertEquals([error.message, error.syscall], [message, "connect"]);
  assertEquals([error.localAddr, error.remoteAddr], [undefined, remoteAddr]);
});

Deno.test("toSocketError() keeps which option could not be set", () => {
  const own = { action: "set TCP_MAXSEG", syscall: "setsockopt" };
  const error = socketError("EINVAL", own);
  const { message } = error;
  toSocketError(error, { ...READ, remoteAddr });
  assertEquals([error.message, error.syscall], [message, "setsockopt"]);
  assertEquals(error.remoteAddr, remoteAddr);
});

Deno.test("toSocketError() keeps text in an action that a pattern would replace", () => {
  const error = socketError("EIO", { action: "send $& to $1", reason: "a: b" });
  toSocketError(error, { action: "send $& to x", remoteAddr });
  assertEquals(error.message, "Cannot send $& to x: a: b (EIO)");
});

Deno.test("toSocketError() replaces the state of an error by a reason", () => {
  const context = {
    action: "send to [::1]:2",
    remoteAddr,
    reason: "it is (so)",
  };
  const message = "Cannot send to [::1]:2: it is (so) (EACCES)";
  const own = socketError("EACCES", { action: "send 1 bytes to [::1]:2" });
  assertEquals(toSocketError(own, context).message, message);
  const foreign = Object.assign(new Error("no"), { code: "EACCES" });
  assertEquals(toSocketError(foreign, context).message, message);
});
