/**
 * Looking up names: the addresses of a host, and back; the records of a name; the
 * hosts that offer a service.
 *
 * @module
 */
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  AI_ADDRCONFIG,
  AI_ALL,
  AI_CANONNAME,
  AI_NUMERICHOST,
  AI_PASSIVE,
  AI_V4MAPPED,
  type NameServer,
  NI_NAMEREQD,
  parseIpAddress,
  parseSocketAddress,
  type RecordType,
  Resolver,
  SOCK_DGRAM,
  SOCK_STREAM,
  SocketAddress,
  tryParseIpAddress,
} from "@berkeley/sockets";
import { parseArgs } from "@std/cli/parse-args";

const TYPES = "A AAAA CAA CNAME MX NAPTR NS PTR SOA SRV TXT".split(" ");

const USAGE = `Usage: lookup [options] NAME [SERVICE]

Prints the socket addresses of a host and a service, in the order to try them.

  -4, -6              only IPv4, only IPv6
  --udp               for datagrams instead of streams
  --canon             the host's canonical name, too
  --numeric           NAME is an address: ask nobody
  --passive           addresses to bind to
  --configured        only families that this host has an address of
  --mapped            over IPv6, IPv4 addresses as well, as ::ffff:a.b.c.d

  --reverse           NAME is an address, SERVICE a port: print their names
  --service SERVICE   print the hosts that offer a service of the domain NAME
  --type TYPE         print NAME's records of a type:
                      ${TYPES.join(", ")}

  --server ADDRESS    ask this name server and nothing else, [ADDRESS]:PORT too
  --timeout MS        how long to try (10000)
  -h, --help          this text

  lookup localhost http
  lookup --reverse ::1 53
  lookup --type MX example.org --server 192.0.2.53`;

/** What came from others, fit for a terminal. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, "?");
}

/** A record as in a zone file, texts of any kind in quotes. */
function formatRecord(data: unknown): string {
  if (typeof data === "string") return printable(data);
  const fields = Object.values(data as Record<string, unknown>);
  return fields.map((field) => {
    const text = String(field);
    return /^[\w.:-]+$/.test(text) ? text : printable(JSON.stringify(text));
  }).join(" ");
}

function nameServer(text: string): NameServer {
  if (tryParseIpAddress(text) !== undefined) return { hostname: text };
  const { hostname, port } = parseSocketAddress(text);
  return { hostname, port };
}

/** Runs the example. */
export async function main(args: string[]): Promise<void> {
  const options = parseArgs(args, {
    boolean: [
      ...["help", "4", "6", "udp", "canon", "numeric", "passive"] as const,
      ...["configured", "mapped", "reverse"] as const,
    ],
    string: ["service", "type", "server", "timeout"],
    default: { timeout: "10000" },
    alias: { help: "h" },
    unknown: (word, option) => {
      if (option !== undefined) throw new TypeError(`No such option: ${word}`);
    },
  });
  const [name, service] = options._.map(String);
  if (options.help) return console.log(USAGE);
  if (name === undefined) throw new TypeError("Say which name to look up");
  const { server } = options;
  const wait = { timeout: Number(options.timeout) };
  const resolver = new Resolver(
    server === undefined
      ? {}
      : { nameServers: [nameServer(server)], hosts: false },
  );

  if (options.reverse) {
    const address = new SocketAddress(
      parseIpAddress(name),
      Number(service ?? 0),
    );
    const flags = service === undefined ? NI_NAMEREQD : 0;
    const found = await resolver.getNameInfo(address, flags, wait);
    const names = [found.hostname, service === undefined ? "" : found.service];
    return console.log(printable(names.join(" ").trim()));
  }

  if (options.type !== undefined) {
    const type = options.type.toUpperCase();
    if (!TYPES.includes(type)) {
      throw new TypeError(`Cannot look up ${type}: try ${TYPES.join(", ")}`);
    }
    const records = await resolver.resolve(name, type as RecordType, wait);
    return records.forEach((data) => console.log(formatRecord(data)));
  }

  if (options.service !== undefined) {
    const protocol = options.udp ? "udp" : "tcp";
    const query = { service: options.service, protocol, domain: name };
    for (const { target, port } of await resolver.lookupService(query, wait)) {
      console.log(`${printable(target)}:${port}`);
    }
    return;
  }

  const found = await resolver.getAddrInfo(name, service ?? null, {
    family: options["4"] ? AF_INET : options["6"] ? AF_INET6 : AF_UNSPEC,
    socktype: options.udp ? SOCK_DGRAM : SOCK_STREAM,
    flags: (options.canon ? AI_CANONNAME : 0) |
      (options.numeric ? AI_NUMERICHOST : 0) |
      (options.passive ? AI_PASSIVE : 0) |
      (options.configured ? AI_ADDRCONFIG : 0) |
      (options.mapped ? AI_V4MAPPED | AI_ALL : 0),
    ...wait,
  });
  for (const { address, canonname } of found) {
    const text = service === undefined ? address.ip : address;
    console.log(printable(`${text}${canonname ? ` ${canonname}` : ""}`));
  }
}

if (import.meta.main) {
  await main(Deno.args).catch((error) => {
    console.error(error.message);
    const isMisuse = /^(Type|Range|Syntax)Error$/.test(error.name);
    Deno.exit(isMisuse ? 2 : 1);
  });
}
