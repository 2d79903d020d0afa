/**
 * Datagrams over libc: received and sent in batches, really connected.
 */
import { AF_INET, AF_INET6, type NetAddr, SOCK_DGRAM } from "../address/mod.ts";
import { socketError } from "../errors/mod.ts";
import { SYSTEM } from "../internal/runtime/mod.ts";
import { lackReason, optionOf } from "../internal/backends/mod.ts";
import {
  applyOptions,
  POLLIN,
  ReadyCalls,
  requirePosix,
} from "../internal/libc/mod.ts";
import type { InetName, MessageBatch, PosixSocket } from "../posix/mod.ts";
import { isLoopStarved, nextTurn } from "../internal/wait/mod.ts";
import { ABILITIES } from "./_abilities.ts";
import { changeMembership } from "./_posix_membership.ts";
import type {
  BindTarget,
  DatagramSink,
  DatagramTransport,
  Member,
  MulticastGroup,
  OutgoingDatagram,
  RawDatagram,
  SettingValues,
} from "./_transport.ts";

type Posix = typeof import("../posix/mod.ts");

/** How much room a socket has for datagrams that one call brings. */
const BATCH_BYTES = 256 * 1024;
/** The largest datagram that is copied to be sent. */
const SINGLE_BYTES = 2048;
/** The most datagrams that one call moves. */
const BATCH_COUNT = 64;

/**
 * How much the kernel may keep for a program that is busy elsewhere, as far as the
 * system's limit allows. What it has from the start, 208 KiB, is gone after 3 ms of
 * 100,000 small datagrams a second.
 */
const RECEIVE_BUFFER = 1024 * 1024;

function capacityOf(size: number): number {
  return Math.max(1, Math.min(BATCH_COUNT, Math.floor(BATCH_BYTES / size)));
}

/** A socket over libc. */
class PosixTransport implements DatagramTransport {
  readonly backend = "posix";
  readonly can = ABILITIES.posix;
  readonly dropped = 0;
  declare sink: DatagramSink;
  localAddr: NetAddr;
  readonly #posix: Posix;
  readonly #socket: PosixSocket;
  readonly #receives: ReadyCalls<RawDatagram>;
  readonly #size: number;
  /** The address that it was bound to, which a connected socket does not tell. */
  readonly #bound: string;
  /** Whom the kernel has connected it to. */
  #peer: InetName | undefined;
  /** What the last call brought, and how much of it has been taken. */
  #received: MessageBatch | undefined;
  #taken = 0;
  /** For one small datagram: it costs less than a call that might have to wait. */
  #single: MessageBatch | undefined;

  constructor(posix: Posix, socket: PosixSocket, target: BindTarget) {
    this.#posix = posix;
    this.#socket = socket;
    this.#receives = new ReadyCalls(socket, POLLIN);
    this.#size = target.maxDatagramSize;
    this.#bound = target.hostname;
    this.localAddr = this.#nameNow();
  }

  get kernelConnected(): boolean {
    return this.#peer !== undefined;
  }

  get descriptor(): number {
    return this.#socket.fd;
  }

