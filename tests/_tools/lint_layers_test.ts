import { assertEquals, assertStringIncludes } from "@std/assert";
import plugin, {
  type ImportKind,
  layerFault,
} from "../../_tools/lint_layers.ts";

const ROOT = new URL("../../", import.meta.url);
const at = (path: string) => new URL(path, ROOT).href;

const CASES: [string, string, ImportKind, string | undefined][] = [
  ["tcp/conn.ts", "./_race.ts", "value", undefined],
  ["tcp/conn.ts", "../errors/mod.ts", "value", undefined],
  ["tcp/conn.ts", "../internal/wait/mod.ts", "type", undefined],
  [
    "tcp/conn.ts",
    "../internal/wait/options.ts",
    "value",
    "internal/wait/mod.ts",
  ],
  ["internal/wait/fair.ts", "../libc/mod.ts", "value", "imports go down"],
  ["udp/bind.ts", "../internal/hosts/mod.ts", "value", undefined],
  [
    "resolve/resolve.ts",
    "../internal/hosts/mod.ts",
    "value",
    "imports go down",
  ],
  ["tcp/conn.ts", "../udp/mod.ts", "value", "imports go down"],
  ["tcp/conn.ts", "../stream/mod.ts", "value", undefined],
  ["tcp/_transport.ts", "../stream/_seam.ts", "type", undefined],
  ["tcp/conn.ts", "../stream/_check.ts", "value", "through stream/mod.ts"],
  ["udp/socket.ts", "../stream/_seam.ts", "type", "through stream/mod.ts"],
  ["tcp/_node_listener.ts", "../stream/_node_seam.ts", "value", undefined],
  ["tcp/_posix_transport.ts", "../stream/_posix_seam.ts", "value", undefined],
  [
    "udp/_node_transport.ts",
    "../stream/_node_seam.ts",
    "type",
    "stream/mod.ts",
  ],
  ["stream/conn.ts", "../tcp/mod.ts", "type", "imports go down"],
  ["unix/conn.ts", "../stream/mod.ts", "value", undefined],
  ["unix/_transport.ts", "../stream/_seam.ts", "type", undefined],
  ["unix/conn.ts", "../tcp/mod.ts", "value", "imports go down"],
  ["tcp/conn.ts", "../unix/mod.ts", "type", "imports go down"],
  ["tls/connect.ts", "../tcp/mod.ts", "value", undefined],
  ["tls/connect.ts", "../tcp/_race.ts", "value", "through tcp/mod.ts"],
  ["tls/start.ts", "../unix/mod.ts", "type", "imports go down"],
  ["tls/start.ts", "../udp/mod.ts", "type", "imports go down"],
  ["tls/_transport.ts", "../stream/_seam.ts", "value", undefined],
  ["tcp/conn.ts", "../tls/mod.ts", "type", "imports go down"],
  ["testing/certificate.ts", "../tls/mod.ts", "value", undefined],
  ["testing/pair.ts", "../unix/mod.ts", "value", undefined],
  ["testing/pair.ts", "../stream/_seam.ts", "type", undefined],
  ["testing/pair.ts", "../posix/mod.ts", "value", "imports go down"],
  ["tls/connect.ts", "../testing/mod.ts", "value", "imports go down"],
  ["proxy/socks5.ts", "../tcp/_proxied.ts", "value", undefined],
  ["proxy/socks5.ts", "../tcp/_transport.ts", "type", "through tcp/mod.ts"],
  ["proxy/mod.ts", "../udp/mod.ts", "type", "imports go down"],
  ["tcp/connect.ts", "../proxy/mod.ts", "dynamic", "imports go down"],
  ["tls/connect.ts", "../tcp/_proxied.ts", "type", "through tcp/mod.ts"],
  ["unix/conn.ts", "../testing/mod.ts", "type", "imports go down"],
  ["udp/socket.ts", "../tcp/mod.ts", "type", "imports go down"],
  ["resolve/resolver.ts", "../tcp/mod.ts", "value", "imports go down"],
  ["address/ip.ts", "../resolve/mod.ts", "value", "imports go down"],
  ["errors/kinds.ts", "../address/mod.ts", "value", "imports go down"],
  [
    "tcp/conn.ts",
    "../address/ip_address.ts",
    "value",
    "through address/mod.ts",
  ],
  ["tcp/conn.ts", "../mod.ts", "value", "imports go down"],
  ["address/port.ts", "../internal/check/mod.ts", "value", undefined],
  [
    "internal/check/number.ts",
    "../../errors/mod.ts",
    "value",
    "imports go down",
  ],
  ["internal/check/number.ts", "node:util", "value", "is pure"],
  ["tcp/conn.ts", "node:net", "value", undefined],
  ["address/ip.ts", "node:net", "value", "is pure"],
  ["tcp/conn.ts", "npm:left", "value", "only built-ins"],
  ["tcp/conn.ts", "@std/assert", "value", "only built-ins"],
  ["tcp/conn.ts", "../../elsewhere.ts", "value", "leaves the package"],
  ["mod.ts", "./tcp/mod.ts", "value", undefined],
  ["mod.ts", "./tls/mod.ts", "value", undefined],
  ["mod.ts", "./unix/mod.ts", "value", undefined],
  ["mod.ts", "./testing/mod.ts", "value", "imports go down"],
  ["mod.ts", "./posix/mod.ts", "value", "imports go down"],
  ["tcp/conn.ts", "../posix/mod.ts", "dynamic", "imports go down"],
  ["tcp/_posix_transport.ts", "../posix/mod.ts", "dynamic", undefined],
  ["unix/_posix_transport.ts", "../posix/mod.ts", "dynamic", undefined],
  ["stream/_posix_transport.ts", "../posix/mod.ts", "type", undefined],
  ["tls/_posix_transport.ts", "../posix/mod.ts", "type", "imports go down"],
  ["udp/_posix_transport.ts", "../posix/mod.ts", "type", undefined],
  ["udp/_posix_transport.ts", "../posix/mod.ts", "value", "imports go down"],
  ["posix/socket.ts", "../resolve/mod.ts", "value", "imports go down"],
  ["tests/tcp/a_test.ts", "@std/assert", "value", undefined],
];

