import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  AddrInfoError,
  codeOf,
  errnoOf,
  type ErrnoOs,
  gaiStrerror,
  SOCKET_ERROR_KINDS,
  SocketError,
  socketError,
  strerror,
} from "@berkeley/sockets/errors";
import { IS_DENO } from "../_runtime.ts";
import { hasProgram } from "../_programs.ts";

for (const Kind of SOCKET_ERROR_KINDS) {
  for (const code of Kind.codes) {
    Deno.test(`socketError("${code}") makes a ${Kind.name}`, () => {
      const cause = new Error("below");
      const addr: Deno.NetAddr = { transport: "tcp", hostname: "::1", port: 1 };
      const error = socketError(code, {
        action: "do it",
        syscall: "connect",
        localAddr: addr,
        remoteAddr: addr,
        cause,
      });
      assert(error instanceof Kind && error instanceof SocketError);
      assert(error instanceof Error);
      const base = Object.getPrototypeOf(Kind);
      assert(error instanceof base);
      if (!IS_DENO) assertEquals(base, SocketError);
      else if (base !== SocketError) assert(base.name in Deno.errors);
      assertEquals(error.name, Kind.name);
      assertEquals(error.code, code);
      assertEquals(error.errno, errnoOf(code));
      assertEquals(error.syscall, "connect");
      assertEquals([error.localAddr, error.remoteAddr], [addr, addr]);
      assertEquals(error.cause, cause);
      assertStringIncludes(error.message, "Cannot do it: ");
      assert(error.message.endsWith(` (${code})`));
      for (const Other of SOCKET_ERROR_KINDS) {
        assertEquals(error instanceof Other, Other === Kind, Other.name);
      }
    });
  }
}

Deno.test("socketError() of a code without a kind is a plain SocketError", () => {
  const error = socketError("ENOBUFS", { action: "send" });
  assertEquals(Object.getPrototypeOf(error), SocketError.prototype);
  assertEquals(
    error.message,
    "Cannot send: no buffer space available (ENOBUFS)",
  );
  assert(!("cause" in error) && !("syscall" in error));
});

Deno.test("a user's own subclass tells its instances from other SocketErrors", () => {
  class Mine extends SocketError {}
  assert(new Mine("mine", "EIO") instanceof Mine);
  assert(new Mine("mine", "EIO") instanceof SocketError);
  assert(!(socketError("EIO", { action: "x" }) instanceof Mine));
  for (const other of [null, undefined, 1, "EIO", {}, new Error("EIO")]) {
    assert(!(other instanceof SocketError));
  }
});

Deno.test("instanceof narrows to the class that it names, subclasses included", () => {
  class Mine extends SocketError {
    readonly mine = 1;
  }
  const own = (error: unknown): number | undefined =>
    error instanceof Mine
      ? error.mine
      : error instanceof SocketError
      ? error.errno
      : undefined;
  assertEquals(own(new Mine("mine", "EIO")), 1);
  assertEquals(own(new SocketError("EIO", "EIO", { errno: 5 })), 5);
  assertEquals(own(new Error("EIO")), undefined);
});

Deno.test("errors read well in the console, with code and cause", () => {
  const error = socketError("ECONNREFUSED", {
    action: "connect to 127.0.0.1:1",
    syscall: "connect",
    cause: new Error("below"),
  });
  const shown = Deno.inspect(error);
  assertStringIncludes(
    shown,
    "ConnectionRefusedError: Cannot connect to 127.0.0.1:1: connection refused (ECONNREFUSED)",
  );
  const plain = shown.replaceAll("'", '"'); // as Node quotes
  for (const part of ['code: "ECONNREFUSED"', 'syscall: "connect"', "below"]) {
    assertStringIncludes(plain, part);
  }
});

Deno.test("AddrInfoError names what was looked up", () => {
  const cases = [
    [{}, "Cannot look up an address: "],
    [{ service: "x" }, 'Cannot look up service "x": '],
    [{ hostname: "h" }, 'Cannot look up "h": '],
    [{ hostname: "h", service: "x" }, 'Cannot look up "h" with service "x": '],
  ] as const;
  for (const [init, start] of cases) {
    const error = new AddrInfoError("EAI_AGAIN", init);
    assertEquals(
      error.message,
      `${start}temporary failure in name resolution (EAI_AGAIN)`,
    );
    assertEquals([error.name, error.code], ["AddrInfoError", "EAI_AGAIN"]);
    assertEquals({ ...init }, {
      ...(error.hostname ? { hostname: error.hostname } : {}),
      ...(error.service ? { service: error.service } : {}),
    });
  }
});

const SYSTEMS: [ErrnoOs, string, number][] = [
  ["linux", "EAGAIN", 11],
  ["darwin", "EAGAIN", 35],
  ["windows", "EAGAIN", 10035],
  ["linux", "ETIMEDOUT", 110],
  ["darwin", "ETIMEDOUT", 60],
  ["windows", "ETIMEDOUT", 10060],
  ["linux", "EHOSTUNREACH", 113],
  ["darwin", "EHOSTUNREACH", 65],
  ["windows", "EHOSTUNREACH", 10065],
];

for (const [os, code, errno] of SYSTEMS) {
  Deno.test(`${code} is ${errno} on ${os}, both ways`, () => {
    assertEquals(errnoOf(code, os), errno);
    assertEquals(codeOf(errno, os), code);
  });
}

Deno.test("codes and numbers that there are not are undefined", () => {
  assertEquals(errnoOf("EPIPE", "windows"), undefined);
  assertEquals(errnoOf("toString"), undefined);
  assertEquals([codeOf(0), codeOf(99_999)], [undefined, undefined]);
  assertEquals(strerror(99_999), "unknown error 99999");
  assertEquals(
    strerror(111) === "connection refused",
    Deno.build.os === "linux",
  );
});

Deno.test({
  name: "the table for Linux says what this system's C library says",
  ignore: Deno.build.os !== "linux" || !hasProgram("python3"),
  async fn() {
    const script = `import errno, os, json
print(json.dumps({name: [number, os.strerror(number)] for number, name in errno.errorcode.items()}))`;
    const { stdout } = await new Deno.Command("python3", {
      args: ["-c", script],
      env: { LC_ALL: "C" },
    }).output();
    const system: Record<string, [number, string]> = JSON.parse(
      new TextDecoder().decode(stdout),
    );
    let compared = 0;
    for (const [code, [number, text]] of Object.entries(system)) {
      if (strerror(code).startsWith("unknown error")) continue;
      compared++;
      assertEquals(errnoOf(code, "linux"), number, code);
      assertEquals(strerror(code), text.toLowerCase(), code);
    }
    assert(compared > 45, `only ${compared} codes were compared`);
  },
});

Deno.test("gaiStrerror() has a text for each code", () => {
  for (
    const code of [
      "BADFLAGS",
      "NONAME",
      "AGAIN",
      "FAIL",
      "NODATA",
      "FAMILY",
      "SOCKTYPE",
      "SERVICE",
      "ADDRFAMILY",
      "MEMORY",
      "SYSTEM",
      "OVERFLOW",
    ]
  ) {
    assert(!gaiStrerror(`EAI_${code}`).startsWith("unknown"), code);
  }
  assertEquals(gaiStrerror("EAI_WHAT"), "unknown error EAI_WHAT");
});
