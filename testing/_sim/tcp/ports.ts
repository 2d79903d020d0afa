import { failure, type Machine, type TcpPacket } from "../types.ts";
import { familyOf, isAny, isGroup, isLoopback } from "../udp/addresses.ts";
import { type Binding, CHOSEN_PORTS, covers, PortTable } from "./port_table.ts";
import type { Ends } from "./segment.ts";

/** What a program wants of a connection's ends. */
export interface WantedEnds {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
}

/** What a program wants of a listener. */
export interface WantedListener {
  readonly address: string;
  /** 0 for any. */
  readonly port: number;
  readonly reusePort?: boolean | undefined;
  readonly ipv6Only?: boolean | undefined;
}

/** The ends of a connection, and its hold on its port. */
export interface BoundEnds {
  readonly ends: Ends;
  readonly binding: Binding;
}

/** Gives sockets their addresses and ports, by the rules of Linux. */
export class Ports {
  readonly #machine: Machine;
  readonly #table: PortTable;

  constructor(machine: Machine) {
    this.#machine = machine;
    const first = machine.random.integer(0, CHOSEN_PORTS - 1);
    this.#table = new PortTable(first);
  }

  add(binding: Binding): void {
    this.#table.add(binding);
  }

  delete(binding: Binding): void {
    this.#table.delete(binding);
  }

  /** C's `bind` of a socket that is going to listen, with SO_REUSEADDR. */
  forListener(wanted: WantedListener): Binding {
    const { address, reusePort = false, ipv6Only = false } = wanted;
    if (!isAny(address)) this.#requireListenable(address);
    const port = wanted.port === 0 ? this.#choosePort() : wanted.port;
    const binding: Binding = {
      address,
      port,
      isIpv6Only: ipv6Only,
      reuseAddress: true,
      reusePort,
      isListening: true,
      isChosen: false,
    };
    if (!this.#table.mayBind(binding)) throw failure("EADDRINUSE", "bind");
    return binding;
  }

  /** C's `bind` to a port of 0. */
  #choosePort(): number {
    const port = this.#table.choose((port) => this.#table.isFree(port));
    if (port === undefined) throw failure("EADDRINUSE", "bind");
    return port;
  }

  /** Linux lets a socket listen where no connection ever comes. */
  #requireListenable(address: string): void {
    if (isGroup(address)) {
      if (familyOf(address) === 6) throw failure("EINVAL", "bind");
    } else if (!this.#machine.isBroadcast(address)) this.#requireOwn(address);
  }

  #requireOwn(address: string): void {
    if (this.#machine.isOwn(address)) return;
    throw failure("EADDRNOTAVAIL", "bind");
  }

  /**
   * C's `bind`, without SO_REUSEADDR, and what `connect` chooses itself. `isUsed` says
   * whether there is a connection with these ends.
   */
  forConnection(
    wanted: WantedEnds,
    isUsed: (ends: Ends) => boolean,
  ): BoundEnds {
    const { localAddress, localPort = 0, remotePort } = wanted;
    const remoteAddress = destinationOf(wanted.remoteAddress);
    const isBound = localAddress !== undefined && !isAny(localAddress);
    if (localAddress !== undefined) {
      requireFamily(localAddress, remoteAddress);
      if (isBound) this.#requireOwn(localAddress);
    }
    if (isGroup(remoteAddress) || this.#machine.isBroadcast(remoteAddress)) {
      throw failure("ENETUNREACH", "connect");
    }
    if (localPort !== 0) {
      const any = remoteAddress.includes(":") ? "::" : "0.0.0.0";
      const binding = bindingOf(localAddress ?? any, localPort, false);
      if (!this.#table.mayBind(binding)) throw failure("EADDRINUSE", "bind");
    }
    const source = isBound ? localAddress : this.#sourceFor(remoteAddress);
    this.#requireRoute(source, remoteAddress);
    const endsWith = (port: number): Ends => ({
      localAddress: source,
      localPort: port,
      remoteAddress,
      remotePort,
    });
    const port = localPort === 0
      ? this.#table.choose((port) =>
        this.#table.isShareable(port) && !isUsed(endsWith(port))
      )
      : localPort;
    if (port === undefined || isUsed(endsWith(port))) {
      throw failure("EADDRNOTAVAIL", "connect");
    }
    const binding = bindingOf(source, port, localPort === 0);
    return { ends: endsWith(port), binding };
  }

  #sourceFor(remoteAddress: string): string {
    const source = this.#machine.sourceFor(remoteAddress);
    if (source === undefined) throw failure("ENETUNREACH", "connect");
    return source;
  }

  /** No connection goes to a group; a loopback address does not leave the host. */
  #requireRoute(source: string, remoteAddress: string): void {
    if (isGroup(remoteAddress) || this.#machine.isBroadcast(remoteAddress)) {
      throw failure("ENETUNREACH", "connect");
    }
    if (!isLoopback(source) || this.#machine.isOwn(remoteAddress)) return;
    const code = familyOf(source) === 4 ? "EINVAL" : "ENETUNREACH";
    throw failure(code, "connect");
  }

  /**
   * Returns the listener for a SYN: one at the address itself before one at any. Those
   * that share a port get connections by a hash of the addresses.
   */
  listenerFor({ to, port, from, sourcePort }: TcpPacket): Binding | undefined {
    const listening = this.#table.listeningOn(port)
      .filter((binding) => covers(binding, to));
    const exact = listening.filter(({ address }) => address === to);
    const best = exact.length > 0 ? exact : listening;
    if (best.length < 2) return best[0];
    return best[hashOf(`${from} ${sourcePort} ${to} ${port}`) % best.length];
  }
}

/** Linux takes any address for this host as a destination. */
function destinationOf(address: string): string {
  if (address === "0.0.0.0") return "127.0.0.1";
  return address === "::" ? "::1" : address;
}

function requireFamily(localAddress: string, remoteAddress: string): void {
  const family = familyOf(remoteAddress);
  if (familyOf(localAddress) === family) return;
  throw failure(family === 4 ? "EINVAL" : "EAFNOSUPPORT", "bind");
}

function bindingOf(address: string, port: number, isChosen: boolean): Binding {
  return {
    address,
    port,
    isIpv6Only: false,
    reuseAddress: false,
    reusePort: false,
    isListening: false,
    isChosen,
  };
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return (hash ^ (hash >>> 15)) >>> 0;
}
