import { parseIpAddress } from "../address/mod.ts";
import type { AddressFinder } from "../resolve/mod.ts";
import type { WaitOptions } from "../internal/wait/mod.ts";
import { findPeer } from "./_resolve.ts";
import { unmapped } from "../internal/hosts/mod.ts";
import { isSameHost, showAddr } from "./_address_text.ts";
import type { UdpCore } from "./_core.ts";
import type { Datagram } from "./datagram.ts";
import { coreOf, takeCore, UdpEndpoint } from "./endpoint.ts";
import { setPeer } from "./_peer.ts";
import { exchange, type ExchangeOptions } from "./exchange.ts";
import { type UdpDestination, UdpSocket } from "./socket.ts";

/**
 * A UDP socket with a peer, made by {@linkcode connectUdp}: it sends to the peer,
 * and datagrams of anybody else are never delivered.
 *
 * Where
 * {@linkcode ConnectedUdpSocket.prototype.kernelConnected | kernelConnected} is
 * false, which it is on the `"deno"` and `"node"` backends, this library does the
 * filtering. What the kernel alone can do is missing then: a peer that refuses
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
 * await client.send(new TextEncoder().encode("ping"));
 * const { data, address } = await server.receive();
 * await server.sendTo(data, address);
 * const answer = await client.receive({ timeout: 5000 });
 * assertEquals(new TextDecoder().decode(answer.data), "ping");
 * ```
 */
export class ConnectedUdpSocket extends UdpEndpoint {
  readonly #resolver: AddressFinder | undefined;
  #hostname = "";
  #port = 0;
  /** How else the runtime calls the peer. */
  #alias: string | undefined;
  #remoteAddr: Deno.NetAddr = { transport: "udp", hostname: "", port: 0 };

  /**
   * Not for users: `connectUdp` makes connected sockets, of a core with a peer.
   *
   * @ignore
   */
  constructor(core: UdpCore, peer: UdpDestination, resolver?: AddressFinder) {
    super(core);
    this.#resolver = resolver;
    this.#retarget(peer.hostname, peer.port);
  }

  #retarget(hostname: string, port: number): void {
    // Senders are compared by text, so it must be the text that the runtime has.
    this.#hostname = parseIpAddress(hostname).toString();
    this.#port = port;
    this.#alias = undefined;
    this.#remoteAddr = {
      transport: "udp",
      hostname: unmapped(this.#hostname),
      port,
    };
  }

  /** The peer: C's `getpeername`. */
  get remoteAddr(): Deno.NetAddr {
    return this.#remoteAddr;
  }

  /**
   * Not for users.
   *
   * @ignore
   */
  protected override get peer(): Deno.NetAddr {
    return this.#remoteAddr;
  }

  /** Whether the kernel does the filtering, and reports a peer that refuses. */
  get kernelConnected(): boolean {
    return coreOf(this).transport.kernelConnected;
  }

  /**
   * Not for users.
   *
   * @ignore
   */
  protected override accepts(hostname: string, port: number): boolean {
    if (port !== this.#port) return false;
    if (hostname === this.#hostname || hostname === this.#alias) return true;
    if (!isSameHost(hostname, this.#hostname)) return false;
    this.#alias = hostname;
    return true;
  }

  /**
   * Not for users.
   *
   * @ignore
   */
  protected override subject(syscall: string): string {
    const verb = syscall === "sendto"
      ? "send to"
      : syscall === "recvfrom"
      ? "receive from"
      : "set up the socket to";
    return `${verb} ${showAddr(this.#remoteAddr)}`;
  }

  /**
   * Sends a datagram to the peer: C's `send`. Resolves with the count of bytes
   * when the kernel has it; the bytes must not change until then.
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
   * assertEquals(await client.send(new Uint8Array([1, 2, 3])), 3);
   * assertEquals((await server.receive({ timeout: 5000 })).data.length, 3);
   * ```
   */
  send(bytes: Uint8Array): Promise<number> {
    return this.transmit(bytes, this.#hostname, this.#port);
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
    const [hostname, port] = [this.#hostname, this.#port];
    return await this.transmitMany(
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
    const { hostname, port } = address;
    const found = await findPeer({
      hostname,
      port,
      family: this.family === 4 ? 4 : undefined,
      prefer: this.family,
      resolver: this.#resolver,
    }, options);
    if (this.isClosed) throw this.error("EBADF", "connect");
    const text = this.reachable(found.hostname);
    setPeer(coreOf(this), { hostname: text, port });
    this.#retarget(text, port);
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
    if (this.isClosed) throw this.error("EBADF", "connect");
    try {
      coreOf(this).transport.disconnect?.();
    } catch (error) {
      throw this.failure(error, "connect");
    }
    return new UdpSocket(takeCore(this), this.#resolver);
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
    bytes: Uint8Array,
    options: ExchangeOptions = {},
  ): Promise<Datagram> {
    return exchange(
      this,
      bytes,
      options,
      coreOf(this).timers,
      () => this.error("ETIMEDOUT", "recvfrom"),
    );
  }
}
