import { wordsOfLines } from "./_lines.ts";

/** A protocol as in `/etc/protocols`: C's `struct protoent`. */
export interface ProtocolEntry {
  /** The official name, such as `"tcp"`. */
  readonly name: string;
  /** Its other names, such as `"TCP"`. */
  readonly aliases: readonly string[];
  /** The protocol's number in the IP header. */
  readonly protocol: number;
}

/**
 * Protocols to be looked up by name or by number. Where several entries
 * answer, the first one does, as in libc; names are case-sensitive.
 *
 * @example Parse a line
 * ```ts
 * import { ProtocolTable } from "@berkeley/sockets/resolve";
 * import { assertEquals } from "@std/assert";
 *
 * const table = ProtocolTable.parse("tcp 6 TCP # transmission control protocol");
 * assertEquals(table.byName("TCP")?.protocol, 6);
 * assertEquals(table.byNumber(6)?.name, "tcp");
 * ```
 */
export class ProtocolTable {
  readonly #byName = new Map<string, ProtocolEntry>();
  readonly #byNumber = new Map<number, ProtocolEntry>();

  /**
   * Makes a table of copies of these entries, of which earlier ones win. What
   * the table answers is frozen.
   */
  constructor(entries: Iterable<ProtocolEntry>) {
    for (const { name, aliases, protocol } of entries) {
      // Several callers get the same entry: none can change it.
      const entry: ProtocolEntry = Object.freeze({
        name,
        aliases: Object.freeze([...aliases]),
        protocol,
      });
      if (!this.#byNumber.has(entry.protocol)) {
        this.#byNumber.set(entry.protocol, entry);
      }
      for (const name of [entry.name, ...entry.aliases]) {
        if (!this.#byName.has(name)) this.#byName.set(name, entry);
      }
    }
  }

  /**
   * Reads text in the form of `/etc/protocols`; lines that make no sense are left out, as libc does.
   *
   * @example Lines of a file
   * ```ts
   * import { ProtocolTable } from "@berkeley/sockets/resolve";
   * import { assertEquals } from "@std/assert";
   *
   * const table = ProtocolTable.parse("icmp 1 ICMP\nudp 17 UDP");
   * assertEquals(table.byName("udp")?.protocol, 17);
   * ```
   */
  static parse(text: string): ProtocolTable {
    return new ProtocolTable(parseProtocols(text));
  }

  /**
   * The first protocol of this name.
   *
   * @example By an alias
   * ```ts
   * import { ProtocolTable } from "@berkeley/sockets/resolve";
   * import { assertEquals } from "@std/assert";
   *
   * const table = ProtocolTable.parse("tcp 6 TCP");
   * assertEquals(table.byName("TCP")?.name, "tcp");
   * assertEquals(table.byName("Tcp"), undefined);
   * ```
   */
  byName(name: string): ProtocolEntry | undefined {
    return this.#byName.get(name);
  }

  /**
   * The first protocol of this number.
   *
   * @example From the header of a packet
   * ```ts
   * import { ProtocolTable } from "@berkeley/sockets/resolve";
   * import { assertEquals } from "@std/assert";
   *
   * const table = ProtocolTable.parse("tcp 6 TCP");
   * assertEquals(table.byNumber(6)?.name, "tcp");
   * assertEquals(table.byNumber(7), undefined);
   * ```
   */
  byNumber(protocol: number): ProtocolEntry | undefined {
    return this.#byNumber.get(protocol);
  }
}

function* parseProtocols(text: string): Generator<ProtocolEntry> {
  for (const [name, number, ...aliases] of wordsOfLines(text)) {
    if (name === undefined || !/^\d{1,5}$/.test(number ?? "")) continue;
    yield { name, aliases, protocol: Number(number) };
  }
}
