import {
  assertEquals,
  AssertionError,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";
import { getAvailablePort } from "@std/net";
import map from "../../offline/imports.json" with { type: "json" };
import config from "../../deno.json" with { type: "json" };

Deno.test("every stand-in belongs to a package that deno.json imports from JSR", () => {
  for (const name of Object.keys(map.imports)) {
    const [scope, pkg] = name.split("/");
    const real = (config.imports as Record<string, string>)[`${scope}/${pkg}`];
    assertEquals(real?.startsWith(`jsr:${scope}/${pkg}@`), true, name);
  }
});

// These run with the real packages where JSR answers, and so prove that the
// stand-ins behave as they do.
Deno.test("assertThrows() fails when nothing is thrown or the class differs", () => {
  assertThrows(() => assertThrows(() => {}), AssertionError);
  assertThrows(
    () =>
      assertThrows(() => {
        throw new TypeError("x");
      }, RangeError),
    AssertionError,
  );
});

Deno.test("assertRejects() returns the reason", async () => {
  const reason = new TypeError("why");
  const got = await assertRejects(
    () => Promise.reject(reason),
    TypeError,
    "wh",
  );
  assertEquals(got === reason, true);
});

Deno.test("assertEquals() compares bytes and nested values", () => {
  assertEquals({ a: [new Uint8Array([1, 2])] }, {
    a: [new Uint8Array([1, 2])],
  });
  assertThrows(() => assertEquals({ a: 1 }, { a: 2 }), AssertionError);
});

const ARGS = [
  { args: [], expected: { help: false, port: "7", name: undefined, _: [] } },
  {
    args: ["-h", "--port=80", "x", "8080"],
    expected: { help: true, port: "80", name: undefined, _: ["x", 8080] },
  },
  {
    args: ["--name", "a", "--port", "1", "--", "--help"],
    expected: { help: false, port: "1", name: "a", _: ["--help"] },
  },
];

for (const { args, expected } of ARGS) {
  Deno.test(`parseArgs() parses ${JSON.stringify(args)}`, () => {
    const parsed = parseArgs(args, {
      boolean: ["help"],
      string: ["port", "name"],
      default: { port: "7" },
      alias: { help: "h" },
    });
    const { help, port, name, _ } = parsed;
    assertEquals({ help, port, name, _ }, expected);
  });
}

Deno.test("parseArgs() with stopEarly keeps all after the first word as it is", () => {
  const options = {
    boolean: ["help"],
    string: ["port"],
    stopEarly: true,
  } as const;
  const args = ["--port", "1", "set", "--help", "007", "--port", "2", "-x"];
  const { port, help, _ } = parseArgs(args, options);
  assertEquals({ port, help, _ }, {
    port: "1",
    help: false,
    _: ["set", "--help", "007", "--port", "2", "-x"],
  });
  assertEquals(parseArgs(["--port", "3"], options).port, "3");
});

Deno.test("parseArgs() asks unknown() of words and undeclared options, and leaves out what it refuses", () => {
  const asked: [string, string | undefined][] = [];
  const { port, _ } = parseArgs(
    ["a", "--port", "1", "--bogus", "-x", "b", "--", "--c"],
    {
      string: ["port"],
      unknown: (arg, key) => {
        asked.push([arg, key]);
        return arg === "a";
      },
    },
  );
  const [first, second, third] = asked;
  assertEquals([first, second, third], [
    ["a", undefined],
    ["--bogus", "bogus"],
    ["-x", "x"],
  ]);
  assertEquals({ port, _: [_[0], _.at(-1)] }, { port: "1", _: ["a", "--c"] });
  assertThrows(() =>
    parseArgs(["--bogus=1"], {
      unknown: (arg) => {
        throw new TypeError(arg);
      },
    }), TypeError);
});

Deno.test("getAvailablePort() gives a port that can be listened on", () => {
  const port = getAvailablePort();
  using listener = Deno.listen({ port });
  assertEquals(listener.addr.port, port);
  const other = getAvailablePort({ preferredPort: port });
  assertEquals(other === port, false);
});
