import { type IpAddress, isIpAddress, parseIpAddress } from "../address/mod.ts";
import { wordsOfLines } from "./_lines.ts";

/** What a hosts file says of a name or of an address. */
export interface HostsEntry {
  /** The first name on the first line that answers, as it is written there. */
  readonly name: string;
  /** Every other name on the lines that answer. */
  readonly aliases: readonly string[];
  /** The addresses of those lines, of both families, in the file's order. */
  readonly addresses: readonly IpAddress[];
}

/** Whatever a file holds, no more lines on one name count than this. */
const MAX_LINES = 1024;

/**
 * A hosts file, to be looked up by name or by address. Names match without
 * regard to case, and several lines on one name add up, as in libc.
 *
 * @example Parse a hosts file
 * ```ts
 * import { HostsTable } from "@berkeley/sockets/resolve";
 * import { parseIpAddress } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * const hosts = HostsTable.parse("192.0.2.1 www.example.com www # web\n2001:db8::1 www");
 * assertEquals(hosts.byName("WWW")?.addresses.map(String), ["192.0.2.1", "2001:db8::1"]);
 * assertEquals(hosts.byAddress(parseIpAddress("192.0.2.1"))?.name, "www.example.com");
 * ```
 */
export class HostsTable {
  readonly #byName = new Map<string, Line[]>();
  readonly #byAddress = new Map<string, Line>();

  /**
   * Reads text in the form of `/etc/hosts`; lines that make no sense are left out.
   *
   * @example Comments, and lines that make no sense
   * ```ts
   * import { HostsTable } from "@berkeley/sockets/resolve";
   * import { assertEquals } from "@std/assert";
   *
   * const hosts = HostsTable.parse("# mine\n192.0.2.1 a\nnonsense\n");
   * assertEquals(hosts.byName("a")?.addresses.map(String), ["192.0.2.1"]);
   * assertEquals(hosts.byName("nonsense"), undefined);
   * ```
   */
  static parse(text: string): HostsTable {
    const table = new HostsTable();
    for (const [address, ...names] of wordsOfLines(text)) {
      if (names.length > 0 && isIpAddress(address!)) {
        table.#add({ address: parseIpAddress(address!), names });
      }
    }
    return table;
  }

  /**
   * What the file says of a name, with or without a final dot; with a `family`,
   * only what its lines of IPv4 (4) or IPv6 (6) say.
   *
   * @example A name and its aliases
   * ```ts
   * import { HostsTable } from "@berkeley/sockets/resolve";
   * import { assertEquals } from "@std/assert";
   *
   * const hosts = HostsTable.parse("192.0.2.1 www.example.com www");
   * const entry = hosts.byName("WWW.");
   * assertEquals(entry?.name, "www.example.com");
   * assertEquals(entry?.aliases, ["www"]);
   * assertEquals(hosts.byName("www", 6), undefined);
   * ```
   */
  byName(name: string, family?: 4 | 6): HostsEntry | undefined {
    const lines = this.#byName.get(keyOf(name));
    const chosen = family === undefined
      ? lines
      : lines?.filter(({ address }) => address.family === family);
    return chosen?.length ? entryOf(chosen) : undefined;
  }

  /**
   * What the first line on an address says.
   *
   * @example The name of an address
   * ```ts
   * import { HostsTable } from "@berkeley/sockets/resolve";
   * import { parseIpAddress } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * const hosts = HostsTable.parse("2001:db8::1 www.example.com www");
   * const address = parseIpAddress("2001:db8:0::1");
   * assertEquals(hosts.byAddress(address)?.name, "www.example.com");
   * ```
   */
  byAddress(address: IpAddress): HostsEntry | undefined {
    const line = this.#byAddress.get(address.toString());
    return line === undefined ? undefined : entryOf([line]);
  }

  #add(line: Line): void {
    const address = line.address.toString();
    if (!this.#byAddress.has(address)) this.#byAddress.set(address, line);
    for (const key of new Set(line.names.map(keyOf))) {
      const lines = this.#byName.get(key);
      if (lines === undefined) this.#byName.set(key, [line]);
      else if (lines.length < MAX_LINES) lines.push(line);
    }
  }
}

interface Line {
  readonly address: IpAddress;
  readonly names: readonly string[];
}

function keyOf(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith(".") ? lower.slice(0, -1) : lower;
}

function entryOf(lines: readonly Line[]): HostsEntry {
  const name = lines[0]!.names[0]!;
  const aliases = new Set(lines.flatMap((line) => line.names));
  aliases.delete(name);
  const addresses = new Map(
    lines.map(({ address }) => [address.toString(), address]),
  );
  return { name, aliases: [...aliases], addresses: [...addresses.values()] };
}
