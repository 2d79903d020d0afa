import type { LinkOptions } from "../../link_options.ts";
import type { TraceKind } from "../../trace_event.ts";
import type { Random } from "../../_random.ts";
import type { Scheduler } from "../time/scheduler.ts";
import { Faults } from "./faults.ts";
import { defaultAddresses, type HostAddress } from "./host_address.ts";
import { HostRecord } from "./host_record.ts";
import { Link } from "./link.ts";
import { type MachineOptions, WireMachine } from "./machine.ts";
import {
  LOOPBACK_LINK,
  type ReadLinkOptions,
  readLinkOptions,
} from "./read_link_options.ts";
import { Recorder } from "./recorder.ts";

/** What a network is like. */
export interface WireOptions {
  /** Every link, until it is changed. */
  readonly link?: LinkOptions | undefined;
  /** How many events are recorded. Defaults to 10,000. */
  readonly maxTrace?: number | undefined;
  /** The only random faults that may happen, by name; all if omitted. */
  readonly faults?: ReadonlySet<string> | undefined;
}

/** Machines and the links between them: every machine reaches every other one. */
export class Wire {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly faults: Faults;
  readonly recorder: Recorder;
  readonly #defaults: ReadLinkOptions;
  readonly #machines: WireMachine[] = [];
  readonly #owners = new Map<string, WireMachine>();
  /** Changes when an address gets another owner. */
  #version = 0;

  /** Makes a network without machines. */
  constructor(scheduler: Scheduler, random: Random, options: WireOptions = {}) {
    const { link = {}, maxTrace = 10_000, faults } = options;
    this.scheduler = scheduler;
    this.random = random;
    this.faults = new Faults(random, faults);
    this.recorder = new Recorder(maxTrace);
    this.#defaults = readLinkOptions(link);
  }

  /** All machines, in the order in which they were made. */
  get machines(): readonly WireMachine[] {
    return this.#machines;
  }

  /** Changes when an address gets another owner. */
  get version(): number {
    return this.#version;
  }

  /** The options of links that were not changed. */
  get defaults(): ReadLinkOptions {
    return this.#defaults;
  }

  /** Adds a machine; by default with the next free of 10.0.0.n and fd00::n. */
  machine(name: string, options: MachineOptions = {}): WireMachine {
    const { addresses = this.#nextAddresses(), ...others } = options;
    const machine = new WireMachine(this, name, others);
    machine.setAddresses(addresses);
    this.#machines.push(machine);
    return machine;
  }

  /** The machine that has an address. */
  ownerOf(address: string): WireMachine | undefined {
    return this.#owners.get(address);
  }

  /**
   * Moves addresses from those that a machine had to others.
   *
   * @throws {RangeError} If another machine has one of them.
   */
  reassign(
    machine: WireMachine,
    before: readonly HostAddress[],
    after: readonly HostAddress[],
  ): void {
    for (const { text } of after) {
      const owner = this.#owners.get(text);
      if (owner !== undefined && owner !== machine) {
        throw new RangeError(
          `Cannot give host "${machine.name}" the address ${text}: host "${owner.name}" has it`,
        );
      }
    }
    for (const { text } of before) this.#owners.delete(text);
    for (const { text } of after) this.#owners.set(text, machine);
    this.#version++;
  }

  /** Makes the link from a machine to another, or to itself. */
  link(from: WireMachine, to: WireMachine): Link {
    return new Link(
      this,
      from.name,
      to.name,
      from === to ? LOOPBACK_LINK : this.#defaults,
      (packet, record) => to.receive(packet, record),
    );
  }

  /** Records what happens besides packets. */
  record(
    kind: TraceKind,
    host: string | undefined,
    text: string | (() => string),
  ): void {
    this.recorder.add(new HostRecord(this.scheduler.now, kind, host, text));
  }

  #nextAddresses(): string[] {
    for (let n = this.#machines.length + 1;; n++) {
      const addresses = defaultAddresses(n);
      if (addresses.every((address) => !this.#owners.has(address))) {
        return addresses;
      }
    }
  }
}
