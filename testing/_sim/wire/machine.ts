import { checkInteger } from "../../../internal/check/mod.ts";
import type { Random } from "../../_random.ts";
import type { TraceKind } from "../../trace_event.ts";
import {
  failure,
  type IcmpPacket,
  type Machine,
  type Packet,
  type Stack,
  type Timing,
} from "../types.ts";
import {
  BROADCAST,
  HostAddress,
  isAllHosts,
  isLoopback,
  isMulticast,
  LOOPBACK_BROADCAST,
} from "./host_address.ts";
import type { Link, LinkContext } from "./link.ts";
import { MachineTiming, type RunInScope } from "./machine_timing.ts";
import { Neighbours } from "./neighbours.ts";
import { PacketRecord } from "./packet_record.ts";
import type { ReadLinkOptions } from "./read_link_options.ts";
import { Sources } from "./sources.ts";

/** The size of an ICMP report: RFC 792, with the start of the packet. */
const ICMP_SIZE = 56;

/** What a machine is like. */
export interface MachineOptions {
  /** Its addresses, each with or without the length of its prefix. */
  readonly addresses?: readonly string[] | undefined;
  /** How many sockets it can have open. Defaults to 65,536. */
  readonly maxSockets?: number | undefined;
  /** Makes the scope of each boot: what the host does runs in it. Defaults to none. */
  readonly newScope?: (() => RunInScope) | undefined;
}

/** What a machine needs of its network. */
interface Segment extends LinkContext {
  readonly machines: readonly WireMachine[];
  /** Changes when an address gets another owner. */
  readonly version: number;
  /** The options of links that were not changed. */
  readonly defaults: ReadLinkOptions;
  ownerOf(address: string): WireMachine | undefined;
  reassign(
    machine: WireMachine,
    before: readonly HostAddress[],
    after: readonly HostAddress[],
  ): void;
  link(from: WireMachine, to: WireMachine): Link;
  record(kind: TraceKind, host: string, text: string | (() => string)): void;
}

/** What a machine runs: one stack for each protocol. */
type Protocol = "tcp" | "udp";

/** A machine on a a `Wire`. */
export class WireMachine implements Machine {
  readonly name: string;
  readonly random: Random;
  readonly #wire: Segment;
  readonly #loopback: Link;
  readonly #neighbours: Neighbours;
  readonly #maxSockets: number;
  readonly #newScope: (() => RunInScope) | undefined;
  #timing: MachineTiming;
  #addresses: readonly HostAddress[] = [];
  #own: ReadonlySet<string> = new Set();
  /** The broadcast addresses of its subnets. */
  #broadcasts: ReadonlySet<string> = new Set();
  #sources = new Sources([]);
  #stacks: { [P in Protocol]?: Stack } = {};
  #links = new Map<WireMachine, Link>();
  /** The links by address, of one version of the network's addresses. */
  #routes = new Map<string, Link>();
  #routesVersion = 0;
  #groups = new Map<string, number>();
  #sockets = 0;
  #isUp = true;
  /** How often it has started. */
  #boot = 1;

