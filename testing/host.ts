import type { Sockets } from "../sockets.ts";
import type { ResolverOptions } from "../resolve/mod.ts";

/** What runs on a host, from its start until it ends or the host crashes. */
export type HostProgram = (host: Host) => Promise<void> | void;

/** Options of `Network.host`. */
export interface HostOptions {
  /**
   * Its IPv4 and IPv6 addresses, unicast. The length of the prefix, as in
   * `"192.168.1.5/24"`, decides the broadcast address; it defaults to 8 in 10.0.0.0/8, to
   * 24 in the rest of IPv4 and to 64 in IPv6. Hosts reach each other whatever their
   * subnets are. Defaults to `10.0.0.n` and `fd00::n` for the n-th host.
   */
  readonly addresses?: readonly string[] | undefined;
  /**
   * How many sockets it can have open: then the next one fails with EMFILE.
   *
   * @default {65_536}
   */
  readonly maxSockets?: number | undefined;
  /**
   * Options of its resolver, such as `order`, `search`, `timeout` or `cache`. Those about
   * name servers and the hosts file have no effect. Defaults to those of `Resolver`.
   */
  readonly resolver?: ResolverOptions | undefined;
}

/**
 * A host of a simulated network. It has the functions of the module, such as
 * `connectTcp`, `listenTcp`, `bindUdp` and `getAddrInfo`; they make the same classes and
 * fail with the same errors. `backend` options have no effect: the backend of its
 * sockets is `"simulated"`. C's options reject with ENOTSUP.
 *
 * Its own addresses, 127.0.0.0/8 and ::1 are loopback. Other hosts reach it by its
 * addresses and by its name.
 *
 * @example A server that crashes and comes back
 * ```ts
 * import { simulate } from "@berkeley/sockets/testing";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * await simulate(async (network) => {
 *   const server = network.host("server");
 *   const client = network.host("client", { addresses: ["192.168.0.7/24"] });
 *   assertEquals([server.name, ...server.addresses], ["server", "10.0.0.1", "fd00::1"]);
 *   server.start(async (host) => {
 *     await host.serveTcp({ port: 80 }, (conn) => conn.send("hello\n"));
 *   });
 *   const ask = async () => {
 *     using conn = await client.connectTcp({ hostname: "server", port: 80, timeout: 1000 });
 *     return await conn.readLine();
 *   };
 *   await new Promise((resolve) => setTimeout(resolve, 1));
 *   assertEquals(await ask(), "hello");
 *
 *   server.crash();
 *   assertEquals(server.isUp, false);
 *   await assertRejects(ask, Error, "ETIMEDOUT");
 *   server.restart(); // starts the program again
 *   await new Promise((resolve) => setTimeout(resolve, 1));
 *   assertEquals(await ask(), "hello");
 *
 *   server.shutdown();
 *   await assertRejects(ask, Error, "ECONNREFUSED");
 *   client.setAddresses(["192.168.0.8/24"]);
 *   assertEquals(client.addresses, ["192.168.0.8"]);
 * });
 * ```
 */
export interface Host extends Sockets {
  /** Its name, which the DNS of the network knows. */
  readonly name: string;
  /** Its addresses without prefixes and without loopback, the first one first. */
  readonly addresses: readonly string[];
  /** Whether it runs: false from `crash()` to `restart()`. */
  readonly isUp: boolean;
  /**
   * Starts a program, and starts it again after each restart. Its timers and its sockets
   * belong to the host. If it rejects, the simulation fails with its error. A host that
   * is down starts the program when it restarts. See the example of {@linkcode Host}.
   *
   * @throws {TypeError} If the program is not a function.
   */
  start(program: HostProgram): void;
  /**
   * Stops the host at once, as a power cut does: nothing is heard of it any more, and
   * packets to it are lost. Timers of its programs are dropped, and their pending calls
   * never settle. Does nothing if it is down. See the example of {@linkcode Host}.
   */
  crash(): void;
  /**
   * Starts the host, without the sockets and the cached names that it had, and its
   * programs from their beginning. A host that is up crashes first. See the example of
   * {@linkcode Host}.
   */
  restart(): void;
  /**
   * Ends all programs, but not the system: connections are reset and other sockets
   * closed, so that peers hear it and new connections are refused, until
   * {@linkcode Host.restart | restart}. See the example of {@linkcode Host}.
   */
  shutdown(): void;
  /**
   * Gives the host other addresses, in the DNS as well. Packets to an address that it had
   * find nobody. See the example of {@linkcode Host}.
   *
   * @throws {SyntaxError} If one is not an address.
   * @throws {RangeError} If another host has one of them, or no host can have it.
   */
  setAddresses(addresses: readonly string[]): void;
}