for (const [file, specifier, kind, expected] of CASES) {
  const verdict = expected === undefined ? "accepts" : "refuses";
  Deno.test(`layerFault() ${verdict} a ${kind} import of ${specifier} in ${file}`, () => {
    const fault = layerFault(at(file), specifier, kind);
    if (expected === undefined) assertEquals(fault, undefined);
    else assertStringIncludes(fault ?? "", expected);
  });
}

Deno.test("the lint plugin reports an import that goes up", () => {
  const found = Deno.lint.runPlugin(
    plugin,
    new URL("../../errors/probe.ts", import.meta.url).pathname,
    `import { x } from "../tcp/mod.ts"; export * from "../udp/mod.ts"; export { y } from "./kinds.ts";`,
  );
  assertEquals(found.map(({ id }) => id), [
    "layers/imports-go-down",
    "layers/imports-go-down",
  ]);
});

for (
  const [file, count] of [
    ["tcp/probe.ts", 2],
    ["stream/probe.ts", 2],
    ["tls/probe.ts", 2],
    ["unix/probe.ts", 2],
    ["tcp/_probe_transport.ts", 0],
    ["udp/probe.ts", 2],
    ["udp/_probe_transport.ts", 0],
    ["resolve/probe.ts", 0],
    ["tests/tcp/probe_test.ts", 0],
  ] as const
) {
  Deno.test(`the lint plugin finds ${count} comparisons with the name of a backend in ${file}`, () => {
    const found = Deno.lint.runPlugin(
      plugin,
      new URL(`../../${file}`, import.meta.url).pathname,
      `if (x.backend === "deno" || "posix" != name) f("node"); if (y === "tcp") g();`,
    );
    assertEquals(found.length, count);
  });
}

for (
  const [file, count] of [
    ["tcp/probe.ts", 4],
    ["testing/_sim/probe.ts", 4],
    ["sockets.ts", 4],
    ["proxy/probe.ts", 4],
    ["tcp/_deno_probe.ts", 0],
    ["internal/runtime/probe.ts", 0],
    ["internal/wait/probe.ts", 4],
    ["posix/_libc.ts", 0],
    ["tests/tcp/probe_test.ts", 0],
    ["_tools/probe.ts", 0],
  ] as const
) {
  Deno.test(`the lint plugin finds ${count} mentions of Deno in ${file}`, () => {
    const found = Deno.lint.runPlugin(
      plugin,
      new URL(`../../${file}`, import.meta.url).pathname,
      `let conn: Deno.Conn; Deno.cwd(); typeof Deno; const { errors } = Deno;
// Deno is no matter in a comment,
const text = "nor is Deno.cwd in a text";`,
    );
    assertEquals(
      found.map(({ id }) => id),
      Array(count).fill("layers/no-deno"),
    );
  });
}

for (
  const [file, count] of [["tcp/probe.ts", 2], ["tests/a_test.ts", 0]] as const
) {
  Deno.test(`the lint plugin finds ${count} using declarations in ${file}`, () => {
    const found = Deno.lint.runPlugin(
      plugin,
      new URL(`../../${file}`, import.meta.url).pathname,
      `async function f(x) { using a = x; await using b = x; const c = x; }`,
    );
    assertEquals(
      found.map(({ id }) => id),
      Array(count).fill("layers/no-using"),
    );
  });
}
