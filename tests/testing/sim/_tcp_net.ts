/**
 * Hosts with TCP only, in virtual time: for tests of the TCP model.
 *
 * @module
 */
import {
  TcpStack,
  type TcpStackOptions,
} from "../../../testing/_sim/tcp/stack.ts";
import {
  runInVirtualTime,
  type World,
} from "../../../testing/_sim/time/mod.ts";
import type {
  MachineOptions,
  WireMachine,
} from "../../../testing/_sim/wire/machine.ts";
import type { LinkOptions } from "../../../testing/link_options.ts";
import { readLinkOptions } from "../../../testing/_sim/wire/read_link_options.ts";
import { Wire, type WireOptions } from "../../../testing/_sim/wire/wire.ts";
import {
  connectOver,
  listenOver,
  simulatedTcp,
  type TcpNetwork,
} from "../../../tcp/_seam.ts";
import type {
  ConnectTcpOptions,
  ListenTcpOptions,
  TcpConn,
  TcpListener,
} from "@berkeley/sockets/tcp";

/** A host. */
export class TcpHost {
  readonly machine: WireMachine;
  readonly v4: string;
  readonly v6: string;
  /** Its TCP, which a restart makes anew. */
  stack!: TcpStack;
  readonly #options: TcpStackOptions;
  #network: TcpNetwork;

  constructor(machine: WireMachine, options: TcpStackOptions) {
    this.machine = machine;
    this.#options = options;
    this.v4 = machine.addresses[0]!.text;
    this.v6 = machine.addresses[1]?.text ?? "::";
    this.#network = this.#boot();
  }

  #boot(): TcpNetwork {
    this.stack = new TcpStack(this.machine, this.#options);
    this.machine.attach("tcp", this.stack);
    return simulatedTcp(this.stack, {
      getAddrInfo: () => Promise.reject(new Error("there are no names")),
    });
  }

  /** Starts again with an empty stack. */
  restart(): void {
    this.machine.restart();
    this.#network = this.#boot();
  }

  connect(options: ConnectTcpOptions): Promise<TcpConn> {
    return connectOver(this.#network, options);
  }

  listen(options: ListenTcpOptions): Promise<TcpListener> {
    return listenOver(this.#network, options);
  }
}

/** How a network is made. */
export interface TcpNetOptions extends WireOptions, TcpStackOptions {
  readonly seed?: number;
}

/** The network, and its clock. */
export class TcpNet {
  readonly wire: Wire;
  readonly world: World;
  readonly #options: TcpNetOptions;

  constructor(world: World, options: TcpNetOptions) {
    this.world = world;
    this.#options = options;
    this.wire = new Wire(world.scheduler, world.random.fork("wire"), options);
  }

  /** Milliseconds since the start. */
  get now(): number {
    return this.world.scheduler.now;
  }

  host(name: string, options?: MachineOptions): TcpHost {
    return new TcpHost(this.wire.machine(name, options), this.#options);
  }

  /** Two hosts, a listener on the second and a connection to it. */
  async pair(): Promise<TcpPair> {
    const a = this.host("a");
    const b = this.host("b");
    const listener = await b.listen({ hostname: b.v4, port: 80 });
    const client = await a.connect({ hostname: b.v4, port: 80 });
    const server = await listener.accept();
    return { a, b, listener, client, server };
  }

  /** Changes the links between two hosts. */
  link(a: TcpHost, b: TcpHost, options: LinkOptions): void {
    const read = readLinkOptions(options);
    a.machine.linkTo(b.machine).options = read;
    b.machine.linkTo(a.machine).options = read;
  }

  /** Loses all packets between two hosts, until they are healed. */
  cut(a: TcpHost, b: TcpHost): void {
    a.machine.linkTo(b.machine).cut();
    b.machine.linkTo(a.machine).cut();
  }

  heal(a: TcpHost, b: TcpHost): void {
    a.machine.linkTo(b.machine).heal();
    b.machine.linkTo(a.machine).heal();
  }

  /** The packets whose text has a part, such as " [S],". */
  segments(part = ""): { time: number; text: string }[] {
    return [...this.wire.recorder]
      .map((event) => ({ time: event.time, text: event.text() }))
      .filter(({ text }) => text.includes(part));
  }
}

/** Two ends of a connection between two hosts. */
export interface TcpPair {
  readonly a: TcpHost;
  readonly b: TcpHost;
  readonly listener: TcpListener;
  readonly client: TcpConn;
  readonly server: TcpConn;
}

/** The code of the error of a call. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "none";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

/** Resolves after so many milliseconds of virtual time. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Runs a test on a network in virtual time. */
export function onTcpNet<T>(
  options: TcpNetOptions,
  test: (net: TcpNet) => Promise<T>,
): Promise<T> {
  return runInVirtualTime(
    { seed: options.seed ?? 1 },
    (world) => test(new TcpNet(world, options)),
  );
}
