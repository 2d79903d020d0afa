import { wordsOfLines } from "./_lines.ts";

/** A service as in `/etc/services`: C's `struct servent`. */
export interface ServiceEntry {
  /** The official name, such as `"http"`. */
  readonly name: string;
  /** Its other names, such as `"www"`. */
  readonly aliases: readonly string[];
  /** The port, in host byte order. */
  readonly port: number;
  /** The transport protocol's name, such as `"tcp"`. */
  readonly protocol: string;
}

/**
 * Services to be looked up by name or by port. Where several entries answer,
 * the first one does, as in libc; names are case-sensitive.
 *
 * @example Parse a line
 * ```ts
 * import { ServiceTable } from "@berkeley/sockets/resolve";
 * import { assertEquals } from "@std/assert";
 *
 * const table = ServiceTable.parse("http 80/tcp www # WorldWideWeb HTTP");
 * assertEquals(table.byName("www", "tcp")?.port, 80);
 * assertEquals(table.byPort(80)?.name, "http");
 * assertEquals(table.byName("http", "udp"), undefined);
 * ```
 */
export class ServiceTable {
  /** By protocol, with the empty one for any. */
  readonly #indexes = new Map<string, Index>([["", newIndex()]]);

  /**
   * Makes a table of copies of these entries, of which earlier ones win. What
   * the table answers is frozen.
   */
  constructor(entries: Iterable<ServiceEntry>) {
    for (const given of entries) {
      const entry = frozenEntry(given);
      let index = this.#indexes.get(entry.protocol);
      if (index === undefined) {
        this.#indexes.set(entry.protocol, index = newIndex());
      }
      for (const { byName, byPort } of [index, this.#indexes.get("")!]) {
        putFirst(byPort, entry.port, entry);
        putFirst(byName, entry.name, entry);
        for (const alias of entry.aliases) putFirst(byName, alias, entry);
      }
    }
  }

  /**
   * Reads text in the form of `/etc/services`; lines that make no sense are left out, as libc does.
   *
   * @example Lines of a file
   * ```ts
   * import { ServiceTable } from "@berkeley/sockets/resolve";
   * import { assertEquals } from "@std/assert";
   *
   * const table = ServiceTable.parse("domain 53/tcp\ndomain 53/udp");
   * assertEquals(table.byName("domain", "udp")?.port, 53);
   * ```
   */
  static parse(text: string): ServiceTable {
    return new ServiceTable(parseServices(text));
  }

  /**
   * The first service of this name, over the protocol or over any.
   *
   * @example Over one protocol, or over any
   * ```ts
   * import { ServiceTable } from "@berkeley/sockets/resolve";
   * import { assertEquals } from "@std/assert";
   *
   * const table = ServiceTable.parse("tftp 69/udp");
   * assertEquals(table.byName("tftp")?.protocol, "udp");
   * assertEquals(table.byName("tftp", "tcp"), undefined);
   * ```
   */
  byName(name: string, protocol = ""): ServiceEntry | undefined {
    return this.#indexes.get(protocol)?.byName.get(name);
  }

  /**
   * The first service on this port, over the protocol or over any.
   *
   * @example What a port is for
   * ```ts
   * import { ServiceTable } from "@berkeley/sockets/resolve";
   * import { assertEquals } from "@std/assert";
   *
   * const table = ServiceTable.parse("http 80/tcp www");
   * assertEquals(table.byPort(80, "tcp")?.name, "http");
   * assertEquals(table.byPort(81), undefined);
   * ```
   */
  byPort(port: number, protocol = ""): ServiceEntry | undefined {
    return this.#indexes.get(protocol)?.byPort.get(port);
  }
}

/** An entry that can be given to several callers: none can change it. */
function frozenEntry(
  { name, aliases, port, protocol }: ServiceEntry,
): ServiceEntry {
  return Object.freeze({
    name,
    aliases: Object.freeze([...aliases]),
    port,
    protocol,
  });
}

interface Index {
  readonly byName: Map<string, ServiceEntry>;
  readonly byPort: Map<number, ServiceEntry>;
}

function newIndex(): Index {
  return { byName: new Map(), byPort: new Map() };
}

function putFirst<K, V>(map: Map<K, V>, key: K, value: V): void {
  if (!map.has(key)) map.set(key, value);
}

function* parseServices(text: string): Generator<ServiceEntry> {
  for (const [name, target, ...aliases] of wordsOfLines(text)) {
    const match = /^(\d{1,5})\/([^/]+)$/.exec(target ?? "");
    if (name === undefined || match === null || Number(match[1]) > 0xffff) {
      continue;
    }
    yield { name, aliases, port: Number(match[1]), protocol: match[2]! };
  }
}