  /** What the socket says now, which outlives it. */
  #nameNow(): NetAddr {
    const { hostname, port } = this.#socket.getSockName() as InetName;
    return { transport: "udp", hostname, port };
  }

  connect(hostname: string, port: number): void {
    const name = { hostname, port };
    const former = this.#peer;
    // Linux keeps the address of the first route for all peers that follow.
    const isBoundToAny = this.#bound === "0.0.0.0" || this.#bound === "::";
    const isRouted = former !== undefined && isBoundToAny;
    if (isRouted) this.#dissolve();
    try {
      this.#socket.connectNow(name);
    } catch (error) {
      if (isRouted) this.#socket.connectNow(former);
      throw error;
    }
    this.#peer = name;
    this.localAddr = this.#nameNow(); // the route's address from now on
  }

  /** Takes the peer away; if that would cost the port, the peer stays. */
  #dissolve(): void {
    const { port } = this.localAddr;
    this.#socket.disconnect();
    // Linux lets go of a port that it had chosen itself.
    const { port: left } = this.#socket.getSockName() as InetName;
    if (left !== 0) return;
    try {
      this.#socket.bind({ hostname: this.#bound, port });
    } catch (error) {
      if (this.#peer !== undefined) this.#socket.connectNow(this.#peer);
      this.localAddr = this.#nameNow(); // with another port, if that one was taken
      throw error;
    }
  }

  disconnect(): void {
    this.#dissolve();
    this.#peer = undefined;
    this.localAddr = this.#nameNow();
  }

  /** The next of what the last call brought, or the first of another call. */
  readonly receiveNow = (): RawDatagram | undefined => {
    const size = this.#size;
    const batch = this.#received ??= this.#newBatch(capacityOf(size), size);
    if (this.#taken >= batch.length) {
      if (this.#socket.recvManyNow(batch) === undefined) return undefined;
      this.#taken = 0;
    }
    const at = this.#taken++;
    const { hostname, port } = batch.address(at) as InetName;
    const truncated = batch.isTruncated(at);
    return { bytes: batch.data(at), hostname, port, truncated };
  };

  receive(): void {
    this.#receives.whenReady(this.receiveNow)
      .then(this.#onReceived, this.#onFailed);
  }

  readonly #onReceived = (datagram: RawDatagram): void =>
    this.sink.onDatagram(datagram);

  readonly #onFailed = (error: unknown): void => this.sink.onFailed(error);

  send(bytes: Uint8Array, hostname: string, port: number): Promise<number> {
    if (this.#isPeer(hostname, port)) return this.#socket.send(bytes);
    const name = { hostname, port };
    if (bytes.length > SINGLE_BYTES) return this.#socket.sendTo(bytes, name);
    const batch = this.#single ??= this.#newBatch(1, SINGLE_BYTES);
    try {
      batch.clear();
      this.#socket.addTo(batch, bytes, name);
      return this.#socket.sendManyNow(batch) === undefined
        ? this.#socket.sendTo(bytes, name)
        : Promise.resolve(bytes.length);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #newBatch(capacity: number, size: number): MessageBatch {
    return new this.#posix.MessageBatch({ capacity, size });
  }

  /** What was to be sent before it was connected may be for somebody else. */
  #isPeer(hostname: string, port: number): boolean {
    const peer = this.#peer;
    return peer !== undefined && port === peer.port &&
      hostname === peer.hostname;
  }

  async sendMany(
    datagrams: readonly OutgoingDatagram[],
    onSent: (count: number) => void,
  ): Promise<void> {
    const longest = datagrams.reduce(
      (most, { bytes }) => Math.max(most, bytes.length),
      1,
    );
    const capacity = Math.min(capacityOf(longest), datagrams.length);
    const batch = this.#newBatch(capacity, longest);
    for (let at = 0; at < datagrams.length;) {
      const count = this.#sendBatch(batch, datagrams, at);
      onSent(count);
      at += count;
      if (isLoopStarved()) await nextTurn();
      if (count > 0) continue;
      // Waits until there is room, or fails as the first of the rest does.
      const { bytes, hostname, port } = datagrams[at++]!;
      await this.send(bytes, hostname, port);
      onSent(1);
    }
  }

  /**
   * Sends as many as the kernel takes of a batch at once, from one on. The batch
   * ends before a datagram that is refused; the next batch then fails with it.
   */
  #sendBatch(
    batch: MessageBatch,
    datagrams: readonly OutgoingDatagram[],
    from: number,
  ): number {
    batch.clear();
    const end = Math.min(datagrams.length, from + batch.capacity);
    for (let at = from; at < end; at++) {
      const datagram = datagrams[at]!;
      const { bytes, hostname, port } = datagram;
      try {
        if (this.#isPeer(hostname, port)) batch.push(bytes);
        else this.#socket.addTo(batch, bytes, datagram);
      } catch (error) {
        if (batch.length === 0) throw error;
        break;
      }
    }
    return this.#socket.sendManyNow(batch) ?? 0;
  }

  set<K extends keyof SettingValues>(name: K, value: SettingValues[K]): void {
    const option = optionOf(name, this.#socket.family === AF_INET6 ? 6 : 4);
    const own = option === "IPV6_MULTICAST_IF" && typeof value === "string"
      ? this.#posix.interfaceIndex(value)
      : value;
    this.#socket.setSockOpt(option, own as never);
  }

  // deno-lint-ignore require-await -- so that what it throws rejects
  async join(group: MulticastGroup): Promise<Member> {
    const socket = this.#socket;
    changeMembership(socket, "JOIN", group);
    return { leave: () => changeMembership(socket, "LEAVE", group) };
  }

  close(): Promise<void> {
    return this.#socket[Symbol.asyncDispose]();
  }

  ref(): void {
    this.#socket.ref();
  }

  unref(): void {
    this.#socket.unref();
  }
}

/** Binds. */
export async function bindPosix(
  target: BindTarget,
): Promise<DatagramTransport> {
  const posix = await requirePosix({ action: "bind", syscall: "bind" });
  if (SYSTEM !== "linux") {
    throw socketError("ENOTSUP", {
      action: `bind to ${target.hostname}`,
      syscall: "recvmmsg",
      reason: lackReason("linux", { backend: "posix" }),
    });
  }
  const { hostname, port, reuseAddress } = target;
  const family = hostname.includes(":") ? AF_INET6 : AF_INET;
  const socket = posix.socket(family, SOCK_DGRAM);
  try {
    if (reuseAddress) socket.setSockOpt("SO_REUSEADDR", true);
    if (hostname === "::") socket.setSockOpt("IPV6_V6ONLY", false);
    socket.setSockOpt("SO_RCVBUF", RECEIVE_BUFFER);
    applyOptions(socket, target.socketOptions);
    socket.bind({ hostname, port });
    return new PosixTransport(posix, socket, target);
  } catch (error) {
    socket.close();
    throw error;
  }
}
