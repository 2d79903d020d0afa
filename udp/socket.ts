import type { NetAddr } from "../address/mod.ts";
import { encoded } from "../internal/check/mod.ts";
import { checkPeer, numericAddress } from "../internal/hosts/mod.ts";
import type { WaitOptions } from "../internal/wait/mod.ts";
import type { OutgoingDatagram } from "./_transport.ts";
import type { Datagram } from "./datagram.ts";
import { UdpEndpoint } from "./endpoint.ts";
import { exchange, type ExchangeOptions } from "./exchange.ts";
import { coreOf } from "./handle.ts";

// Both kinds of sockets are here, as each turns into the other.

/** A host and a port: a `Deno.NetAddr`, or a name with a port. */
export interface UdpDestination {
  /** A name or an IP address. */
  hostname: string;
  /** The port, 1 to 65535. */
  port: number;
}

/**
 * An unconnected UDP socket, made by {@linkcode bindUdp}: it receives from
 * anybody and sends to anybody.
 *
 * @example Sending and receiving
 * ```ts
 * import { bindUdp } from "@berkeley/sockets/udp";
 * import { assertEquals } from "@std/assert";
 *
 * using a = await bindUdp({ hostname: "127.0.0.1", port: 0 });
 * using b = await bindUdp({ hostname: "127.0.0.1", port: 0 });
 *
 * await a.sendTo(new Uint8Array([1, 2, 3]), b.localAddr);
 * const { data, address } = await b.receive({ timeout: 5000 });
 * assertEquals([...data], [1, 2, 3]);
 * assertEquals(address, a.localAddr);
 * ```
 */
export class UdpSocket extends UdpEndpoint {
  /** The host that was last sent to, and its address as the backend needs it. */
  #lastHost: string | undefined;
  #lastText = "";

