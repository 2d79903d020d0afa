import {
  AF_INET,
  AF_UNSPEC,
  checkPort,
  type IpAddress,
  type SocketAddress,
} from "../address/mod.ts";
import { checkWait, type WaitOptions } from "../internal/wait/mod.ts";
import { type HostAnswer, toAddrInfo } from "./_addresses.ts";
import {
  checkInteger,
  checkIp,
  checkShape,
  checkText,
  checkType,
  serviceNameOf,
  socketAddressOf,
} from "./_checks.ts";
import { refused, timedOut } from "./_failures.ts";
import { HostLookup } from "./_host_lookup.ts";
import { NameLookup } from "./_name_lookup.ts";
import {
  planSockets,
  Refusal,
  refuseRequest,
  type SocketHints,
} from "./_plan.ts";
import { RecordLookup } from "./_record_lookup.ts";
import { RecordSearch } from "./_record_search.ts";
import { resolveRecords } from "./_resolve_records.ts";
import { type Settings, settingsOf } from "./_settings.ts";
import { HERE, type Surroundings } from "./_surroundings.ts";
import { watchHosts, watchResolvConf } from "./_system_files.ts";
import { SystemSource } from "./_system_source.ts";
import type { AddrInfo, AddrInfoHints } from "./addr_info.ts";
import {
  AI_CANONNAME,
  NI_DGRAM,
  NI_NAMEREQD,
  NI_NOFQDN,
  NI_NUMERICHOST,
  NI_NUMERICSERV,
} from "./flags.ts";
import type { HostEntry, NameInfo, ServiceQuery } from "./name_info.ts";
import type { RecordData, RecordType, SrvRecord } from "./records.ts";
import type { ResolverOptions } from "./resolver_options.ts";
import { orderSrv } from "./srv_order.ts";

const KNOWN_NI_FLAGS = NI_NUMERICHOST | NI_NUMERICSERV | NI_NOFQDN |
  NI_NAMEREQD | NI_DGRAM;

/**
 * Turns names into addresses and back, with options and a cache of its own.
 *
 * A name is looked for in this order: an address in text; the names that are
 * never asked for (`localhost` and what ends in it is loopback; `.invalid` and
 * `.onion` do not exist); the hosts file; the cache; the source.
 *
 * With `source: "dns"` the source is the name servers. Where they are known,
 * from the options or because `/etc/resolv.conf` may be read already, and
 * `--allow-net` is not limited to some hosts, they are asked directly. Else
 * `Deno.resolveDns` asks those of the system. It does not tell a failing
 * server from a name that does not exist, so `EAI_NONAME` may then stand for
 * `EAI_AGAIN`, `EAI_FAIL` or `EAI_NODATA`; and it cannot be interrupted
 * without harm, so a look-up that is given up ends after up to 15 seconds
 * below the surface, which keeps the program alive so long.
 *
 * Files are read and interfaces seen only where that is granted already: nothing
 * makes Deno prompt for it.
 *
 * A resolver holds nothing that must be closed.
 *
 * @example Resolve a host and a service
 * ```ts
 * import { Resolver } from "@berkeley/sockets/resolve";
 * import { SOCK_STREAM } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * const resolver = new Resolver({ order: "ipv4first" });
 * const [first] = await resolver.getAddrInfo("localhost", "http", {
 *   socktype: SOCK_STREAM,
 * });
 * assertEquals(String(first?.address), "127.0.0.1:80");
 * ```
 */
export class Resolver {
  readonly #records: RecordLookup;
  readonly #search: RecordSearch;
  readonly #hosts: HostLookup;
  readonly #names: NameLookup;
  readonly #random: () => number;
  readonly #here: Surroundings;

