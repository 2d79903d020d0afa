/** The hold of a socket on a local port. */
export interface Binding {
  /** The local address: `0.0.0.0` or `::` for any. */
  readonly address: string;
  readonly port: number;
  /** Whether `::` takes no IPv4: IPV6_V6ONLY. */
  readonly isIpv6Only: boolean;
  /** SO_REUSEADDR. */
  readonly reuseAddress: boolean;
  /** SO_REUSEPORT. */
  readonly reusePort: boolean;
  /** Whether a listener holds it. */
  readonly isListening: boolean;
  /** Whether the stack chose the port for a connection, which may share it. */
  readonly isChosen: boolean;
}

/** The first port that is chosen by itself: `ip_local_port_range`. */
const FIRST = 32768;
/** The last one. */
const LAST = 60999;
/** How many there are. */
export const CHOSEN_PORTS: number = LAST - FIRST + 1;

/** Whether a socket of this address takes what goes to another one. */
export function covers(
  { address, isIpv6Only }: Pick<Binding, "address" | "isIpv6Only">,
  other: string,
): boolean {
  if (address === other) return true;
  if (address === "0.0.0.0") return !other.includes(":");
  return address === "::" && (other.includes(":") || !isIpv6Only);
}

/** Which ports of a host are held, and by what. */
export class PortTable {
  readonly #bindings = new Map<number, Set<Binding>>();
  /** Those of listeners again: a busy one shares its port with all its connections. */
  readonly #listening = new Map<number, Set<Binding>>();
  /** How many ports were chosen. */
  #chosen: number;

  /** Begins to choose ports at this one of {@linkcode CHOSEN_PORTS}. */
  constructor(first: number) {
    this.#chosen = first;
  }

  /** What holds the port. */
  on(port: number): Iterable<Binding> {
    return this.#bindings.get(port) ?? [];
  }

  /** The holds of listeners on the port. */
  listeningOn(port: number): readonly Binding[] {
    return [...this.#listening.get(port) ?? []];
  }

  /**
   * Whether a socket may have the address and port, as Linux decides it in
   * `inet_csk_bind_conflict`.
   */
  mayBind(binding: Binding): boolean {
    for (const other of this.on(binding.port)) {
      const overlap = covers(binding, other.address) ||
        covers(other, binding.address);
      if (!overlap || binding.reusePort && other.reusePort) continue;
      const isShared = binding.reuseAddress && other.reuseAddress &&
        !other.isListening;
      if (!isShared) return false;
    }
    return true;
  }

  add(binding: Binding): void {
    addTo(this.#bindings, binding);
    if (binding.isListening) addTo(this.#listening, binding);
  }

  delete(binding: Binding): void {
    deleteFrom(this.#bindings, binding);
    deleteFrom(this.#listening, binding);
  }

  /** Returns the next port that suits; undefined if none does. */
  choose(suits: (port: number) => boolean): number | undefined {
    for (let tries = 0; tries < CHOSEN_PORTS; tries++) {
      const port = FIRST + this.#chosen++ % CHOSEN_PORTS;
      if (suits(port)) return port;
    }
    return undefined;
  }

  /** Whether nothing holds the port. */
  isFree(port: number): boolean {
    return !this.#bindings.has(port);
  }

  /** Whether only connections hold the port whose port the stack has chosen. */
  isShareable(port: number): boolean {
    for (const { isChosen } of this.on(port)) if (!isChosen) return false;
    return true;
  }
}

function addTo(map: Map<number, Set<Binding>>, binding: Binding): void {
  const bindings = map.get(binding.port);
  if (bindings === undefined) map.set(binding.port, new Set([binding]));
  else bindings.add(binding);
}

function deleteFrom(map: Map<number, Set<Binding>>, binding: Binding): void {
  const bindings = map.get(binding.port);
  if (bindings?.delete(binding) && bindings.size === 0) {
    map.delete(binding.port);
  }
}
