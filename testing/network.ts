import { checkType } from "../internal/check/mod.ts";
import type { DirectionOptions } from "./direction_options.ts";
import type { Host, HostOptions } from "./host.ts";
import type { LinkOptions } from "./link_options.ts";
import { NetworkDns } from "./network_dns.ts";
import { CheckedRandom } from "./_checked_random.ts";
import type { SeededRandom } from "./seeded_random.ts";
import { Trace } from "./trace.ts";
import { Zone } from "./_sim/dns/zone.ts";
import {
  checkHostName,
  type NetworkOptions,
  readHostOptions,
  readNetworkOptions,
} from "./_sim/network/read_options.ts";
import { SimulatedHost } from "./_sim/network/simulated_host.ts";
import { HostList, type Ways } from "./_sim/network/ways.ts";
import { checkVirtual, currentScope } from "./_sim/time/scope.ts";
import type { World } from "./_sim/time/world.ts";
import type { TraceKind } from "./trace_event.ts";
import {
  checkDelay,
  checkProbability,
  readLinkOptions,
} from "./_sim/wire/read_link_options.ts";
import { Wire } from "./_sim/wire/wire.ts";

/**
 * A simulated network: hosts, the links between them, a DNS, virtual time, and chance
 * that a seed decides. {@linkcode simulate} makes one for a test.
 *
 * Every host reaches every other one by a link for each direction. Methods that change
 * links take a host or several on either side; without the second side they are about
 * all other hosts that the network has at that moment.
 *
 * @example Links, a partition, and chance
 * ```ts
 * import { type SeededRandom, simulate } from "@berkeley/sockets/testing";
 * import { assert, assertEquals, assertRejects } from "@std/assert";
 *
 * await simulate({ seed: 7 }, async (network) => {
 *   const [a, b] = [network.host("a"), network.host("b")];
 *   assertEquals([network.hosts.length, network.seed], [2, 7]);
 *   await using server = await b.serveTcp({ port: 7 }, (conn) => conn.send("hello\n"));
 *   const ask = async () => {
 *     using conn = await a.connectTcp({ hostname: "b", port: 7, timeout: 5000 });
 *     return await conn.readLine();
 *   };
 *
 *   network.link(a, b, { latency: 50 });
 *   const start = network.now;
 *   await ask();
 *   assert(network.now - start >= 150); // handshake and answer
 *
 *   network.partition(a, b, { oneWay: true }); // a is not heard, and hears b
 *   await assertRejects(ask, Error, "ETIMEDOUT");
 *   network.heal();
 *
 *   network.hold(a, b); // packets wait
 *   const answer = ask();
 *   await network.sleep(1000);
 *   network.release(a, b);
 *   assertEquals(await answer, "hello");
 *
 *   network.note("the slow part begins");
 *   const random: SeededRandom = network.random;
 *   if (network.chance(0.5, "slow")) await network.sleep(random.integer(1, 1000));
 *   const digest = crypto.subtle.digest("SHA-256", new Uint8Array(8));
 *   await network.real(() => digest); // the clock stops until then
 *   assert(network.faults.length <= 1);
 *   assert(network.trace.length > 20);
 *   assertEquals(network.dns.constructor.name, "NetworkDns");
 * });
 * ```
 */
export class Network {
  readonly #world: World;
  readonly #wire: Wire;
  readonly #zone = new Zone();
  readonly #unheard = new Set<string>();
  readonly #hosts = new HostList();
  /** The DNS of the network. */
  readonly dns: NetworkDns;
  /** What has happened. It can still be read when the simulation has ended. */
  readonly trace: Trace;
  /** Random numbers for the test. What is drawn here changes no other chance. */
  readonly random: SeededRandom;

