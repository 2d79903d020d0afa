import type { AddressFinder } from "../resolve/mod.ts";
import type { WaitOptions } from "../wait/mod.ts";
import { findAddress, numericAddress } from "./_resolve.ts";
import { ConnectedUdpSocket } from "./connected_socket.ts";
import { showAddr, takeCore, type UdpCore, UdpEndpoint } from "./endpoint.ts";

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
  #lastTo: UdpDestination | undefined;
  #lastHost = "";

  /** Not for users: `bindUdp` makes sockets. */
  constructor(core: UdpCore, resolver?: AddressFinder) {
    super(core);
    this.#resolver = resolver;
  }

  /** Not for users. */
  protected override accepts(): boolean {
    return true;
  }

  /** Not for users. */
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
   * @throws {RangeError} When the port is out of range.
   */
  sendTo(bytes: Uint8Array, address: UdpDestination): Promise<number> {
    if (address === this.#lastTo && address.hostname === this.#lastHost) {
      return this.transmit(bytes, this.#lastText, address.port);
    }
    try {
      const found = numericAddress(address);
      if (found === undefined) return this.#sendToName(bytes, address);
      this.#lastText = this.reachable(found.hostname);
    } catch (error) {
      return Promise.reject(error);
    }
    this.#lastTo = address;
    this.#lastHost = address.hostname;
    return this.transmit(bytes, this.#lastText, address.port);
  }

  #lastText = "";

  async #sendToName(
    bytes: Uint8Array,
    address: UdpDestination,
  ): Promise<number> {
    const { hostname, port } = address;
    const found = await findAddress({
      hostname,
      port,
      family: this.family === 4 ? 4 : undefined,
      prefer: this.family,
      resolver: this.#resolver,
    }, {});
    return this.transmit(bytes, this.reachable(found.hostname), port);
  }

  /**
   * Sends each datagram to its address: C's `sendmmsg`. Resolves with how many
   * were sent when all were.
   *
   * @throws As `sendTo` does, once those before the failing one are sent.
   */
  async sendMany(
    datagrams: Iterable<{ data: Uint8Array; address: UdpDestination }>,
  ): Promise<number> {
    const sends: Promise<number>[] = [];
    for (const { data, address } of datagrams) {
      sends.push(this.sendTo(data, address));
    }
    const results = await Promise.allSettled(sends);
    for (const result of results) {
      if (result.status === "rejected") throw result.reason;
    }
    return results.length;
  }

  /**
   * Connects the socket to a peer, as C's `connect` does: the port and what is
   * waiting to be received go over to the socket returned, and this one is closed.
   *
   * @throws {AddrInfoError} When the name cannot be resolved.
   * @throws {RangeError} When the port is not from 1 to 65535.
   */
  async connect(
    address: UdpDestination,
    options: WaitOptions = {},
  ): Promise<ConnectedUdpSocket> {
    const found = await findAddress({
      ...address,
      family: this.family === 4 ? 4 : undefined,
      prefer: this.family,
      resolver: this.#resolver,
    }, options);
    const peer = this.reachable(found.hostname);
    return new ConnectedUdpSocket(
      takeCore(this),
      { hostname: peer, port: address.port },
      this.#resolver,
    );
  }
}
