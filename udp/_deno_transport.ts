import { ABILITIES } from "./_abilities.ts";
import { interfaceIndex } from "./_interfaces.ts";
import { Memberships } from "./_membership.ts";
import { isPassingFault, type Os, receiveRoom } from "./_systems.ts";
import type {
  BindTarget,
  DatagramSink,
  DatagramTransport,
  MulticastGroup,
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

/**
 * Calls that were pending when their socket was closed: until they have ended,
 * the runtime keeps the port.
 */
const ending = new Set<Promise<unknown>>();

/** A socket over `Deno.listenDatagram`, which receives into one buffer. */
class DenoTransport implements DatagramTransport {
  readonly backend = "deno";
  readonly kernelConnected = false;
  readonly can = ABILITIES.deno;
  readonly dropped = 0;
  declare sink: DatagramSink;
  readonly localAddr: Deno.NetAddr;
  readonly #conn: DatagramConn;
  readonly #maxDatagramSize: number;
  readonly #os: Os;
  /** More than the largest datagram, so that a larger one shows. */
  readonly #slab: Uint8Array;
  readonly #members = new Memberships<Member>();
  /** The calls of the runtime that were begun last; there is one of each at most. */
  #receiving: Promise<unknown> | undefined;
  #sending: Promise<unknown> | undefined;

  constructor(conn: DatagramConn, target: BindTarget, os: Os) {
    this.#conn = conn;
    this.#maxDatagramSize = target.maxDatagramSize;
    this.#os = os;
    this.#slab = new Uint8Array(receiveRoom(target, os));
    const { hostname, port } = conn.addr as Deno.NetAddr;
    this.localAddr = { transport: "udp", hostname, port };
  }

  receive(): void {
    this.#receiving = this.#conn.receive(this.#slab)
      .then(this.#onReceived, this.#onFailed);
  }

  readonly #onReceived = (received: [Uint8Array, Deno.Addr]): void => {
    const view = received[0];
    const { hostname, port } = received[1] as Deno.NetAddr;
    const truncated = view.length > this.#maxDatagramSize;
    const bytes = truncated ? view.subarray(0, this.#maxDatagramSize) : view;
    this.sink.onDatagram({ bytes, hostname, port, truncated });
  };

  readonly #onFailed = (error: unknown): void => {
    if (isPassingFault(error, this.#os)) this.receive();
    else this.sink.onFailed(error);
  };

  receiveNow(): undefined {
    return undefined;
  }

  send(bytes: Uint8Array, hostname: string, port: number): Promise<number> {
    const sending = this.#conn.send(bytes, {
      transport: "udp",
      hostname,
      port,
    });
    this.#sending = sending;
    return sending;
  }

  set(): void {} // broadcast is always on

  async join(group: MulticastGroup): Promise<boolean> {
    const { family, address, interface: via = 0 } = group;
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
    const end = Promise.allSettled([this.#receiving, this.#sending])
      .then(() => {});
    ending.add(end);
    end.then(() => ending.delete(end));
    return end;
  }

  ref(): void {
    this.#conn.ref?.();
  }

  unref(): void {
    this.#conn.unref?.();
  }
}

/** Binds, to a port that one of our own sockets may just have closed, too. */
export async function bindDeno(
  target: BindTarget,
  os: Os = Deno.build.os,
): Promise<DatagramTransport> {
  try {
    return bind(target, os);
  } catch (error) {
    const isOurs = error instanceof Deno.errors.AddrInUse && ending.size > 0;
    if (!isOurs) throw error;
    await Promise.all(ending);
    return bind(target, os);
  }
}

function bind(target: BindTarget, os: Os): DatagramTransport {
  const { hostname, port, reuseAddress } = target;
  const conn = listenDatagram()!({
    transport: "udp",
    hostname,
    port,
    reuseAddress,
    loopback: true,
  });
  return new DenoTransport(conn, target, os);
}