  /**
   * Makes a resolver; nothing is read or asked before the first look-up.
   *
   * @throws {RangeError} If a number among the options is out of range.
   * @throws {SyntaxError} If a name server is not an IP address, or an entry of `search` not a domain.
   * @throws {TypeError} If an option has the wrong type, or `source` or `order` is not a known value.
   */
  constructor(options?: ResolverOptions);
  /** @ignore */
  constructor(options: ResolverOptions | undefined, here: Surroundings);
  constructor(options: ResolverOptions = {}, here: Surroundings = HERE) {
    const settings: Settings = settingsOf(options);
    const { hosts, source, cache, now, fileNow } = settings;
    const isGiven = here.source !== undefined;
    const conf = isGiven ? undefined : watchResolvConf(fileNow);
    const file = hosts === false || isGiven
      ? undefined
      : watchHosts(hosts === true ? undefined : hosts, fileNow);
    const system = source === "system" ? new SystemSource() : undefined;
    this.#records = new RecordLookup(cache, now);
    this.#search = new RecordSearch(settings, this.#records, conf, here.source);
    this.#hosts = new HostLookup(settings, this.#search, system, file, here);
    this.#names = new NameLookup(this.#search, system, file, here);
    this.#random = settings.random;
    this.#here = here;
  }

  /**
   * Forgets all cached answers.
   *
   * @example After the network has changed
   * ```ts
   * import { Resolver } from "@berkeley/sockets/resolve";
   * import { assertEquals } from "@std/assert";
   *
   * const resolver = new Resolver();
   * await resolver.getAddrInfo("localhost", 80);
   * resolver.clearCache();
   * const again = await resolver.getAddrInfo("localhost", 80);
   * assertEquals(again[0]!.address.ip.isLoopback(), true);
   * ```
   */
  clearCache(): void {
    this.#records.clear();
    this.#hosts.clear();
  }