  /**
   * Not for users: {@linkcode simulate} makes networks.
   *
   * @ignore
   */
  constructor(world: World, options: NetworkOptions = {}) {
    this.#world = world;
    const { random, scheduler } = world;
    this.#wire = new Wire(scheduler, random, readNetworkOptions(options));
    this.trace = new Trace(this.#wire.recorder);
    this.random = new CheckedRandom(random.fork("network.random"));
    this.dns = new NetworkDns({
      zone: this.#zone,
      unheard: this.#unheard,
      namesOf: (hosts = this.hosts) =>
        this.#hosts.find(hosts).map(({ name }) => name),
      record: (text) => this.#record("dns", text),
    });
    world.describeAtRest(() => this.#describePending());
  }

  /** The seed that decides all chances. */
  get seed(): number {
    return this.#world.seed;
  }

  /** Milliseconds of virtual time since the simulation began. */
  get now(): number {
    return this.#wire.scheduler.now;
  }

  /** The hosts, in the order in which they were made. */
  get hosts(): readonly Host[] {
    return this.#hosts.all;
  }

  /**
   * The names of the random faults that have happened, in order, such as
   * `"a>b drop 17"`: the 17th packet from a to b was lost. The option `faults` of
   * `simulate` takes such names, to let only these happen. At most 100,000 are kept.
   */
  get faults(): readonly string[] {
    return [...this.#wire.faults.happened];
  }

  /**
   * Makes a host, which is up. All hosts can look up its name; it is kept in lower case.
   * See the example of {@linkcode Network}.
   *
   * @throws {SyntaxError} If the name is not a domain name, or an address is none.
   * @throws {RangeError} If another host has the name or an address, or an option is out of range.
   * @throws {TypeError} If an option has the wrong type.
   */
  host(name: string, options: HostOptions = {}): Host {
    const bare = checkHostName(name);
    if (this.hosts.some((host) => host.name === bare)) {
      throw new RangeError(
        `Cannot name a host "${bare}": another one has the name`,
      );
    }
    const host = new SimulatedHost(
      {
        world: this.#world,
        wire: this.#wire,
        zone: this.#zone,
        unheard: this.#unheard,
      },
      bare,
      readHostOptions(options),
    );
    this.#hosts.add(host);
    return host.host;
  }

  /**
   * Changes the links between hosts, in both directions unless `oneWay`; what is omitted
   * stays as it is. Packets in flight keep their time of arrival. See the example of
   * {@linkcode Network}.
   *
   * @throws {RangeError} If an option is out of range.
   * @throws {TypeError} If an option has the wrong type, or a host is not of this network.
   */
  link(
    a: Host | readonly Host[],
    b: Host | readonly Host[],
    options: LinkOptions & DirectionOptions,
  ): void {
    const given = { ...options };
    const ways = this.#hosts.between(a, b, given);
    readLinkOptions(given); // nothing changes if one is wrong
    for (const link of ways.links) {
      link.options = readLinkOptions(given, link.options);
    }
    const { oneWay: _, ...shown } = given;
    const text = Object.entries(shown)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${key} ${value}`).join(", ");
    this.#record("link", () => `link ${ways.text}: ${text}`);
  }

  /**
   * Loses all packets between hosts, in both directions unless `oneWay`, also those in
   * flight, until {@linkcode Network.prototype.heal | heal}. See the example of
   * {@linkcode Network}.
   *
   * @throws {TypeError} If a host is not of this network.
   * @throws {RangeError} If both sides are the same host.
   */
  partition(
    a: Host | readonly Host[],
    b?: Host | readonly Host[],
    options: DirectionOptions = {},
  ): void {
    const ways = this.#hosts.between(a, b, options);
    for (const link of ways.links) link.cut();
    this.#record("link", () => `partition ${ways.text}`);
  }

  /**
   * Ends partitions between hosts, or all if omitted. See the example of
   * {@linkcode Network}.
   *
   * @throws {TypeError} If a host is not of this network.
   */
  heal(
    a?: Host | readonly Host[],
    b?: Host | readonly Host[],
    options: DirectionOptions = {},
  ): void {
    const ways = this.#waysOf(a, b, options);
    for (const link of ways.links) link.heal();
    this.#record("link", () => `heal ${ways.text}`);
  }

  /**
   * Makes packets between hosts wait, in both directions unless `oneWay`, also those in
   * flight, until {@linkcode Network.prototype.release | release}. At most 16 MiB wait in each
   * direction; more are lost. See the example of {@linkcode Network}.
   *
   * @throws {TypeError} If a host is not of this network.
   */
  hold(
    a: Host | readonly Host[],
    b?: Host | readonly Host[],
    options: DirectionOptions = {},
  ): void {
    const ways = this.#hosts.between(a, b, options);
    for (const link of ways.links) link.hold();
    this.#record("link", () => `hold ${ways.text}`);
  }

  /**
   * Lets packets arrive that {@linkcode Network.prototype.hold | hold} made wait, in their order,
   * between hosts, or all if omitted. See the example of {@linkcode Network}.
   *
   * @throws {TypeError} If a host is not of this network.
   */
  release(
    a?: Host | readonly Host[],
    b?: Host | readonly Host[],
    options: DirectionOptions = {},
  ): void {
    const ways = this.#waysOf(a, b, options);
    for (const link of ways.links) link.release();
    this.#record("link", () => `release ${ways.text}`);
  }

  /**
   * Returns true with a probability from 0 to 1. It counts as a fault: {@linkcode explore} can
   * leave it out. `name` is the start of the fault's name, which ends with how often the
   * name was asked. See the example of {@linkcode Network}.
   *
   * @throws {RangeError} If the probability is out of range.
   * @throws {TypeError} If the name is not a string, or the probability not a number.
   */
  chance(probability: number, name = "chance"): boolean {
    checkProbability("probability", probability);
    checkType("name", name, "string");
    const happens = this.#wire.faults.stream(name).decide(probability);
    if (happens) this.#record("note", `${name} happens`);
    return happens;
  }

  /**
   * Adds a line to the trace. See the example of {@linkcode Network}.
   *
   * @throws {TypeError} If the text is not a string.
   */
  note(text: string): void {
    if (typeof text !== "string") checkType("text", text ?? null, "string");
    this.#record("note", text);
  }

  /**
   * Resolves after so many milliseconds of virtual time. See the example of
   * {@linkcode Network}.
   *
   * @throws {RangeError} If the time is negative or infinite.
   */
  async sleep(milliseconds: number): Promise<void> {
    checkDelay("milliseconds", milliseconds);
    checkVirtual("network.sleep()");
    const scope = currentScope();
    await new Promise<void>((resolve) => {
      this.#wire.scheduler.after(milliseconds, () => {
        if (!scope?.isDropped) resolve(); // else its host has crashed since
      });
    });
  }

  /**
   * Calls a function that does asynchronous work outside of the simulation, such as
   * reading a file, and stops the clock until its promise settles. See the example of
   * {@linkcode Network}.
   */
  real<T>(work: () => T | PromiseLike<T>): Promise<T> {
    return this.#world.real(work);
  }

  #waysOf(
    a: Host | readonly Host[] | undefined,
    b: Host | readonly Host[] | undefined,
    options: DirectionOptions,
  ): Ways {
    return a === undefined
      ? this.#hosts.everywhere()
      : this.#hosts.between(a, b, options);
  }

  #record(kind: TraceKind, text: string | (() => string)): void {
    this.#wire.record(kind, undefined, text);
  }

  *#describePending(): Generator<string> {
    for (const host of this.#hosts.values()) yield* host.describePending();
  }
}
