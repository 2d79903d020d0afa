/**
 * Asks libc and the default resolver the same, inside namespaces of their own, on
 * hosts with addresses of both families, of one, and of none; prints what differs.
 *
 * @module
 */
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  SOCK_STREAM,
} from "../../address/mod.ts";
import {
  AI_ADDRCONFIG,
  AI_ALL,
  AI_NUMERICHOST,
  AI_PASSIVE,
  AI_V4MAPPED,
  Resolver,
} from "../../resolve/mod.ts";
import type { Zone } from "./_dns_message.ts";
import { DnsServer } from "./_dns_server.ts";
import { enterNamespace, run } from "./_namespace.ts";

const zone: Zone = {
  "both.example.test": [
    { type: "A", data: "192.0.2.1" },
    { type: "AAAA", data: "2001:db8::1" },
  ],
  "v4.example.test": [{ type: "A", data: "192.0.2.4" }],
  "v6.example.test": [{ type: "AAAA", data: "2001:db8::6" }],
  "chain.example.test": [{ type: "CNAME", data: "link.example.test" }],
  "link.example.test": [{ type: "CNAME", data: "both.example.test" }],
  "four.hosts.test": [{ type: "AAAA", data: "2001:db8::44" }],
  "six.hosts.test": [{ type: "A", data: "192.0.2.66" }],
};

const HOSTS = `127.0.0.1 localhost
::1 localhost
192.0.2.7 two.hosts.test two-four
2001:db8::7 two.hosts.test two-six
192.0.2.8 four.hosts.test four-alias
2001:db8::8 six.hosts.test six-alias
2001:db8::9 other.hosts.test shared.hosts.test
192.0.2.9 official.hosts.test shared.hosts.test
`;

type Request =
  | ["addrinfo", string | null, string, number, number, number]
  | ["host", string, number];

const NODES = [
  null,
  "localhost",
  "127.0.0.1",
  "::1",
  "192.0.2.1",
  "2001:db8::1",
  "two.hosts.test",
  "four.hosts.test",
  "six.hosts.test",
  "both.example.test",
  "v4.example.test",
  "v6.example.test",
];
const FLAGS = [
  AI_ADDRCONFIG,
  AI_ADDRCONFIG | AI_PASSIVE,
  AI_ADDRCONFIG | AI_NUMERICHOST,
  AI_ADDRCONFIG | AI_V4MAPPED,
  AI_ADDRCONFIG | AI_V4MAPPED | AI_ALL,
  AI_V4MAPPED,
  AI_V4MAPPED | AI_ALL,
];
const FAMILIES = [AF_UNSPEC, AF_INET, AF_INET6];

function requests(): Request[] {
  const all: Request[] = [];
  for (const node of NODES) {
    for (const flags of FLAGS) {
      for (const family of FAMILIES) {
        all.push(["addrinfo", node, "80", flags, family, SOCK_STREAM]);
      }
    }
  }
  for (
    const name of [
      "two.hosts.test",
      "two-four",
      "two-six",
      "four.hosts.test",
      "four-alias",
      "six.hosts.test",
      "shared.hosts.test",
      "chain.example.test",
      "chain",
      "link.example.test",
      "both",
      "both.example.test",
      "v6.example.test",
    ]
  ) {
    for (const family of [AF_INET, AF_INET6]) all.push(["host", name, family]);
  }
  return all;
}

async function askLibc(asked: readonly Request[]): Promise<string[][]> {
  const script = new URL("_ask_libc.py", import.meta.url).pathname;
  const child = new Deno.Command("python3", {
    args: [script],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(asked)));
  await writer.close();
  const { stdout } = await child.output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

async function ask(resolver: Resolver, request: Request): Promise<string[]> {
  try {
    if (request[0] === "host") {
      const [, name, family] = request;
      const host = await resolver.getHostByName(name, { family });
      return [host.name, ...host.aliases, ...host.addresses.map(String)];
    }
    const [, node, service, flags, family, socktype] = request;
    const infos = await resolver.getAddrInfo(node, service, {
      flags,
      family,
      socktype,
    });
    return infos.map(({ address }) => String(address));
  } catch (error) {
    const { code } = error as { code?: string };
    return [request[0] === "host" ? "none" : code ?? String(error)];
  }
}

/** The addresses of the host's interface beside loopback, by what it has. */
const WORLDS: { [what: string]: string[] } = {
  both: ["198.51.100.10/24", "2001:db8:1::10/64"],
  ipv4: ["198.51.100.10/24"],
  ipv6: ["2001:db8:1::10/64"],
  loopback: [],
};

enterNamespace();
Deno.writeTextFileSync("/etc/hosts", HOSTS);
await using _server = await DnsServer.start(zone, undefined, { port: 53 });
const differences: unknown[] = [];
for (const [world, addresses] of Object.entries(WORLDS)) {
  run("ip", "address", "flush", "dev", "pair0");
  run("ip", "address", "flush", "dev", "pair1");
  for (const address of addresses) {
    const nodad = address.includes(":") ? ["nodad"] : [];
    run("ip", "address", "add", address, "dev", "pair0", ...nodad);
    const via = address.includes(":") ? "2001:db8:1::1" : "198.51.100.1";
    run("ip", "route", "replace", "default", "via", via, "dev", "pair0");
  }
  // The resolver looks at the interfaces once a second.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const asked = requests();
  const libc = await askLibc(asked);
  const resolver = new Resolver();
  for (const [i, request] of asked.entries()) {
    const ours = await ask(resolver, request);
    // Its hosts file reader takes ::1 for 127.0.0.1 and then gives that twice.
    const theirs = libc[i]!.filter((text, at, all) => text !== all[at - 1]);
    if (String(ours) !== String(theirs)) {
      differences.push({ world, request, libc: theirs, ours });
    }
  }
}
console.log(JSON.stringify(differences));
