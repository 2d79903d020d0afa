/** How messages show what callers without types pass. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  checkPort,
  IpPrefix,
  parseIpAddress,
  SocketAddress,
} from "@berkeley/sockets/address";
import { getServByPort, Resolver } from "@berkeley/sockets/resolve";
import {
  connectTcp,
  fixedFraming,
  lengthPrefixFraming,
  listenTcp,
  netstringFraming,
  serveTcp,
} from "@berkeley/sockets/tcp";
import { bindUdp, connectUdp } from "@berkeley/sockets/udp";

/** The text of a value instead of the value, past the compiler. */
// deno-lint-ignore no-explicit-any -- any type is what is tried
const text = (value: string): any => value;
const ip = parseIpAddress("127.0.0.1");

async function messageOf(call: () => unknown): Promise<string> {
  try {
    const result = await call();
    (result as Partial<Disposable> | undefined)?.[Symbol.dispose]?.();
  } catch (error) {
    assert(error instanceof TypeError || error instanceof RangeError);
    return error.message;
  }
  throw new Error("nothing was thrown");
}

const LISTEN = { hostname: "127.0.0.1", port: 0 };
const UDP = { hostname: "127.0.0.1", port: 0 };

const QUOTED: [what: string, call: () => unknown, shown: string][] = [
  ["checkPort", () => checkPort(text("80")), 'port "80"'],
  ["SocketAddress", () => new SocketAddress(ip, text("80")), 'port "80"'],
  [
    "SocketAddress.from",
    () => SocketAddress.from({ hostname: "::1", port: text("80") }),
    'port "80"',
  ],
  ["IpPrefix", () => new IpPrefix(ip, text("8")), 'prefix length "8"'],
  ["getServByPort", () => getServByPort(text("80"), "tcp"), 'port "80"'],
  [
    "Resolver",
    () =>
      new Resolver({ nameServers: [{ hostname: "::1", port: text("53") }] }),
    'port "53"',
  ],
  [
    "connectTcp port",
    () => connectTcp({ hostname: "127.0.0.1", port: text("80") }),
    'port "80"',
  ],
  [
    "connectTcp localPort",
    () => connectTcp({ hostname: "127.0.0.1", port: 80, localPort: text("1") }),
    'localPort "1"',
  ],
  [
    "connectTcp family",
    () => connectTcp({ hostname: "127.0.0.1", port: 80, family: text("4") }),
    'family "4"',
  ],
  [
    "connectTcp attemptDelay",
    () =>
      connectTcp({ hostname: "127.0.0.1", port: 80, attemptDelay: text("9") }),
    'attemptDelay "9"',
  ],
  [
    "connectTcp highWaterMark",
    () =>
      connectTcp({ hostname: "127.0.0.1", port: 80, highWaterMark: text("9") }),
    'highWaterMark "9"',
  ],
  ["listenTcp port", () => listenTcp({ port: text("80") }), 'port "80"'],
  [
    "listenTcp backlog",
    () => listenTcp({ ...LISTEN, backlog: text("8") }),
    'backlog "8"',
  ],
  [
    "serveTcp maxConnections",
    () => serveTcp({ ...LISTEN, maxConnections: text("8") }, () => {}),
    'maxConnections "8"',
  ],
  [
    "serveTcp idleTimeout",
    () => serveTcp({ ...LISTEN, idleTimeout: text("8") }, () => {}),
    'idleTimeout "8"',
  ],
  ["fixedFraming", () => fixedFraming(text("8")), 'size "8"'],
  [
    "lengthPrefixFraming",
    () => lengthPrefixFraming(text("2")),
    'length of "2" bytes',
  ],
  [
    "netstringFraming",
    () => netstringFraming({ maxFrameSize: text("2") }),
    'maxFrameSize "2"',
  ],
  ["bindUdp port", () => bindUdp({ port: text("80") }), 'port "80"'],
  ["bindUdp ttl", () => bindUdp({ ...UDP, ttl: text("1") }), 'ttl "1"'],
  [
    "bindUdp maxDatagramSize",
    () => bindUdp({ ...UDP, maxDatagramSize: text("1") }),
    'maxDatagramSize "1"',
  ],
  [
    "connectUdp port",
    () => connectUdp({ hostname: "127.0.0.1", port: text("80") }),
    'port "80"',
  ],
];

for (const [what, call, shown] of QUOTED) {
  Deno.test({
    name: `${what}: the message quotes text`,
    permissions: { net: true },
    async fn() {
      assertStringIncludes(await messageOf(call), shown);
    },
  });
}

Deno.test({
  name: "the messages of a connection and of a UDP socket quote text",
  permissions: { net: true },
  async fn() {
    using listener = await listenTcp(LISTEN);
    using conn = await connectTcp(listener.addr);
    using socket = await bindUdp(UDP);
    const bytes = new Uint8Array(1);
    const calls: [() => unknown, string][] = [
      [() => conn.peek(text("4")), 'count "4"'],
      [() => conn.readLine({ limit: text("4") }), 'limit "4"'],
      [
        () => socket.sendTo(bytes, { hostname: "::1", port: text("80") }),
        'port "80"',
      ],
      [() => socket.receiveBatch(text("4")), 'most "4"'],
      [() => socket.setTtl(text("4")), 'ttl "4"'],
      [() => conn.read(bytes, { timeout: text("5") }), '"5"'],
    ];
    for (const [call, shown] of calls) {
      assertStringIncludes(await messageOf(call), shown);
    }
  },
});

/** Values of every kind, and how a message shows them. */
const SHOWN: [value: unknown, shown: string][] = [
  [-1, "-1"],
  [1.5, "1.5"],
  [NaN, "NaN"],
  ['a "b"', '"a \\"b\\""'],
  [80n, "80n"],
  [true, "true"],
  [null, "null"],
  [Symbol("x"), "Symbol(x)"],
  [[80], "[object Array]"],
  [{ valueOf: () => 80 }, "[object Object]"],
];

for (const [value, shown] of SHOWN) {
  Deno.test({
    name: `a message shows ${shown}`,
    permissions: "none",
    async fn() {
      assertEquals(
        await messageOf(() => checkPort(value as number)),
        `Cannot use port ${shown}: it must be an integer from 0 to 65535`,
      );
    },
  });
}