  /** Made by `Wire`. */
  constructor(
    wire: Segment,
    name: string,
    options: Omit<MachineOptions, "addresses">,
  ) {
    const { maxSockets = 65_536, newScope } = options;
    this.#wire = wire;
    this.name = name;
    this.#newScope = newScope;
    this.#timing = new MachineTiming(wire.scheduler, newScope?.());
    this.#maxSockets = checkInteger("maxSockets", maxSockets, 0);
    this.random = wire.random.fork(`host ${name}`);
    this.#loopback = wire.link(this, this);
    this.#neighbours = new Neighbours(wire.scheduler, {
      isThere: (address) => wire.ownerOf(address) !== undefined,
      send: (packet) => this.send(packet),
      fail: (packet) => this.#reportUnreachable(packet),
    });
  }

  get scheduler(): Timing {
    return this.#timing;
  }

  /** Whether it runs. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** How often it has started, from 1. */
  get boot(): number {
    return this.#boot;
  }

  /** Its addresses, without loopback. */
  get addresses(): readonly HostAddress[] {
    return this.#addresses;
  }

  /** How many sockets are open. */
  get sockets(): number {
    return this.#sockets;
  }

  /**
   * Gives it other addresses. Packets to those that it loses find nobody.
   *
   * @throws {SyntaxError} If one is not an address.
   * @throws {RangeError} If another machine has one of them, or no host can have it.
   */
  setAddresses(texts: readonly string[]): void {
    const byText = new Map(
      texts.map((text) => HostAddress.parse(text)).map((
        one,
      ) => [one.text, one]),
    );
    const addresses = [...byText.values()];
    this.#wire.reassign(this, this.#addresses, addresses);
    this.#addresses = addresses;
    this.#own = new Set(byText.keys());
    this.#broadcasts = new Set(
      addresses.flatMap(({ broadcast }) => broadcast ?? []),
    );
    this.#sources = new Sources(addresses.map(({ prefix }) => prefix));
  }

  /** Gives it a stack, in place of the one that it had. */
  attach(protocol: Protocol, stack: Stack): void {
    this.#stacks[protocol] = stack;
  }

  isOwn(address: string): boolean {
    return this.#own.has(address) || isLoopback(address);
  }

  isBroadcast(address: string): boolean {
    return address === BROADCAST || address === LOOPBACK_BROADCAST ||
      this.#broadcasts.has(address);
  }

  /** Whether it is in the subnet of a broadcast address. */
  hearsBroadcast(address: string): boolean {
    return this.#broadcasts.has(address) ||
      address === BROADCAST && this.#broadcasts.size > 0;
  }

  isMember(group: string): boolean {
    return this.#groups.has(group) || isAllHosts(group);
  }

  join(group: string): void {
    this.#groups.set(group, (this.#groups.get(group) ?? 0) + 1);
  }

  leave(group: string): void {
    const count = this.#groups.get(group) ?? 0;
    if (count > 1) this.#groups.set(group, count - 1);
    else this.#groups.delete(group);
  }

  sourceFor(destination: string): string | undefined {
    return this.#sources.for(destination);
  }

  mtuTo(destination: string): number {
    if (this.isOwn(destination)) return this.#loopback.options.mtu;
    return (this.#routeTo(destination)?.options ?? this.#wire.defaults).mtu;
  }

  /** The link to another machine. */
  linkTo(machine: WireMachine): Link {
    if (machine === this) return this.#loopback;
    let link = this.#links.get(machine);
    if (link === undefined) {
      link = this.#wire.link(this, machine);
      this.#links.set(machine, link);
    }
    return link;
  }

  send(packet: Packet): void {
    if (!this.#isUp) return;
    const { to } = packet;
    const link = this.#routeTo(to);
    if (link !== undefined) return link.send(packet);
    if (isMulticast(to)) {
      return this.#spread(packet, (machine) => machine.isMember(to));
    }
    if (this.isBroadcast(to)) {
      return this.#spread(packet, (machine) => machine.hearsBroadcast(to));
    }
    const record = this.#recordOf(packet);
    record.lose("no such address");
    // A report about a report is never sent (RFC 1122).
    if (packet.protocol !== "icmp") this.#neighbours.wait(packet);
  }

  /** A packet has come by a link. Returns false if it wakes no program. */
  receive(packet: Packet, record: PacketRecord): boolean | void {
    if (!this.#isUp) {
      record.lose("host is down");
      return false;
    }
    const about = packet.protocol === "icmp" ? packet.about : packet;
    const stack = this.#stacks[about.protocol];
    if (stack === undefined) return false;
    return this.#timing.run(() => stack.receive(packet));
  }

  open(): () => void {
    if (this.#sockets >= this.#maxSockets) throw failure("EMFILE");
    this.#sockets++;
    const boot = this.#boot;
    let isOpen = true;
    return () => {
      if (isOpen && boot === this.#boot) this.#sockets--;
      isOpen = false;
    };
  }

  record(text: () => string): void {
    this.#wire.record("socket", this.name, text);
  }

  /** Stops at once: nobody hears of it any more. */
  crash(): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#timing.end();
    for (const stack of Object.values(this.#stacks)) stack.crash();
    this.#forget();
  }

  /** Starts again after a crash, with nothing that it had; stacks are attached anew. */
  restart(): void {
    this.crash();
    this.#isUp = true;
    this.#boot++;
    this.#timing = new MachineTiming(this.#wire.scheduler, this.#newScope?.());
  }

  /** Closes all sockets; connections are reset. It stays up. */
  shutdown(): void {
    if (!this.#isUp) return;
    for (const stack of Object.values(this.#stacks)) stack.shutdown();
  }

  /** Describes the calls of its programs that are pending, a line each. */
  *describePending(): Generator<string> {
    for (const stack of Object.values(this.#stacks)) {
      yield* stack.describePending?.() ?? [];
    }
  }

  #forget(): void {
    this.#stacks = {};
    this.#groups.clear();
    this.#neighbours.clear();
    this.#sockets = 0;
  }

  /** The link to the one host that has an address; undefined if there is none. */
  #routeTo(address: string): Link | undefined {
    if (this.#routesVersion !== this.#wire.version) {
      this.#routes.clear();
      this.#routesVersion = this.#wire.version;
    }
    let link = this.#routes.get(address);
    if (link === undefined) {
      if (isLoopback(address)) return this.#loopback;
      const owner = this.#wire.ownerOf(address);
      if (owner === undefined) return undefined;
      link = this.linkTo(owner);
      this.#routes.set(address, link);
    }
    return link;
  }

  /** To all members, or to all hosts of the subnet, but to the sender only with 0 hops. */
  #spread(packet: Packet, isReached: (machine: WireMachine) => boolean): void {
    if (packet.protocol !== "udp") return;
    // The stack knows whether a socket has joined on loopback.
    if (packet.hops === 0) return this.#loopback.send(packet);
    for (const machine of this.#wire.machines) {
      if (machine !== this && isReached(machine)) {
        this.linkTo(machine).send(packet);
      }
    }
  }

  #reportUnreachable(packet: Packet): boolean | void {
    if (packet.protocol === "icmp" || !this.#isUp) return false;
    const report: IcmpPacket = {
      protocol: "icmp",
      kind: "host-unreachable",
      from: packet.from,
      to: packet.from,
      size: ICMP_SIZE,
      about: packet,
    };
    const record = this.#recordOf(report);
    record.arrival = this.scheduler.now;
    return this.receive(report, record);
  }

  #recordOf(packet: Packet): PacketRecord {
    const { scheduler, recorder } = this.#wire;
    const record = new PacketRecord(
      scheduler.now,
      this.name,
      undefined,
      packet,
    );
    recorder.add(record);
    return record;
  }
}
