import { type NetAddr, SocketAddress } from "../address/mod.ts";
import { type BindTarget, checkLimits, UdpCore } from "../udp/_seam.ts";
import { ConnectedUdpSocket, type UdpOptions } from "../udp/mod.ts";
import { DatagramLink } from "./_datagram_link.ts";
import { MemoryDatagramTransport } from "./_memory_datagram_transport.ts";
import type { DatagramFaults } from "./datagram_faults.ts";

/** RFC 5737: addresses for documentation, which no host has. */
const CLIENT_ADDR: NetAddr = {
  transport: "udp",
  hostname: "192.0.2.1",
  port: 49152,
};
const SERVER_ADDR: NetAddr = {
  transport: "udp",
  hostname: "192.0.2.2",
  port: 7,
};

/** What the two sockets are like. */
export interface DatagramPairOptions {
  /**
   * The largest datagram to receive, in bytes, up to 65535; the end of a longer one is
   * lost, and it is marked as `truncated`.
   *
   * @default {9216}
   */
  maxDatagramSize?: number | undefined;
  /**
   * How many datagrams each socket keeps until they are received.
   *
   * @default {4096}
   */
  maxQueuedDatagrams?: number | undefined;
  /**
   * How many bytes each socket keeps until they are received.
   *
   * @default {4194304}
   */
  maxQueuedBytes?: number | undefined;
  /**
   * Which datagram is dropped if there is no room: the one that arrives, or the oldest.
   *
   * @default {"newest"}
   */
  dropPolicy?: UdpOptions["dropPolicy"];
  /** What goes wrong with the datagrams to the server. Defaults to nothing. */
  toServer?: DatagramFaults | undefined;
  /** What goes wrong with the datagrams to the client. Defaults to nothing. */
  toClient?: DatagramFaults | undefined;
}

/**
 * One direction of a pair of UDP sockets.
 *
 * @example A datagram that arrives late
 * ```ts
 * import { datagramPair } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * using pair = datagramPair({ toServer: { reorder: [0] } });
 * await pair.client.send("first");
 * await pair.client.send("second");
 * const texts: string[] = [];
 * for (let i = 0; i < 2; i++) {
 *   const { data } = await pair.server.receive();
 *   texts.push(new TextDecoder().decode(data));
 * }
 * assertEquals(texts, ["second", "first"]);
 * pair.toServer.release(); // nothing is late any more
 * ```
 */
export interface DatagramDirection {
  /** How many datagrams were sent. */
  readonly sent: number;
  /** How many of them were lost, by `drop`. */
  readonly lost: number;
  /** Lets the datagrams arrive that are late, by `reorder`. */
  release(): void;
}

/**
 * Two connected UDP sockets in memory; disposing of the pair closes both. See the
 * example of {@linkcode datagramPair}.
 */
export interface DatagramPair extends Disposable, AsyncDisposable {
  /** The socket that asks. */
  readonly client: ConnectedUdpSocket;
  /** The socket that answers. */
  readonly server: ConnectedUdpSocket;
  /** The datagrams to the server. */
  readonly toServer: DatagramDirection;
  /** The datagrams to the client. */
  readonly toClient: DatagramDirection;
}

/**
 * Makes two UDP sockets in memory, connected to each other: no port, no permission, no
 * wait. A datagram arrives at once, unless the faults say otherwise. After one socket is
 * closed, the next call of the other one fails with `ECONNREFUSED`, as over ICMP.
 *
 * Settings such as hop limits have no effect, and neither has joining a group. Memory
 * keeps no program alive.
 *
 * @throws {RangeError} If a size, a count or a number of a datagram is out of range.
 * @throws {TypeError} If a choice of datagrams is neither an array nor a function.
 *
 * @example Test a client under loss
 * ```ts
 * import type { ConnectedUdpSocket } from "@berkeley/sockets/udp";
 * import { datagramPair } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * async function time(socket: ConnectedUdpSocket): Promise<string> {
 *   const { data } = await socket.exchange("time?", { timeout: 5 });
 *   return new TextDecoder().decode(data);
 * }
 *
 * using pair = datagramPair({ toClient: { drop: [0], duplicate: [1] } });
 * const serving = (async () => {
 *   for await (const _ of pair.server) await pair.server.send("12:00");
 * })();
 * assertEquals(await time(pair.client), "12:00");
 * assertEquals(pair.toServer.sent, 2); // the first answer was lost
 * pair.server.close();
 * await serving;
 * ```
 */
export function datagramPair(options: DatagramPairOptions = {}): DatagramPair {
  const {
    toServer: up,
    toClient: down,
    maxDatagramSize,
    maxQueuedDatagrams,
    maxQueuedBytes,
    dropPolicy,
  } = options;
  const limits = checkLimits({
    ...{ maxDatagramSize, maxQueuedDatagrams, maxQueuedBytes, dropPolicy },
  });
  const toServer = new DatagramLink(up);
  const toClient = new DatagramLink(down);
  const target = { ...limits, ...CLIENT_ADDR, reuseAddress: false };
  const client = end(target, CLIENT_ADDR, SERVER_ADDR, toClient, toServer);
  const server = end(target, SERVER_ADDR, CLIENT_ADDR, toServer, toClient);
  client.transport.onRefused = () => server.transport.refuse();
  server.transport.onRefused = () => client.transport.refuse();
  return {
    client: client.socket,
    server: server.socket,
    toServer,
    toClient,
    [Symbol.dispose]() {
      client.socket.close();
      server.socket.close();
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(
        [client, server].map(({ socket }) => socket[Symbol.asyncDispose]()),
      );
    },
  };
}

/** Makes one end. */
function end(
  target: BindTarget,
  localAddr: NetAddr,
  peerAddr: NetAddr,
  incoming: DatagramLink,
  outgoing: DatagramLink,
) {
  const transport = new MemoryDatagramTransport(
    target,
    { ...localAddr },
    { ...peerAddr },
    incoming,
    outgoing,
  );
  const core = new UdpCore(transport);
  core.peer = core.connect(SocketAddress.from(peerAddr));
  return { transport, socket: new ConnectedUdpSocket(core) };
}
