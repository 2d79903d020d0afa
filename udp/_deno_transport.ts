import type { Addr, NetAddr } from "../address/mod.ts";
import { socketError } from "../errors/mod.ts";
import { EndingSockets, lackReason } from "../internal/backends/mod.ts";
import { isDeno, SYSTEM } from "../internal/runtime/mod.ts";
import { ABILITIES } from "./_abilities.ts";
import { interfaceIndex } from "./_interfaces.ts";
import { isPassingFault, type Os, receiveRoom } from "./_systems.ts";
import type {
  BindTarget,
  DatagramSink,
  DatagramTransport,
  Member,
  MulticastGroup,
  RawDatagram,
} from "./_transport.ts";

/** What `--unstable-net` adds to the types. */
interface DatagramConn {
  readonly addr: Addr;
  receive(buffer: Uint8Array): Promise<[Uint8Array, Addr]>;
  send(bytes: Uint8Array, addr: Addr): Promise<number>;
  joinMulticastV4(address: string, networkInterface: string): Promise<Member>;
  joinMulticastV6(address: string, networkInterface: number): Promise<Member>;
  close(): void;
  ref?(): void;
  unref?(): void;
}

interface UnstableDeno {
  listenDatagram?(options: object): DatagramConn;
}

const ending = new EndingSockets();

/** A socket over `Deno.listenDatagram`, which receives into one buffer. */
class DenoTransport implements DatagramTransport {
  readonly backend = "deno";
  readonly kernelConnected = false;
  readonly can = ABILITIES.deno;
  readonly dropped = 0;
  declare sink: DatagramSink;
  readonly localAddr: NetAddr;
  readonly #conn: DatagramConn;
  readonly #maxDatagramSize: number;
  readonly #os: Os;
  /** More than the largest datagram, so that a larger one shows. */
  readonly #slab: Uint8Array;
  /** The one that was received last: an object for each would cost as much as its copy. */
  readonly #datagram: { -readonly [K in keyof RawDatagram]: RawDatagram[K] } = {
    bytes: new Uint8Array(0),
    hostname: "",
    port: 0,
    truncated: false,
  };
  /** The calls of the runtime that were begun last; there is one of each at most. */
  #receiving: Promise<unknown> | undefined;
  #sending: Promise<unknown> | undefined;

  constructor(conn: DatagramConn, target: BindTarget, os: Os) {
    this.#conn = conn;
    this.#maxDatagramSize = target.maxDatagramSize;
    this.#os = os;
    this.#slab = new Uint8Array(receiveRoom(target, os));
    const { hostname, port } = conn.addr as NetAddr;
    this.localAddr = { transport: "udp", hostname, port };
  }

  receive(): void {
    this.#receiving = this.#conn.receive(this.#slab)
      .then(this.#onReceived, this.#onFailed);
  }

  readonly #onReceived = (received: [Uint8Array, Addr]): void => {
    const datagram = this.#datagram;
    const view = received[0];
    const from = received[1] as NetAddr;
    datagram.hostname = from.hostname;
    datagram.port = from.port;
    datagram.truncated = view.length > this.#maxDatagramSize;
    datagram.bytes = datagram.truncated
      ? view.subarray(0, this.#maxDatagramSize)
      : view;
    this.sink.onDatagram(datagram);
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

  join(
    { family, address, interface: via = 0 }: MulticastGroup,
  ): Promise<Member | undefined> {
    if (family === 4) {
      return this.#conn.joinMulticastV4(address, String(via || "0.0.0.0"));
    }
    const index = typeof via === "string" ? interfaceIndex(via) : via;
    return index === undefined
      ? Promise.resolve(undefined)
      : this.#conn.joinMulticastV6(address, index);
  }

  close(): Promise<void> {
    this.#conn.close();
    return ending.add([this.#receiving, this.#sending]);
  }

  ref(): void {
    this.#conn.ref?.();
  }

  unref(): void {
    this.#conn.unref?.();
  }
}

/** Binds, to a port that one of our own sockets may just have closed, too. */
export function bindDeno(
  target: BindTarget,
  os: Os = SYSTEM,
): Promise<DatagramTransport> {
  const { hostname, port, reuseAddress } = target;
  const where = { transport: "udp", hostname, port } as const;
  return ending.open(() => {
    const deno: UnstableDeno = isDeno ? Deno : {};
    const { listenDatagram: listen } = deno;
    if (listen === undefined) {
      const reason = lackReason(isDeno ? "unstableNet" : "deno", {
        backend: "deno",
      });
      const context = { action: "bind", syscall: "socket" };
      throw socketError("ENOTSUP", { ...context, reason });
    }
    const conn = listen({ ...where, reuseAddress, loopback: true });
    return new DenoTransport(conn, target, os);
  });
}
