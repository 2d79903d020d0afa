import type { AddressFinder } from "../resolve/mod.ts";
import type { WaitOptions } from "../internal/wait/mod.ts";
import {
  checkHostname,
  checkPeerPort,
  findAddress,
  findPeer,
  type Lookup,
} from "./_resolve.ts";
import { numericAddress } from "../internal/hosts/mod.ts";
import { ConnectedUdpSocket } from "./connected_socket.ts";
import type { OutgoingDatagram } from "./_transport.ts";
import { showAddr } from "./_address_text.ts";
import type { UdpCore } from "./_core.ts";
import { setPeer } from "./_peer.ts";
import { coreOf, takeCore, UdpEndpoint } from "./endpoint.ts";

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
  readonly #resolver: AddressFinder | undefined;
  /** The host that was last sent to, and its address as the backend needs it. */
  #lastHost: string | undefined;
  #lastText = "";

  /**
   * Not for users: `bindUdp` makes sockets.
   *
   * @ignore
   */
  constructor(core: UdpCore, resolver?: AddressFinder) {
    super(core);
    this.#resolver = resolver;
  }

  /**
   * Not for users.
   *
   * @ignore
   */
  protected override accepts(): boolean {
    return true;
  }

  /**
   * Not for users.
   *
   * @ignore
   */
  protected override subject(syscall: string): string {
    const verb = syscall === "sendto"
      ? "send from"
      : syscall === "recvfrom"
      ? "receive on"
      : "set up";
    return `${verb} ${showAddr(this.localAddr)}`;
  }

  /**
   * Sends a datagram: C's `sendto`. Resolves with the count of bytes when the
   * kernel has it, which says nothing of the peer. The bytes must not change
   * until then.
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
  sendTo(bytes: Uint8Array, address: UdpDestination): Promise<number> {
    try {
      const { hostname, port } = address;
      const text = this.#textNow(hostname, port);
      return text === undefined
        ? this.#sendToName(bytes, hostname, port)
        : this.transmit(bytes, text, port);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The address of a host as the backend needs it; undefined for a name. */
  #textNow(hostname: string, port: number): string | undefined {
    checkPeerPort(port, "send");
    checkHostname(hostname, "send to");
    if (hostname === this.#lastHost) return this.#lastText;
    const found = numericAddress({ hostname, port });
    if (found === undefined) return undefined;
    this.#lastText = this.reachable(found.hostname);
    this.#lastHost = hostname;
    return this.#lastText;
  }

  async #sendToName(
    bytes: Uint8Array,
    hostname: string,
    port: number,
  ): Promise<number> {
    const found = await findAddress(this.#lookup(hostname, port), {});
    return this.transmit(bytes, this.reachable(found.hostname), port);
  }

  #lookup(hostname: string, port: number): Lookup {
    return {
      hostname,
      port,
      family: this.family === 4 ? 4 : undefined,
      prefer: this.family,
      resolver: this.#resolver,
    };
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
    let failure: { error: unknown } | undefined;
    for (const { data, address } of datagrams) {
      try {
        const { hostname, port } = address;
        let text = this.#textNow(hostname, port);
        if (text === undefined) {
          const found = await findAddress(this.#lookup(hostname, port), {});
          text = this.reachable(found.hostname);
        }
        outgoing.push({ bytes: data, hostname: text, port });
      } catch (error) {
        failure = { error };
        break;
      }
    }
    const sent = await this.transmitMany(outgoing);
    if (failure !== undefined) throw failure.error;
    return sent;
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
    const { hostname, port } = address;
    const found = await findPeer(this.#lookup(hostname, port), options);
    if (this.isClosed) throw this.error("EBADF", "connect");
    const peer = { hostname: this.reachable(found.hostname), port };
    setPeer(coreOf(this), peer);
    return new ConnectedUdpSocket(takeCore(this), peer, this.#resolver);
  }
}
