/**
 * The stacks of errors lead to the call that met them, although most are made by
 * a timer or at the end of a call of the runtime.
 *
 * @module
 */
import { AddrInfoError, SocketError } from "@berkeley/sockets/errors";
import { Resolver } from "@berkeley/sockets/resolve";
import { connectTcp, listenTcp, type TcpConn } from "@berkeley/sockets/tcp";
import { bindUdp, connectUdp } from "@berkeley/sockets/udp";
import { assert, assertEquals } from "@std/assert";
import { DnsServer } from "../resolve/_dns_server.ts";

const LOOPBACK = { hostname: "127.0.0.1", port: 0 } as const;
const SOON = { timeout: 5 } as const;

/** A call on a connection, and what its peer does meanwhile. */
function onConn(
  call: (conn: TcpConn) => Promise<unknown>,
  meanwhile: (peer: TcpConn) => void = () => {},
): (met: Meet) => Promise<void> {
  return async (met) => {
    using listener = await listenTcp({ ...LOOPBACK, backend: "node" });
    using conn = await connectTcp(listener.addr);
    using peer = await listener.accept();
    const meeting = met(async function userCall() {
      await call(conn);
    });
    meanwhile(peer);
    await meeting;
  };
}

function onLookup(
  call: (resolver: Resolver) => Promise<unknown>,
  reply: null | { rcode: number } = { rcode: 3 },
): (met: Meet) => Promise<void> {
  return async (met) => {
    await using server = await DnsServer.start({}, () => reply);
    const resolver = new Resolver({
      nameServers: [server.nameServer],
      hosts: false,
    });
    await met(async function userCall() {
      await call(resolver);
    });
  };
}

/** Makes the call, and looks at the error that it ends with. */
type Meet = (userCall: () => Promise<void>) => Promise<void>;

const CASES: {
  what: string;
  code: string;
  run: (met: Meet) => Promise<void>;
}[] = [
  {
    what: "a connection that is refused",
    code: "ECONNREFUSED",
    async run(met) {
      const listener = await listenTcp(LOOPBACK);
      const { port } = listener.addr;
      listener.close();
      await met(async function userCall() {
        await connectTcp({ hostname: "127.0.0.1", port });
      });
    },
  },
  {
    what: "a name that a connection cannot resolve",
    code: "EAI_NONAME",
    run: onLookup((resolver) =>
      connectTcp({ hostname: "a.test", port: 80, resolver })
    ),
  },
  {
    what: "a look-up",
    code: "EAI_NONAME",
    run: onLookup((resolver) => resolver.getAddrInfo("a.test", 80)),
  },
  {
    what: "a look-up that takes too long",
    code: "ETIMEDOUT",
    run: onLookup(
      (resolver) => resolver.getAddrInfo("a.test", 80, SOON),
      null,
    ),
  },
  {
    what: "an accept that takes too long",
    code: "ETIMEDOUT",
    async run(met) {
      using listener = await listenTcp(LOOPBACK);
      await met(async function userCall() {
        await listener.accept(SOON);
      });
    },
  },
  {
    what: "a read that takes too long",
    code: "ETIMEDOUT",
    run: onConn((conn) => conn.read(new Uint8Array(9), SOON)),
  },
  {
    what: "a line that takes too long",
    code: "ETIMEDOUT",
    run: onConn((conn) => conn.readLine(SOON)),
  },
  {
    what: "a few bytes before the end of the stream",
    code: "EOF",
    run: onConn((conn) => conn.readExact(9), (peer) => peer.close()),
  },
  {
    what: "many bytes before the end of the stream",
    code: "EOF",
    run: onConn((conn) => conn.readExact(99_999), (peer) => peer.close()),
  },
  {
    what: "a small read when the peer resets",
    code: "ECONNRESET",
    run: onConn((conn) => conn.read(new Uint8Array(9)), (peer) => peer.reset()),
  },
  {
    what: "a large read when the peer resets",
    code: "ECONNRESET",
    run: onConn(
      (conn) => conn.read(new Uint8Array(99_999)),
      (peer) => peer.reset(),
    ),
  },
  {
    what: "a write that takes too long",
    code: "ETIMEDOUT",
    run: onConn(async (conn) => {
      const much = new Uint8Array(1 << 22);
      for (let i = 0; i < 100; i++) await conn.writeAll(much, { timeout: 50 });
    }),
  },
  {
    what: "a receive that takes too long",
    code: "ETIMEDOUT",
    async run(met) {
      using socket = await bindUdp(LOOPBACK);
      await met(async function userCall() {
        await socket.receive(SOON);
      });
    },
  },
  {
    what: "an exchange that nobody answers",
    code: "ETIMEDOUT",
    async run(met) {
      using silent = await bindUdp(LOOPBACK);
      using socket = await connectUdp(silent.localAddr);
      await met(async function userCall() {
        await socket.exchange(new Uint8Array(1), { ...SOON, attempts: 1 });
      });
    },
  },
];

for (const { what, code, run } of CASES) {
  Deno.test({
    name: `the stack of ${what} leads to the call that met it`,
    permissions: { net: true },
    fn: () =>
      run(async (userCall) => {
        const error = await userCall().then(() => undefined, (error) => error);
        assert(error instanceof SocketError || error instanceof AddrInfoError);
        assertEquals(error.code, code);
        const [title, ...frames] = error.stack!.split("\n");
        assertEquals(title, `${error.name}: ${error.message}`);
        assert(
          frames.some((frame) => frame.includes("userCall")),
          error.stack,
        );
      }),
  });
}