  /**
   * Sends a datagram: C's `sendto`. Resolves with the count of bytes when the
   * kernel has it, which says nothing of the peer. Bytes must not change until
   * then; text is sent as UTF-8.
   *
   * A name is looked up each time (the resolver remembers); a socket of one
   * family sends to that family's address of it.
   *
   * @throws {MessageTooLongError} When there are more bytes than a datagram has.
   * @throws {PermissionDeniedError} For a broadcast address without `broadcast`.
   * @throws {AddrInfoError} When the name cannot be resolved.
   * @throws {RangeError} When the port is not from 1 to 65535.
   * @throws {SocketError} With code `ENOBUFS`, when 65,536 sends wait already that
   * nobody has awaited.
   *
   * @example To an address, and to a name
   * ```ts
   * import { bindUdp } from "@berkeley/sockets/udp";
   * import { assertEquals } from "@std/assert";
   *
   * using a = await bindUdp({ hostname: "127.0.0.1" });
   * using b = await bindUdp({ hostname: "127.0.0.1" });
   *
   * await a.sendTo(new Uint8Array([1]), b.localAddr);
   * const { port } = b.localAddr;
   * await a.sendTo(new Uint8Array([2]), { hostname: "localhost", port });
   * assertEquals((await b.receive({ timeout: 5000 })).data[0], 1);
   * assertEquals((await b.receive({ timeout: 5000 })).data[0], 2);
   * ```
   */
  sendTo(
    data: Uint8Array | string,
    address: UdpDestination,
  ): Promise<number> {
    try {
      const bytes = encoded(data);
      const { hostname, port } = address;
      const core = coreOf(this);
      const text = this.#textNow(hostname, port);
      if (text !== undefined) return core.send(bytes, text, port);
      return core.find(hostname, port)
        .then((found) => core.send(bytes, found, port));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The address of a host as the backend needs it; undefined for a name. */
  #textNow(hostname: string, port: number): string | undefined {
    checkPeer(hostname, port, "send");
    if (hostname === this.#lastHost) return this.#lastText;
    const found = numericAddress({ hostname, port });
    if (found === undefined) return undefined;
    this.#lastText = coreOf(this).reachable(found.hostname);
    this.#lastHost = hostname;
    return this.#lastText;
  }

  /**
   * Sends each datagram to its address: C's `sendmmsg`. Resolves with how many
   * were sent when all were.
   *
   * @throws As `sendTo` does, once those before the failing one are sent.
   *
   * @example The same to several peers
   * ```ts
   * import { bindUdp } from "@berkeley/sockets/udp";
   * import { assertEquals } from "@std/assert";
   *
   * using socket = await bindUdp({ hostname: "127.0.0.1" });
   * using a = await bindUdp({ hostname: "127.0.0.1" });
   * using b = await bindUdp({ hostname: "127.0.0.1" });
   *
   * const data = new TextEncoder().encode("to both");
   * const sent = await socket.sendMany(
   *   [a, b].map((peer) => ({ data, address: peer.localAddr })),
   * );
   * assertEquals(sent, 2);
   * assertEquals((await a.receive({ timeout: 5000 })).data, data);
   * assertEquals((await b.receive({ timeout: 5000 })).data, data);
   * ```
   */
  async sendMany(
    datagrams: Iterable<{ data: Uint8Array; address: UdpDestination }>,
  ): Promise<number> {
    const outgoing: OutgoingDatagram[] = [];
    try {
      for (const { data, address } of datagrams) {
        const { hostname, port } = address;
        const text = this.#textNow(hostname, port) ??
          await coreOf(this).find(hostname, port);
        outgoing.push({ bytes: data, hostname: text, port });
      }
    } catch (error) {
      await coreOf(this).sendMany(outgoing);
      throw error;
    }
    return await coreOf(this).sendMany(outgoing);
  }

  /**
   * Connects the socket to a peer, as C's `connect` does: the port and what is
   * waiting to be received go over to the socket returned, and this one is closed.
   * When it fails, this one goes on.
   *
   * @throws {SocketError} When the system has no way to the peer (`ENETUNREACH`), or
   * refuses it (`EACCES`), where it is the kernel that connects.
   * @throws {AddrInfoError} When the name cannot be resolved.
   * @throws {RangeError} When the port is not from 1 to 65535.
   *
   * @example From now on with one peer
   * ```ts
   * import { bindUdp } from "@berkeley/sockets/udp";
   * import { assertEquals } from "@std/assert";
   *
   * using peer = await bindUdp({ hostname: "127.0.0.1" });
   * const socket = await bindUdp({ hostname: "127.0.0.1" });
   * const { port } = socket.localAddr;
   *
   * using connected = await socket.connect(peer.localAddr);
   * assertEquals([socket.isClosed, connected.localAddr.port], [true, port]);
   * await connected.send(new Uint8Array([7]));
   * assertEquals((await peer.receive({ timeout: 5000 })).data[0], 7);
   * ```
   */
  async connect(
    address: UdpDestination,
    options: WaitOptions = {},
  ): Promise<ConnectedUdpSocket> {
    const peer = await coreOf(this).connectTo(address, options);
    return new ConnectedUdpSocket(coreOf(this).handOver(peer));
  }
}

/**
 * A UDP socket with a peer, made by {@linkcode connectUdp}: it sends to the peer,
 * and datagrams of anybody else are never delivered.
 *
 * Where
 * {@linkcode ConnectedUdpSocket.prototype.kernelConnected | kernelConnected} is
 * false, which it is on the `"deno"` and `"node"` backends, this library does the
 * filtering. What only the kernel can do is missing then: a peer that refuses
 * (ICMP port unreachable) is not reported as `ECONNREFUSED`; a request to it just
 * times out.
 *
 * @example Sending and receiving
 * ```ts
 * import { bindUdp, connectUdp } from "@berkeley/sockets/udp";
 * import { assertEquals } from "@std/assert";
 *
 * using server = await bindUdp({ hostname: "127.0.0.1", port: 0 });
 * using client = await connectUdp(server.localAddr);
 *
 * await client.send("ping");
 * const { data, address } = await server.receive();
 * await server.sendTo(data, address);
 * const answer = await client.receive({ timeout: 5000 });
 * assertEquals(new TextDecoder().decode(answer.data), "ping");
 * ```
 */
export class ConnectedUdpSocket extends UdpEndpoint {
  /** The peer: C's `getpeername`. */
  get remoteAddr(): NetAddr {
    return coreOf(this).peer!.remoteAddr;
  }

  /** Whether the kernel does the filtering, and reports a peer that refuses. */
  get kernelConnected(): boolean {
    return coreOf(this).transport.kernelConnected;
  }

  /**
   * Sends a datagram to the peer: C's `send`. Resolves with the count of bytes
   * when the kernel has it; bytes must not change until then. Text is sent as UTF-8.
   *
   * @throws {MessageTooLongError} When there are more bytes than a datagram has.
   * @throws {SocketError} With code `ENOBUFS`, when 65,536 sends wait already that
   * nobody has awaited.
   *
   * @example One datagram
   * ```ts
   * import { bindUdp, connectUdp } from "@berkeley/sockets/udp";
   * import { assertEquals } from "@std/assert";
   *
   * using server = await bindUdp({ hostname: "127.0.0.1" });
   * using client = await connectUdp(server.localAddr);
   *
   * assertEquals(await client.send("hello"), 5);
   * const { data } = await server.receive({ timeout: 5000 });
   * assertEquals(new TextDecoder().decode(data), "hello");
   * ```
   */
  send(data: Uint8Array | string): Promise<number> {
    const { hostname, port } = coreOf(this).peer!;
    return coreOf(this).send(encoded(data), hostname, port);
  }

  /**
   * Sends datagrams to the peer: C's `sendmmsg`. Resolves with how many were sent
   * when all were.
   *
   * @throws As `send` does, once those before the failing one are sent.
   *
   * @example Several datagrams
   * ```ts
   * import { bindUdp, connectUdp } from "@berkeley/sockets/udp";
   * import { assertEquals } from "@std/assert";
   *
   * using server = await bindUdp({ hostname: "127.0.0.1" });
   * using client = await connectUdp(server.localAddr);
   *
   * const words = ["one", "two"].map((word) => new TextEncoder().encode(word));
   * assertEquals(await client.sendMany(words), 2);
   * assertEquals((await server.receive({ timeout: 5000 })).data, words[0]);
   * assertEquals((await server.receive({ timeout: 5000 })).data, words[1]);
   * ```
   */
  async sendMany(datagrams: Iterable<Uint8Array>): Promise<number> {
    const { hostname, port } = coreOf(this).peer!;
    return await coreOf(this).sendMany(
      Array.from(datagrams, (bytes) => ({ bytes, hostname, port })),
    );
  }

  /**
   * Takes another peer, as a second `connect` does in C. Datagrams of the former
   * one are not delivered any more. When it fails, it keeps the one that it has.
   *
   * @throws {SocketError} When the system has no way to the peer (`ENETUNREACH`), or
   * refuses it (`EACCES`), where it is the kernel that connects.
   * @throws {AddrInfoError} When the name cannot be resolved.
   * @throws {RangeError} When the port is not from 1 to 65535.
   *
   * @example The next server
   * ```ts
   * import { bindUdp, connectUdp } from "@berkeley/sockets/udp";
   * import { assertEquals } from "@std/assert";
   *
   * using first = await bindUdp({ hostname: "127.0.0.1" });
   * using second = await bindUdp({ hostname: "127.0.0.1" });
   * using client = await connectUdp(first.localAddr);
   *
   * await client.connect(second.localAddr);
   * assertEquals(client.remoteAddr, second.localAddr);
   * await client.send(new Uint8Array([7]));
   * assertEquals((await second.receive({ timeout: 5000 })).data[0], 7);
   * ```
   */
  async connect(
    address: UdpDestination,
    options: WaitOptions = {},
  ): Promise<void> {
    coreOf(this).peer = await coreOf(this).connectTo(address, options);
  }

  /**
   * Gives up the peer, as `connect` to `AF_UNSPEC` does in C: the port goes over
   * to the unconnected socket returned, and this one is closed.
   *
   * @throws {ClosedError} When the socket is closed already.
   *
   * @example The same port, without a peer
   * ```ts
   * import { bindUdp, connectUdp } from "@berkeley/sockets/udp";
   * import { assertEquals } from "@std/assert";
   *
   * using server = await bindUdp({ hostname: "127.0.0.1" });
   * const client = await connectUdp(server.localAddr);
   * const { port } = client.localAddr;
   *
   * using socket = client.disconnect();
   * assertEquals([client.isClosed, socket.localAddr.port], [true, port]);
   * await socket.sendTo(new Uint8Array([7]), server.localAddr);
   * assertEquals((await server.receive({ timeout: 5000 })).data[0], 7);
   * ```
   */
  disconnect(): UdpSocket {
    coreOf(this).disconnect();
    return new UdpSocket(coreOf(this).handOver(undefined));
  }

  /**
   * Sends a request and waits for its answer, and sends it again when none comes:
   * what clients of DNS or SNTP do. A peer that refuses is asked again, too.
   *
   * @throws {ConnectionRefusedError} When the last attempt was refused.
   * @throws {TimedOutError} When no attempt was answered.
   * @throws {RangeError} When an option is out of range.
   *
   * @example A request that is answered
   * ```ts
   * import { bindUdp, connectUdp } from "@berkeley/sockets/udp";
   * import { assertEquals } from "@std/assert";
   *
   * using server = await bindUdp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectUdp(server.localAddr);
   *
   * const answering = server.receive().then(({ data, address }) =>
   *   server.sendTo(new Uint8Array([data[0]!, 42]), address)
   * );
   * const { data } = await client.exchange(new Uint8Array([7]), {
   *   match: (data) => data[0] === 7,
   * });
   * assertEquals(data[1], 42);
   * await answering;
   * ```
   */
  exchange(
    data: Uint8Array | string,
    options: ExchangeOptions = {},
  ): Promise<Datagram> {
    return exchange(
      this,
      encoded(data),
      options,
      () => coreOf(this).error("ETIMEDOUT", "recvfrom"),
    );
  }
}
