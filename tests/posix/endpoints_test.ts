/** What --allow-ffi adds to the classes of tcp and udp, on every backend. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  AddressInUseError,
  ClosedError,
  ConnectionResetError,
  SocketError,
} from "@berkeley/sockets/errors";
import { connectTcp, listenTcp, type TcpBackend } from "@berkeley/sockets/tcp";
import { bindUdp, connectUdp, type UdpBackend } from "@berkeley/sockets/udp";
import { descriptorOf, SOCK_STREAM } from "../../posix/mod.ts";
import { eachPosixFamily, posixTest } from "./_setup.ts";

const TCP: TcpBackend[] = ["deno", "node", "posix"];
const UDP: UdpBackend[] = [
  "listenDatagram" in Deno ? "deno" : "node",
  "node",
  "posix",
];

for (const backend of TCP) {
  eachPosixFamily(
    `options of TCP are set and read, over ${backend}`,
    async ({ loopback }) => {
      await using listener = await listenTcp({
        hostname: loopback,
        port: 0,
        backend,
        socketOptions: { SO_RCVBUF: 65_536 },
      });
      assertEquals(await listener.getOption("SO_RCVBUF"), 131_072);
      assertEquals(await listener.getOption("SO_ACCEPTCONN"), true);
      await listener.setOption("TCP_FASTOPEN", 4);
      assertEquals(await listener.getOption("TCP_FASTOPEN"), 4);
      await using client = await connectTcp({
        ...listener.addr,
        backend,
        socketOptions: { TCP_USER_TIMEOUT: 3000, SO_KEEPALIVE: true },
      });
      await using server = await listener.accept();
      assertEquals(await client.getOption("TCP_USER_TIMEOUT"), 3000);
      assertEquals(await client.getOption("SO_KEEPALIVE"), true);
      assertEquals(await server.getOption("TCP_USER_TIMEOUT"), 0);
      await server.setOption("TCP_KEEPIDLE", 7000);
      assertEquals(await server.getOption("TCP_KEEPIDLE"), 7000);
      assertEquals(await client.getOption("TCP_NODELAY"), true);
      await assertRejects(
        () => client.setOption("SO_TYPE", 1),
        TypeError,
      );
      client.close();
      await assertRejects(() => client.getOption("SO_TYPE"), ClosedError);
      listener.close();
      await assertRejects(() => listener.getOption("SO_TYPE"), ClosedError);
    },
  );

  eachPosixFamily(
    `bad options leave nothing open, over ${backend}`,
    async ({ loopback }) => {
      const bad = { SO_LINGER: -5 };
      await using listener = await listenTcp({
        hostname: loopback,
        port: 0,
        backend,
      });
      await assertRejects(
        () => connectTcp({ ...listener.addr, backend, socketOptions: bad }),
        RangeError,
      );
      const { port } = listener.addr;
      await listener[Symbol.asyncDispose]();
      await assertRejects(
        () =>
          listenTcp({ hostname: loopback, port, backend, socketOptions: bad }),
        RangeError,
      );
      await assertRejects(
        () => connectTcp({ hostname: loopback, port, backend }),
        SocketError, // refused, unless another test has the port by now
      );
    },
  );

  eachPosixFamily(`reset() is RST, over ${backend}`, async ({ loopback }) => {
    await using listener = await listenTcp({
      hostname: loopback,
      port: 0,
      backend,
    });
    for (const end of ["client", "server"] as const) {
      await using client = await connectTcp({ ...listener.addr, backend });
      await using server = await listener.accept();
      const [one, other] = end === "client"
        ? [client, server]
        : [server, client];
      const pending = assertRejects(
        () => other.readExact(1),
        ConnectionResetError,
      );
      const own = assertRejects(() => one.readExact(1), ClosedError);
      one.reset();
      await Promise.all([pending, own]);
      assert(one.isClosed);
      await assertRejects(() => other.writeAll(new Uint8Array(1)), SocketError);
    }
  });
}

for (const backend of new Set(UDP)) {
  eachPosixFamily(
    `options of UDP are set and read, over ${backend}`,
    async ({ loopback }) => {
      await using socket = await bindUdp({
        hostname: loopback,
        backend,
        socketOptions: { SO_RCVBUF: 65_536 },
      });
      assertEquals(await socket.getOption("SO_RCVBUF"), 131_072);
      await socket.setOption("SO_PRIORITY", 3);
      assertEquals(await socket.getOption("SO_PRIORITY"), 3);
      await using connected = await connectUdp({
        ...socket.localAddr,
        backend,
        socketOptions: { SO_SNDBUF: 65_536 },
      });
      assertEquals(await connected.getOption("SO_SNDBUF"), 131_072);
      await assertRejects(
        () =>
          bindUdp({
            hostname: loopback,
            backend,
            socketOptions: { SO_RCVBUF: 0.5 },
          }),
        RangeError,
      );
      socket.close();
      await assertRejects(
        () => socket.setOption("SO_PRIORITY", 1),
        ClosedError,
      );
    },
  );
}

posixTest("ipv6Only leaves the port to IPv4, over posix", async () => {
  await using six = await listenTcp({
    hostname: "::",
    port: 0,
    ipv6Only: true,
    backend: "posix",
  });
  const { port } = six.addr;
  await using _four = await listenTcp({
    hostname: "0.0.0.0",
    port,
    backend: "posix",
  });
  await assertRejects(
    () => listenTcp({ hostname: "::", port, backend: "posix" }),
    AddressInUseError,
  );
});

posixTest("reusePort shares a port, over posix", async () => {
  const options = {
    hostname: "127.0.0.1",
    reusePort: true,
    backend: "posix",
  } as const;
  await using first = await listenTcp({ ...options, port: 0 });
  const { port } = first.addr;
  await using second = await listenTcp({ ...options, port });
  assertEquals(second.addr, first.addr);
  assertEquals(await second.getOption("SO_REUSEPORT"), true);
  // Whose it is cannot be told by its address alone.
  await assertRejects(
    () =>
      Promise.try(() =>
        descriptorOf({ type: SOCK_STREAM, localAddr: first.addr })
      ),
    SocketError,
    "2 descriptors",
  );
});

for (const backend of ["node", "posix"] as const) {
  posixTest(
    `an idle time is rounded up to seconds, over ${backend}`,
    async () => {
      await using listener = await listenTcp({
        hostname: "127.0.0.1",
        port: 0,
      });
      for (
        const [idle, seconds] of [[1, 1], [1000, 1], [1001, 2], [1e6, 1e3]]
      ) {
        await using client = await connectTcp({
          ...listener.addr,
          backend,
          keepAlive: idle!,
        });
        const told = await client.getOption("TCP_KEEPIDLE");
        assertEquals(told, seconds! * 1000, `${idle} ms`);
      }
    },
  );
}

posixTest("connectTcp() binds the near end, over posix", async () => {
  await using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
  await using client = await connectTcp({
    ...listener.addr,
    backend: "posix",
    localAddress: "127.0.0.2",
    keepAlive: 9000,
  });
  assertEquals(client.localAddr.hostname, "127.0.0.2");
  assertEquals(await client.getOption("TCP_KEEPIDLE"), 9000);
  assertEquals(await client.getOption("SO_KEEPALIVE"), true);
  await assertRejects(
    () =>
      connectTcp({ ...listener.addr, backend: "posix", localAddress: "::1" }),
    TypeError,
  );
});

posixTest(
  "a listener is on libc by itself where only libc can do what is asked",
  async () => {
    await using plain = await listenTcp({ hostname: "::1", port: 0 });
    assertEquals(plain.backend, "deno");

    await using v6 = await listenTcp({
      hostname: "::",
      port: 0,
      ipv6Only: true,
    });
    assertEquals(v6.backend, "posix");
    const { port } = v6.addr;
    await using v4 = await listenTcp({ hostname: "127.0.0.1", port });
    await using client = await connectTcp({ hostname: "::1", port });
    await using server = await v6.accept();
    assertEquals(server.remoteAddr.port, client.localAddr.port);
    assertEquals(v4.addr.port, port);

    const shared = {
      hostname: "127.0.0.1",
      port: 0,
      reusePort: true,
      socketOptions: { SO_RCVBUF: 65_536 },
    };
    await using first = await listenTcp(shared);
    const { port: sharedPort } = first.addr;
    await using second = await listenTcp({ ...shared, port: sharedPort });
    assertEquals(second.addr, first.addr);
    assertEquals(await second.getOption("SO_RCVBUF"), 131_072);
  },
);
