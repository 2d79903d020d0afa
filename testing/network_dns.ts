import type { Host } from "./host.ts";
import type { DnsFailure, DnsRecords } from "./dns_records.ts";
import { checkName, readRecords } from "./_sim/dns/records.ts";
import type { Zone } from "./_sim/dns/zone.ts";
import { checkChoice } from "../internal/check/mod.ts";
import { checkDelay } from "./_sim/wire/read_link_options.ts";

const FAILURES: readonly DnsFailure[] = [
  "FORMERR",
  "NODATA",
  "NOTIMP",
  "NXDOMAIN",
  "REFUSED",
  "SERVFAIL",
  "timeout",
];

/** What the DNS of a network needs of it. */
interface DnsContext {
  readonly zone: Zone;
  /** The names of the hosts that the name server does not hear. */
  readonly unheard: Set<string>;
  /** The names of hosts; of all hosts if omitted. */
  namesOf(hosts: Host | readonly Host[] | undefined): readonly string[];
  record(text: () => string): void;
}

/**
 * The DNS of a simulated network. It knows the names and addresses of all hosts, and what
 * the test sets. Each host asks it with a `Resolver` of its own, with the cache and the
 * timeouts of a real one: 5 seconds for an answer, two attempts. Links and partitions
 * between hosts do not change it.
 *
 * Names are taken in full and in any case; a final dot means nothing.
 *
 * @example A name that changes its address, and a server that fails
 * ```ts
 * import { simulate } from "@berkeley/sockets/testing";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * await simulate(async (network) => {
 *   const app = network.host("app");
 *   const address = async () =>
 *     (await app.getAddrInfo("db.example", 5432))[0]!.address.ip.toString();
 *
 *   network.dns.set("db.example", { addresses: "10.0.0.8", ttl: 30_000 });
 *   assertEquals(await address(), "10.0.0.8");
 *   network.dns.set("db.example", { addresses: "10.0.0.9", ttl: 30_000 });
 *   assertEquals(await address(), "10.0.0.8"); // from the cache
 *   await new Promise((resolve) => setTimeout(resolve, 30_000)); // takes no real time
 *   assertEquals(await address(), "10.0.0.9");
 *
 *   network.dns.set("mail.example", { cname: "db.example" });
 *   network.dns.set("example", { mx: [{ preference: 10, exchange: "mail.example" }] });
 *   assertEquals((await app.resolve("example", "MX"))[0]!.exchange, "mail.example");
 *
 *   network.dns.fail("cache.example", "SERVFAIL");
 *   await assertRejects(() => app.getAddrInfo("cache.example", 80), Error, "EAI_AGAIN");
 *   network.dns.recover("cache.example");
 *   network.dns.delete("mail.example");
 *   await assertRejects(() => app.getAddrInfo("mail.example", 25), Error, "EAI_NONAME");
 *
 *   network.dns.delay(100); // each answer takes 100 ms
 *   network.dns.partition(app); // no answer comes
 *   await assertRejects(() => app.getAddrInfo("db2.example", 80), Error, "EAI_AGAIN");
 *   network.dns.heal();
 * });
 * ```
 */
export class NetworkDns {
  readonly #context: DnsContext;

  /**
   * Not for users: `network.dns` is one.
   *
   * @ignore
   */
  constructor(context: DnsContext) {
    this.#context = context;
  }

  /**
   * Replaces all records of a name, also of a host. Resolvers keep what they know until
   * it expires. See the example of {@linkcode NetworkDns}.
   *
   * @throws {SyntaxError} If the name is not a domain name, or an address is none.
   * @throws {TypeError} If a record has the wrong type, or there is a CNAME and others.
   * @throws {RangeError} If the TTL is negative.
   */
  set(name: string, records: DnsRecords): void {
    const key = checkName(name);
    const read = readRecords(name, records);
    this.#context.zone.set(key, read);
    const types = Object.keys(read.byType).join(", ") || "no records";
    this.#context.record(() => `${key} has ${types}, ttl ${read.ttl} ms`);
  }

  /**
   * Removes all records of a name, also of a host: it does not exist any more.
   * See the example of {@linkcode NetworkDns}.
   *
   * @throws {SyntaxError} If the name is not a domain name.
   */
  delete(name: string): void {
    const key = checkName(name);
    this.#context.zone.set(key, undefined);
    this.#context.record(() => `${key} does not exist any more`);
  }

  /**
   * Makes all queries for a name fail, also those that get there by a CNAME, until
   * {@linkcode NetworkDns.prototype.recover | recover}. See the example of {@linkcode NetworkDns}.
   *
   * @throws {SyntaxError} If the name is not a domain name.
   * @throws {TypeError} If the failure is not one of {@linkcode DnsFailure}.
   */
  fail(name: string, failure: DnsFailure): void {
    const key = checkName(name);
    checkChoice("failure", failure ?? null, FAILURES);
    this.#context.zone.fail(key, failure);
    this.#context.record(() => `${key} fails with ${failure}`);
  }

  /**
   * Ends the failures of a name. See the example of {@linkcode NetworkDns}.
   *
   * @throws {SyntaxError} If the name is not a domain name.
   */
  recover(name: string): void {
    const key = checkName(name);
    this.#context.zone.recover(key);
    this.#context.record(() => `${key} recovers`);
  }

  /**
   * Sets how long each answer takes, in milliseconds of virtual time, for all names or
   * for one; at first 1. A resolver asks again after 5 seconds. See the example of
   * {@linkcode NetworkDns}.
   *
   * @throws {RangeError} If the delay is negative or infinite.
   * @throws {SyntaxError} If the name is not a domain name.
   */
  delay(milliseconds: number, name?: string): void {
    checkDelay("milliseconds", milliseconds);
    const { zone } = this.#context;
    if (name === undefined) {
      zone.delay = milliseconds;
      this.#context.record(() => `answers take ${milliseconds} ms`);
    } else {
      const key = checkName(name);
      zone.delayName(key, milliseconds);
      this.#context.record(() => `answers for ${key} take ${milliseconds} ms`);
    }
  }

  /**
   * Lets no answer come to a host, to some hosts, or to all if omitted, until
   * {@linkcode NetworkDns.prototype.heal | heal}. See the example of {@linkcode NetworkDns}.
   */
  partition(hosts?: Host | readonly Host[]): void {
    const names = this.#context.namesOf(hosts);
    for (const name of names) this.#context.unheard.add(name);
    this.#context.record(() => `no answers for ${names.join(", ")}`);
  }

  /**
   * Ends {@linkcode NetworkDns.prototype.partition | partition}, for some hosts, or for all if
   * omitted. See the example of {@linkcode NetworkDns}.
   */
  heal(hosts?: Host | readonly Host[]): void {
    const names = this.#context.namesOf(hosts);
    for (const name of names) this.#context.unheard.delete(name);
    this.#context.record(() => `answers for ${names.join(", ")} again`);
  }
}
