/** Bad arguments: calls that return a promise reject, and ask nobody. */
import { parseIpAddress } from "../../address/mod.ts";
import * as functions from "../../resolve/mod.ts";
import { Resolver } from "../../resolve/mod.ts";
import { connectTcp, listenTcp } from "../../tcp/mod.ts";
import { bindUdp } from "../../udp/mod.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { connectRaw } from "../_raw_tcp.ts";
import { eachFamily } from "../_each_family.ts";

type Call = (...args: unknown[]) => Promise<unknown>;
type Kind = typeof TypeError | typeof RangeError | typeof SyntaxError;

const address = { hostname: "127.0.0.1", port: 80 };
const ip = parseIpAddress("127.0.0.1");

/** Options that each call that waits refuses, wherever it takes them. */
const WAITS: [unknown, Kind][] = [
  [{ timeout: "5" }, TypeError],
  [{ timeout: null }, TypeError],
  [{ timeout: -1 }, RangeError],
  [{ timeout: NaN }, RangeError],
  [{ signal: {} }, TypeError],
];

const BAD: { [name: string]: [unknown[], Kind][] } = {
  getAddrInfo: [
    [[undefined, 80], TypeError],
    [[127, 80], TypeError],
    [["a.invalid", {}], TypeError],
    [["a.invalid", true], TypeError],
    [["a.invalid", 65536], RangeError],
    [["a.invalid", 80, null], TypeError],
    [["a.invalid", 80, { family: "4" }], TypeError],
    [["a.invalid", 80, { flags: "1" }], TypeError],
    [["a.invalid", 80, { flags: NaN }], TypeError],
    [["a.invalid", 80, { socktype: null }], TypeError],
    [["a.invalid", 80, { protocol: 1.5 }], TypeError],
    ...WAITS.map(([wait, kind]): [unknown[], Kind] => [
      ["a.invalid", 80, wait],
      kind,
    ]),
  ],
  getNameInfo: [
    [[], TypeError],
    [[null], TypeError],
    [["127.0.0.1"], TypeError],
    [[{ hostname: 1, port: 80 }], TypeError],
    [[{ hostname: "localhost", port: 80 }], SyntaxError],
    [[{ hostname: "127.0.0.1", port: 65536 }], RangeError],
    [[{ transport: "unix", path: "/x" }], TypeError],
    [[address, "1"], TypeError],
    [[address, null], TypeError],
    ...WAITS.map(([wait, kind]): [unknown[], Kind] => [
      [address, 0, wait],
      kind,
    ]),
  ],
  getHostByName: [
    [[], TypeError],
    [[null], TypeError],
    [["a.invalid", { family: "4" }], TypeError],
    ...WAITS.map(([wait, kind]): [unknown[], Kind] => [
      ["a.invalid", wait],
      kind,
    ]),
  ],
  getHostByAddr: [
    [[], TypeError],
    [["127.0.0.1"], TypeError],
    [[address], TypeError],
    ...WAITS.map(([wait, kind]): [unknown[], Kind] => [[ip, wait], kind]),
  ],
  resolve: [
    [[], TypeError],
    [[1, "A"], TypeError],
    [["a.invalid", "B"], TypeError],
    [["a.invalid", Symbol("A")], TypeError],
    [["a.invalid", { toString: () => "A" }], TypeError],
    ...WAITS.map(([wait, kind]): [unknown[], Kind] => [
      ["a.invalid", "A", wait],
      kind,
    ]),
  ],
  lookupService: [
    [[], TypeError],
    [[null], TypeError],
    [[{ service: "imap" }], TypeError],
    [[{ service: 143, domain: "a.invalid" }], TypeError],
    [[{ service: "imap", domain: "a.invalid", protocol: 6 }], TypeError],
    ...WAITS.map(([wait, kind]): [unknown[], Kind] => [
      [{ service: "imap", domain: "a.invalid" }, wait],
      kind,
    ]),
  ],
};

for (const [name, cases] of Object.entries(BAD)) {
  Deno.test({
    name: `${name}() rejects for arguments of the wrong type, and never throws`,
    permissions: { net: true },
    async fn() {
      const resolver = new Resolver({ hosts: false });
      const method = Reflect.get(resolver, name) as Call;
      const direct = Reflect.get(functions, name) as Call;
      for (const [args, kind] of cases) {
        for (const call of [method.bind(resolver), direct]) {
          const promise = call(...args); // it must not throw
          const error = await assertRejects(() => promise, kind);
          assertEquals(error.constructor, kind, Deno.inspect(args));
        }
      }
    },
  });
}

Deno.test({
  name: "getServByName() and getProtoByName() throw for names that are no text",
  permissions: "none",
  fn() {
    for (const name of [undefined, null, 80, {}]) {
      const text = name as unknown as string;
      assertThrows(() => functions.getServByName(text), TypeError);
      assertThrows(() => functions.getProtoByName(text), TypeError);
    }
  },
});

Deno.test({
  name: "getAddrInfo() reads each hint once",
  permissions: "none",
  async fn() {
    const reads: { [name: string]: number } = {};
    const values: { [name: string]: unknown } = {
      family: 2,
      socktype: 1,
      protocol: 6,
      flags: 0,
      timeout: 1000,
      signal: new AbortController().signal,
    };
    const hints = new Proxy({}, {
      get(_, key) {
        reads[String(key)] = (reads[String(key)] ?? 0) + 1;
        return values[String(key)];
      },
    });
    const resolver = new Resolver({ hosts: false });
    const [info] = await resolver.getAddrInfo("localhost", 80, hints);
    assertEquals(String(info?.address), "127.0.0.1:80");
    for (const [name, count] of Object.entries(reads)) {
      assertEquals(count, 1, name);
    }
  },
});

eachFamily(
  "getNameInfo() takes the addresses of connections and sockets",
  async ({ loopback: hostname }) => {
    const resolver = new Resolver({ hosts: false });
    using listener = await listenTcp({ hostname, port: 0 });
    const { port } = listener.addr;
    using conn = await connectTcp({ hostname, port });
    using peer = await listener.accept();
    using socket = await bindUdp({ hostname, port: 0 });
    using raw = await connectRaw({ hostname, port });
    for (
      const address of [
        listener.addr,
        conn.localAddr,
        conn.remoteAddr,
        peer.remoteAddr,
        socket.localAddr,
        raw.remoteAddr,
      ]
    ) {
      const { NI_NUMERICSERV } = functions;
      const info = await resolver.getNameInfo(address, NI_NUMERICSERV);
      assertEquals(info, {
        hostname: "localhost",
        service: String(address.port),
      });
      assert(address.port > 0);
    }
    (await listener.accept()).close();
  },
);
