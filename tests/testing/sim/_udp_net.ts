/**
 * Hosts with UDP only, in virtual time: for tests of the UDP model.
 *
 * @module
 */
import { UdpStack } from "../../../testing/_sim/udp/stack.ts";
import {
  runInVirtualTime,
  type Scheduler,
} from "../../../testing/_sim/time/mod.ts";
import type {
  MachineOptions,
  WireMachine,
} from "../../../testing/_sim/wire/machine.ts";
import { Wire } from "../../../testing/_sim/wire/wire.ts";
import { Random } from "../../../testing/_random.ts";
import { bindOver, connectOver, simulatedUdp } from "../../../udp/_seam.ts";
import type {
  BindUdpOptions,
  ConnectedUdpSocket,
  ConnectUdpOptions,
  UdpSocket,
} from "@berkeley/sockets/udp";

/** A host. */
export class UdpHost {
  readonly machine: WireMachine;
  readonly v4: string;
  readonly v6: string;
  udp: UdpStack;
  readonly #network;

  constructor(machine: WireMachine) {
    this.machine = machine;
    this.v4 = machine.addresses[0]!.text;
    this.v6 = machine.addresses[1]?.text ?? "::";
    this.udp = this.start();
    this.#network = simulatedUdp((target) => this.udp.bind(target), {
      getAddrInfo: () => Promise.reject(new Error("there are no names")),
    });
  }

  /** Boots an empty stack. */
  start(): UdpStack {
    this.udp = new UdpStack(this.machine);
    this.machine.attach("udp", this.udp);
    return this.udp;
  }

  bind(options: BindUdpOptions = {}): Promise<UdpSocket> {
    return bindOver(this.#network, options);
  }

  connect(options: ConnectUdpOptions): Promise<ConnectedUdpSocket> {
    return connectOver(this.#network, options);
  }
}

/** The network, and its clock. */
export class UdpNet {
  readonly scheduler: Scheduler;
  readonly wire: Wire;

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler;
    this.wire = new Wire(scheduler, new Random(1));
  }

  host(name: string, options?: MachineOptions): UdpHost {
    return new UdpHost(this.wire.machine(name, options));
  }

  /** Resolves later, by the clock of the network. */
  wait(delay: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, delay));
  }
}

/** Runs a test in a network. */
export function runUdp(body: (net: UdpNet) => Promise<void>): Promise<void> {
  return runInVirtualTime(
    { seed: 1 },
    ({ scheduler }) => body(new UdpNet(scheduler)),
  );
}
