import type { NetAddr } from "../address/mod.ts";
import type {
  StreamFeature,
  StreamTransport,
  TakenOver,
} from "../stream/_seam.ts";
import type { DenoTcpConn } from "../stream/mod.ts";
import type { TcpCarrier, TcpTransport } from "./_transport.ts";

const NOTHING = new Uint8Array();
const NONE: ReadonlySet<StreamFeature> = new Set();

/** The local address of a connection that leaves over a unix socket. */
const NO_ADDRESS: NetAddr = {
  transport: "tcp",
  hostname: "0.0.0.0",
  port: 0,
};

/** A connection to a proxy that has connected it to its target. */
export class ProxiedTransport implements TcpTransport {
  readonly remoteAddr: NetAddr;
  readonly closeWrite?: () => Promise<void>;
  readonly detach?: () => DenoTcpConn;
  readonly #below: StreamTransport & Partial<TcpTransport>;
  /** The first bytes of the target, which came right behind the proxy's answer. */
  #head: Uint8Array;

  constructor({ transport, buffered }: TakenOver, remoteAddr: NetAddr) {
    const below = transport as StreamTransport & Partial<TcpTransport>;
    this.#below = below;
    this.#head = buffered;
    this.remoteAddr = remoteAddr;
    if (below.closeWrite) this.closeWrite = () => below.closeWrite!();
    // What carries TLS or a unix socket is no connection of TCP.
    const { detach } = below;
    if (detach && below.setNoDelay) {
      this.detach = () => detach.call(below) as DenoTcpConn;
    }
  }

  get backend(): TcpCarrier {
    return this.#below.backend as TcpCarrier;
  }

  get lacks(): ReadonlySet<StreamFeature> {
    return this.#below.lacks ?? NONE;
  }

  get localAddr(): NetAddr {
    const { localAddr } = this.#below;
    return "hostname" in localAddr ? localAddr as NetAddr : NO_ADDRESS;
  }

  get hasIdleTime(): boolean {
    return this.#below.hasIdleTime ?? false;
  }

  get canLeaveRead(): boolean {
    return this.#below.canLeaveRead ?? false;
  }

  get unread(): Uint8Array {
    const { unread = NOTHING } = this.#below;
    return this.#head.length > 0 ? this.#head : unread;
  }

  /** The socket itself, whose addresses are those of the proxy. */
  get carrier(): StreamTransport<NetAddr> {
    return this.#below.carrier ?? this.#below as StreamTransport<NetAddr>;
  }

  read(buffer: Uint8Array): Promise<number | null> {
    return this.#head.length === 0
      ? this.#below.read(buffer)
      : Promise.resolve(this.#takeHead(buffer));
  }

  #takeHead(buffer: Uint8Array): number {
    const count = Math.min(buffer.length, this.#head.length);
    buffer.set(this.#head.subarray(0, count));
    this.#head = this.#head.subarray(count);
    return count;
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#below.write(bytes);
  }

  close(): void | Promise<void> {
    return this.#below.close();
  }

  reset(): boolean {
    return this.#below.reset?.() ?? false;
  }

  ref(): void {
    this.#below.ref();
  }

  unref(): void {
    this.#below.unref();
  }

  holdRead(isHeld: boolean): void {
    this.#below.holdRead?.(isHeld);
  }

  setNoDelay(on: boolean): void {
    this.#below.setNoDelay?.(on);
  }

  setKeepAlive(on: boolean, idle?: number): void {
    this.#below.setKeepAlive?.(on, idle);
  }
}