  /**
   * Resolves a host and a service to addresses, in the order to try them:
   * C's getaddrinfo.
   *
   * Either of the two may be null. A service is a name or a port, and an empty
   * one is none. Without `socktype` and `protocol` there is one result for each
   * common type of socket and each address.
   *
   * Rejects with the signal's reason when it aborts, and with a `SocketError`
   * of code `ETIMEDOUT` when `timeout` runs out. What other callers wait for as
   * well goes on.
   *
   * @throws {AddrInfoError} With an EAI_* code when there is no answer.
   * @throws {RangeError} If the service is a number that is no port, or the timeout is negative.
   * @throws {TypeError} If the node, the service or a hint has the wrong type.
   *
   * @example What to connect to, and what to bind
   * ```ts
   * import { AI_PASSIVE, Resolver } from "@berkeley/sockets/resolve";
   * import { AF_INET6, SOCK_STREAM } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * const resolver = new Resolver();
   * const [server] = await resolver.getAddrInfo("127.0.0.1", "http");
   * assertEquals(String(server!.address), "127.0.0.1:80");
   *
   * const [own] = await resolver.getAddrInfo(null, 8080, {
   *   flags: AI_PASSIVE,
   *   family: AF_INET6,
   *   socktype: SOCK_STREAM,
   * });
   * assertEquals(String(own!.address), "[::]:8080");
   * ```
   */
  getAddrInfo(
    node: string | null,
    service: string | number | null,
    hints: AddrInfoHints = {},
  ): Promise<AddrInfo[]> {
    try {
      checkShape(node, service);
      const wait = checkWait(hints);
      if (typeof service === "number") checkPort(service, "service");
      const wanted = readHints(hints);
      const refusal = refuseRequest(node, service, wanted);
      if (refusal !== undefined) throw refused(refusal, node, service);
      const kinds = planSockets(service, wanted, this.#here.services);
      if (kinds instanceof Refusal) throw refused(kinds, node, service);
      const { family, flags } = wanted;
      const finish = (answer: HostAnswer | Refusal) => {
        if (answer instanceof Refusal) throw refused(answer, node, service);
        return toAddrInfo(answer, kinds, (flags & AI_CANONNAME) !== 0);
      };
      const answer = this.#hosts.now(node, family, flags);
      if (answer !== undefined) return Promise.resolve(finish(answer));
      return this.#hosts.later(
        node!,
        family,
        flags,
        wait,
        () => timedOut(node!),
      ).then(finish);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Resolves an address and its port to the names of host and service: C's
   * getnameinfo. Without a name, the host is the address in text and the
   * service the port in digits.
   *
   * The address is a {@linkcode SocketAddress} or any object with the same
   * `hostname` and `port`, such as `conn.remoteAddr` and `socket.localAddr`.
   *
   * @throws {SyntaxError} If `hostname` is not an IP address.
   * @throws {RangeError} If the port is not one, or the timeout is negative.
   * @throws {TypeError} If an argument has the wrong type.
   * @throws {AddrInfoError} `EAI_NONAME` when NI_NAMEREQD is set and there is no name, `EAI_AGAIN` when the name servers fail, `EAI_BADFLAGS` when a flag is unknown.
   *
   * @example A name of this host, and digits alone
   * ```ts
   * import {
   *   NI_NUMERICHOST,
   *   NI_NUMERICSERV,
   *   Resolver,
   * } from "@berkeley/sockets/resolve";
   * import { parseSocketAddress } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * const resolver = new Resolver();
   * const address = parseSocketAddress("127.0.0.1:80");
   * const digits = NI_NUMERICHOST | NI_NUMERICSERV;
   * assertEquals(await resolver.getNameInfo(address, digits), {
   *   hostname: "127.0.0.1",
   *   service: "80",
   * });
   * const { service } = await resolver.getNameInfo(address, NI_NUMERICHOST);
   * assertEquals(service, "http");
   * ```
   */
  async getNameInfo(
    address: SocketAddress | { hostname: string; port: number },
    flags = 0,
    options: WaitOptions = {},
  ): Promise<NameInfo> {
    const wait = checkWait(options);
    checkInteger(flags, "flags");
    const { ip, port } = socketAddressOf(address);
    const hostname = ip.toString();
    if ((flags & ~KNOWN_NI_FLAGS) !== 0) {
      throw refused(new Refusal("EAI_BADFLAGS"), hostname);
    }
    const entry = flags & NI_NUMERICSERV
      ? undefined
      : this.#here.services().byPort(port, flags & NI_DGRAM ? "udp" : "tcp");
    const service = entry?.name ?? String(port);
    if (!(flags & NI_NUMERICHOST)) {
      const found = await this.#names.find(
        ip,
        wait,
        () => timedOut(hostname),
      );
      if (typeof found === "object" && !(found instanceof Refusal)) {
        const { name } = found;
        return {
          hostname: flags & NI_NOFQDN
            ? this.#names.withoutLocalDomain(name)
            : name,
          service,
        };
      }
      if (found instanceof Refusal) throw refused(found, hostname);
    }
    if (flags & NI_NAMEREQD) throw refused(new Refusal("EAI_NONAME"), hostname);
    return { hostname, service };
  }

  /**
   * Resolves a name to all that is known of the host: C's gethostbyname.
   *
   * As in C, the addresses are of IPv4 alone unless `family` says otherwise.
   *
   * @throws {AddrInfoError} With an EAI_* code when there is no answer.
   *
   * @example IPv4, or the family that is asked for
   * ```ts
   * import { Resolver } from "@berkeley/sockets/resolve";
   * import { AF_INET6 } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * const resolver = new Resolver();
   * const four = await resolver.getHostByName("localhost");
   * assertEquals(four.addresses.map(String), ["127.0.0.1"]);
   * const six = await resolver.getHostByName("localhost", { family: AF_INET6 });
   * assertEquals(six.addresses.map(String), ["::1"]);
   * ```
   */
  async getHostByName(
    name: string,
    options: WaitOptions & { readonly family?: number } = {},
  ): Promise<HostEntry> {
    checkText(name);
    const wait = checkWait(options);
    const family = checkInteger(options.family ?? AF_INET, "family");
    const refusal = refuseRequest(name, null, { family });
    if (refusal !== undefined) throw refused(refusal, name);
    const answer = this.#hosts.now(name, family, AI_CANONNAME) ??
      await this.#hosts.later(
        name,
        family,
        AI_CANONNAME,
        wait,
        () => timedOut(name),
      );
    if (answer instanceof Refusal) throw refused(answer, name);
    const { canonical, aliases = [], addresses } = answer;
    return {
      name: canonical,
      aliases: [...aliases],
      addresses: [...addresses],
    };
  }

