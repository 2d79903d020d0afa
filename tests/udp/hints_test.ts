/** What errors advise is true: each test follows the advice. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  bindUdp,
  type SocketOptionName,
  type SocketOptions,
  type UdpSocket,
} from "@berkeley/sockets/udp";
import {
  NotSupportedError,
  PermissionDeniedError,
} from "@berkeley/sockets/errors";
import { unsupported } from "../../udp/_abilities.ts";
import { eachFamily } from "../_each_family.ts";
import { HAS_POSIX } from "../_posix.ts";
import { BACKENDS, eachTransport, isConnecting } from "./_each_transport.ts";

/** The settings, and values that show that they were set. */
const SETTINGS: [(socket: UdpSocket, value: number) => void, number, number][] =
  [
    [(socket, value) => socket.setTtl(value), 7, 7],
    [(socket, value) => socket.setMulticastTtl(value), 8, 8],
    [(socket, value) => socket.setMulticastLoopback(!!value), 0, 0],
    // Linux keeps twice as much.
    [(socket, value) => socket.setReceiveBufferSize(value), 8192, 16_384],
    [(socket, value) => socket.setSendBufferSize(value), 8192, 16_384],
  ];

if (HAS_POSIX) {
  for (const backend of BACKENDS) {
    eachFamily(
      `what a setting advises instead works, over ${backend}`,
      async ({ loopback: hostname }) => {
        using socket = await bindUdp({ hostname, backend });
        let followed = 0;
        for (const [set, value, expected] of SETTINGS) {
          let message = "";
          try {
            set(socket, value);
          } catch (error) {
            message = (error as NotSupportedError).message;
          }
          if (message === "") continue;
          const name = /setOption\("(\w+)"/.exec(message)?.[1];
          if (name === undefined) {
            assert(message.includes('backend: "node"'), message);
            using other = await bindUdp({ hostname, backend: "node" });
            set(other, value);
          } else {
            const option = name as SocketOptionName;
            const isFlag = option.endsWith("_LOOP");
            await socket.setOption(
              option,
              (isFlag ? value === 1 : value) as SocketOptions[typeof option],
            );
            assertEquals(Number(await socket.getOption(option)), expected);
          }
          followed++;
        }
        assertEquals(followed > 0, backend !== "posix");
      },
      { ffi: true },
    );

    eachFamily(
      `what the option ttl advises instead works, over ${backend}`,
      async ({ loopback: hostname, family }) => {
        const error = await bindUdp({ hostname, backend, ttl: 7 }).then(
          (socket) => socket.close(),
          (error) => error,
        );
        const option = family === 4 ? "IP_TTL" : "IPV6_UNICAST_HOPS";
        if (error !== undefined) {
          assertEquals(error.constructor, NotSupportedError);
          assert(error.message.includes(`socketOptions: { ${option}: … }`));
        }
        const socketOptions = { [option]: 7 };
        using socket = await bindUdp({ hostname, backend, socketOptions });
        assertEquals(await socket.getOption(option), 7);
      },
      { ffi: true },
    );

    eachFamily(
      `setOption() of SO_BROADCAST counts as setBroadcast() does, over ${backend}`,
      async ({ family }) => {
        if (family === 6) return;
        const allBroadcast = { hostname: "255.255.255.255", port: 9 };
        using socket = await bindUdp({ hostname: "127.0.0.1", backend });
        await socket.setOption("SO_BROADCAST", true);
        // Loopback's own, which only reaches this host.
        const { port } = socket.localAddr;
        await socket.sendTo(new Uint8Array(1), {
          hostname: "127.255.255.255",
          port,
        });
        await socket.setOption("SO_BROADCAST", false);
        await assertRejects(
          () => socket.sendTo(new Uint8Array(1), allBroadcast),
          PermissionDeniedError,
          "broadcast: true",
        );
      },
      { ffi: true },
    );
  }
}

eachTransport(
  "a setting over libc needs no advice",
  async ({ bind, backend }) => {
    using socket = await bind();
    if (isConnecting(backend)) socket.setReceiveBufferSize(8192);
    else {
      assertThrows(
        () => socket.setReceiveBufferSize(8192),
        NotSupportedError,
        'setOption("SO_RCVBUF"',
      );
    }
  },
);

Deno.test("what is advised is there on each system", () => {
  const hint = (
    feature: "ttl" | "receiveBufferSize" | "source" | "interfaceIndex",
    backend: "deno" | "node",
    family: 4 | 6,
    os: "linux" | "darwin" | "windows",
  ) => unsupported(feature, { backend, family, os }).split("; ")[1];
  const NODE = 'bind with backend: "node"';
  for (
    const [os, feature, backend, family, expected] of [
      [
        "linux",
        "ttl",
        "deno",
        4,
        `${NODE}, or with --allow-ffi use setOption("IP_TTL", …)`,
      ],
      [
        "darwin",
        "ttl",
        "node",
        6,
        'with --allow-ffi use setOption("IPV6_UNICAST_HOPS", …)',
      ],
      ["windows", "ttl", "deno", 4, NODE],
      ["windows", "ttl", "node", 6, "no backend can on windows"],
      ["windows", "receiveBufferSize", "deno", 4, "no backend can on windows"],
      [
        "darwin",
        "receiveBufferSize",
        "deno",
        4,
        'with --allow-ffi use setOption("SO_RCVBUF", …)',
      ],
      [
        "linux",
        "source",
        "node",
        6,
        'bind with backend: "posix", which needs --allow-ffi',
      ],
      ["darwin", "source", "node", 6, "no backend can on darwin"],
      ["windows", "source", "deno", 4, NODE],
      [
        "windows",
        "interfaceIndex",
        "node",
        6,
        "use its name, or grant --allow-sys",
      ],
    ] as const
  ) assertEquals(hint(feature, backend, family, os), expected);
});
