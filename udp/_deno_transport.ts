import { interfaceIndex } from "./_interfaces.ts";
import { Memberships } from "./_membership.ts";
import type {
  BindTarget,
  DatagramTransport,
  MulticastGroup,
  RawDatagram,
  UdpSettings,
} from "./_transport.ts";

/** What `--unstable-net` adds to the types. */
interface DatagramConn {
  readonly addr: Deno.Addr;
  receive(buffer: Uint8Array): Promise<[Uint8Array, Deno.Addr]>;
  send(bytes: Uint8Array, addr: Deno.Addr): Promise<number>;
  joinMulticastV4(address: string, networkInterface: string): Promise<Member>;
  joinMulticastV6(address: string, networkInterface: number): Promise<Member>;
  close(): void;
  ref?(): void;
  unref?(): void;
}

interface Member {
  leave(): Promise<void>;
  setLoopback(on: boolean): Promise<void>;
  setTTL?(ttl: number): Promise<void>;
}

type ListenDatagram = (options: {
  transport: "udp";
  hostname: string;
  port: number;
  reuseAddress?: boolean;
  loopback?: boolean;
}) => DatagramConn;

function listenDatagram(): ListenDatagram | undefined {
  return (Deno as { listenDatagram?: ListenDatagram }).listenDatagram;
}

/** Whether the program was started with `--unstable-net`. */
export function hasDenoDatagrams(): boolean {
  return typeof listenDatagram() === "function";
}

/** A socket over `Deno.listenDatagram`, which receives into one buffer. */
class DenoTransport implements DatagramTransport {
  readonly backend = "deno";
  readonly kernelConnected = false;
  readonly dropped = 0;
  readonly localAddr: Deno.NetAddr;
  readonly #conn: DatagramConn;
  /** One byte more than the largest datagram, which tells a larger one. */
  readonly #slab: Uint8Array;
  readonly #members = new Memberships<Member>();

  constructor(conn: DatagramConn, maxDatagramSize: number) {
    this.#conn = conn;
    this.#slab = new Uint8Array(maxDatagramSize + 1);
    const { hostname, port } = conn.addr as Deno.NetAddr;
    this.localAddr = { transport: "udp", hostname, port };
  }

  receive(): Promise<RawDatagram> {
    return this.#conn.receive(this.#slab).then(this.#onReceived);
  }

  readonly #onReceived = (
    [view, addr]: [Uint8Array, Deno.Addr],
  ): RawDatagram => {
    const { hostname, port } = addr as Deno.NetAddr;
    const truncated = view.length === this.#slab.length;
    const bytes = truncated ? view.subarray(0, -1) : view;
    return { bytes, hostname, port, truncated };
  };

  receiveNow(): undefined {
    return undefined;
  }

  send(bytes: Uint8Array, hostname: string, port: number): Promise<number> {
    return this.#conn.send(bytes, { transport: "udp", hostname, port });
  }

  set(name: keyof UdpSettings): boolean {
    // The runtime sets SO_BROADCAST on every socket, and never takes it back.
    return name === "broadcast";
  }

  async join(group: MulticastGroup): Promise<boolean> {
    const { family, address, interface: via = 0, source } = group;
    if (source !== undefined) return false;
    const index = typeof via === "string" ? interfaceIndex(via) : via;
    if (family === 6 && index === undefined) return false;
    this.#members.requireNone(group);
    const member = family === 4
      ? await this.#conn.joinMulticastV4(address, String(via || "0.0.0.0"))
      : await this.#conn.joinMulticastV6(address, index!);
    this.#members.add(group, member);
    return true;
  }

  async leave(group: MulticastGroup): Promise<boolean> {
    await this.#members.take(group).leave();
    return true;
  }

  close(): Promise<void> {
    this.#conn.close();
    return Promise.resolve();
  }

  ref(): boolean {
    this.#conn.ref?.();
    return this.#conn.ref !== undefined;
  }

  unref(): boolean {
    this.#conn.unref?.();
    return this.#conn.unref !== undefined;
  }
}

/** Binds. */
export function bindDeno(target: BindTarget): DatagramTransport {
  const { hostname, port, reuseAddress, maxDatagramSize } = target;
  const conn = listenDatagram()!({
    transport: "udp",
    hostname,
    port,
    reuseAddress,
    loopback: true,
  });
  return new DenoTransport(conn, maxDatagramSize);
}