  /**
   * Resolves an address to all that is known of the host: C's gethostbyaddr.
   *
   * @throws {AddrInfoError} With an EAI_* code when there is no answer.
   *
   * @example The name of loopback
   * ```ts
   * import { Resolver } from "@berkeley/sockets/resolve";
   * import { parseIpAddress } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * const resolver = new Resolver({ hosts: false });
   * const entry = await resolver.getHostByAddr(parseIpAddress("127.0.0.1"));
   * assertEquals(entry.name, "localhost");
   * ```
   */
  async getHostByAddr(
    address: IpAddress,
    options: WaitOptions = {},
  ): Promise<HostEntry> {
    checkIp(address);
    const wait = checkWait(options);
    const text = address.toString();
    const found = await this.#names.find(
      address,
      wait,
      () => timedOut(text),
    );
    if (found === undefined) throw refused(new Refusal("EAI_NONAME"), text);
    if (found instanceof Refusal) throw refused(found, text);
    return { ...found, addresses: [address] };
  }

  /**
   * Asks the DNS for the records of a type. The name is taken in full: no
   * search domain is tried and no hosts file read.
   *
   * @throws {AddrInfoError} With an EAI_* code when there are no such records.
   * @throws {TypeError} When the type is not one of those of {@linkcode RecordType}.
   *
   * @example What may not be is refused without a query
   * ```ts
   * import { Resolver } from "@berkeley/sockets/resolve";
   * import { AddrInfoError } from "@berkeley/sockets/errors";
   * import { assertEquals, assertRejects } from "@std/assert";
   *
   * const resolver = new Resolver();
   * const error = await assertRejects(
   *   () => resolver.resolve("mail.invalid", "MX"),
   *   AddrInfoError,
   * );
   * assertEquals(error.code, "EAI_NONAME");
   * ```
   */
  async resolve<T extends RecordType>(
    name: string,
    type: T,
    options: WaitOptions = {},
  ): Promise<RecordData[T][]> {
    checkText(name);
    checkType(type);
    const wait = checkWait(options);
    return await resolveRecords(this.#search, name, type, wait);
  }

  /**
   * Finds where a domain offers a service, by its SRV records, in the order in
   * which to try them: RFC 2782. Each call draws anew among equal priorities.
   *
   * @throws {AddrInfoError} `EAI_SERVICE` when the domain says that it does not offer the service, else as `resolve` does.
   *
   * @example Where there is no such domain
   * ```ts
   * import { Resolver } from "@berkeley/sockets/resolve";
   * import { AddrInfoError } from "@berkeley/sockets/errors";
   * import { assertRejects } from "@std/assert";
   *
   * const resolver = new Resolver();
   * await assertRejects(
   *   () => resolver.lookupService({ service: "imaps", domain: "mail.invalid" }),
   *   AddrInfoError,
   * );
   * ```
   */
  async lookupService(
    query: ServiceQuery,
    options: WaitOptions = {},
  ): Promise<SrvRecord[]> {
    const { name, service, domain } = serviceNameOf(query);
    const records = await this.resolve(name, "SRV", options);
    if (records.length === 1 && records[0]!.target === ".") {
      throw refused(
        new Refusal("EAI_SERVICE", "the domain does not offer it"),
        domain,
        service,
      );
    }
    return orderSrv(records, this.#random);
  }
}

/** Reads each hint once, and refuses values that are no numbers. */
function readHints(hints: AddrInfoHints): Required<SocketHints> {
  const { family = AF_UNSPEC, socktype = 0, protocol = 0, flags = 0 } = hints;
  const isWhole = Number.isInteger(family) && Number.isInteger(socktype) &&
    Number.isInteger(protocol) && Number.isInteger(flags);
  if (!isWhole) {
    checkInteger(family, "family");
    checkInteger(socktype, "socktype");
    checkInteger(protocol, "protocol");
    checkInteger(flags, "flags");
  }
  return { family, socktype, protocol, flags };
}
