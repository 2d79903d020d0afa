import { assertEquals, assertInstanceOf } from "@std/assert";
import { SocketError, socketError } from "../../../errors/mod.ts";
import { openingError } from "../../../internal/backends/mod.ts";

const localAddr = {
  transport: "tcp",
  hostname: "127.0.0.1",
  port: 80,
} as const;
const CONTEXT = { action: "listen on 127.0.0.1:80", localAddr };

const foreign = (code: string) =>
  Object.assign(new Error(`failed with ${code}`), { code });

const CASES: [
  error: Error,
  last: "bind" | "listen",
  code: string,
  syscall: string,
][] = [
  [foreign("EMFILE"), "listen", "EMFILE", "socket"],
  [foreign("EMFILE"), "bind", "EMFILE", "socket"],
  [foreign("EADDRINUSE"), "listen", "EADDRINUSE", "bind"],
  [foreign("EACCES"), "listen", "EACCES", "bind"],
  [new Deno.errors.AddrInUse("taken"), "bind", "EADDRINUSE", "bind"],
  [new Error("no room (os error 24)"), "listen", "EMFILE", "socket"],
  [foreign("EIO"), "listen", "EIO", "listen"],
  [foreign("EIO"), "bind", "EIO", "bind"],
];

for (const [error, last, code, syscall] of CASES) {
  Deno.test(`openingError() of "${error.message}" up to ${last} names ${syscall}`, () => {
    const made = openingError(error, CONTEXT, last);
    assertInstanceOf(made, SocketError);
    assertEquals([made.code, made.syscall], [code, syscall]);
    assertEquals([made.cause, made.localAddr], [error, localAddr]);
    assertEquals(
      made.message.startsWith("Cannot listen on 127.0.0.1:80: "),
      true,
    );
  });
}

Deno.test("openingError() adds context to an error of ours, and keeps its call", () => {
  const error = socketError("EINVAL", {
    action: "set SO_RCVBUF",
    syscall: "setsockopt",
  });
  assertEquals(openingError(error, CONTEXT, "listen"), error);
  assertEquals([error.syscall, error.localAddr], ["setsockopt", localAddr]);
});
