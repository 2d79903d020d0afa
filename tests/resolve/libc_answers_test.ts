import { parseIpAddress, SocketAddress } from "../../address/mod.ts";
import { AddrInfoError } from "../../errors/mod.ts";
import {
  type AddrInfo,
  Resolver,
  type ResolverOptions,
} from "../../resolve/mod.ts";
import { assert, assertEquals } from "@std/assert";
import { DnsServer } from "./_dns_server.ts";
import { libcFault, libcZone } from "./_libc_zone.ts";
import addrInfoTable from "./libc_addr_info.json" with { type: "json" };
import deviationTable from "./libc_deviations.json" with { type: "json" };
import nameInfoTable from "./libc_name_info.json" with { type: "json" };

type Case = [request: (string | number | null)[], answers: string[]];
const ADDR_INFO = addrInfoTable.cases as Case[];
const DEVIATIONS = deviationTable.cases as Case[];
const NAME_INFO = nameInfoTable.cases as Case[];

/** As the resolv.conf that libc had, without a hosts file. */
function options(server: DnsServer): ResolverOptions {
  return {
    nameServers: [server.nameServer],
    search: ["example.test"],
    timeout: 1000,
    attempts: 1,
    hosts: false,
  };
}

function line(
  { family, socktype, protocol, address, canonname }: AddrInfo,
): string {
  const words = [`${family}/${socktype}/${protocol}`, String(address)];
  return canonname === undefined
    ? words.join(" ")
    : [...words, canonname].join(" ");
}

async function ourAddrInfo(
  resolver: Resolver,
  request: Case[0],
): Promise<string[]> {
  const [node, service, flags, family, socktype, protocol] = request as [
    string | null,
    string | null,
    number,
    number,
    number,
    number,
  ];
  try {
    const infos = await resolver.getAddrInfo(node, service, {
      flags,
      family,
      socktype,
      protocol,
    });
    return infos.map(line);
  } catch (error) {
    if (error instanceof AddrInfoError) return [error.code];
    throw error;
  }
}

/**
 * What libc answers by accident, and we do not: the requests' nodes, and what
 * of the answer it makes.
 */
function withoutAccidents(
  [node, , , family]: Case[0],
  answers: string[],
): string[] {
  // Its hosts file reader takes ::1 for 127.0.0.1 and then gives that twice.
  if (node === "localhost") {
    return answers.filter((answer, i) => !answers[i - 1]?.startsWith(answer));
  }
  // It asks in the case it was given, and the server repeats that; we ask in
  // lower case, so that one name is one name in the cache.
  if (node === "BOTH.Example.TEST") {
    return answers.map((answer) =>
      answer.replace("BOTH.Example.TEST", "both.example.test")
    );
  }
  // Asked for IPv4 alone it reports a failing server as a missing name, which
  // it does not when it is asked for IPv6 or for both.
  const fails = node === "servfail.example.test" ||
    node === "refused.example.test";
  if (fails && family === 2 && answers[0] === "EAI_NONAME") {
    return ["EAI_AGAIN"];
  }
  return answers;
}

async function compare(
  isOrdered: (request: Case[0]) => boolean,
): Promise<void> {
  await using server = await DnsServer.start(libcZone, libcFault);
  const resolver = new Resolver(options(server));
  const differences: unknown[] = [];
  for (const [request, answers] of ADDR_INFO) {
    const expected = withoutAccidents(request, answers);
    const actual = await ourAddrInfo(resolver, request);
    const isSame = isOrdered(request)
      ? JSON.stringify(actual) === JSON.stringify(expected)
      : JSON.stringify([...actual].sort()) ===
        JSON.stringify([...expected].sort());
    if (!isSame) differences.push({ request, expected, actual });
  }
  assertEquals(differences, []);
  assertEquals(server.errors, []);
}

Deno.test({
  name: "getAddrInfo() answers as libc does, in order, with --allow-net alone",
  permissions: { net: true },
  async fn() {
    assert(ADDR_INFO.length >= 300);
    await compare(() => true);
  },
});

Deno.test("getAddrInfo() answers as libc does with everything granted", async () => {
  // Which of a name's addresses comes first depends on this machine's own, but
  // not where the addresses are loopback.
  await compare(([node]) =>
    node === null || !String(node).toLowerCase().startsWith("both")
  );
});

Deno.test({
  name: "getNameInfo() answers as libc does",
  permissions: { net: true },
  async fn() {
    await using server = await DnsServer.start(libcZone, libcFault);
    const resolver = new Resolver(options(server));
    const differences: unknown[] = [];
    for (const [[address, port, flags], expected] of NAME_INFO) {
      const socketAddress = new SocketAddress(
        parseIpAddress(String(address)),
        Number(port),
      );
      const actual = await resolver.getNameInfo(socketAddress, Number(flags))
        .then(
          ({ hostname, service }) => [hostname, service],
          (error) => [error.code],
        );
      if (String(actual) !== String(expected)) {
        differences.push({ address, port, flags, expected, actual });
      }
    }
    assertEquals(differences, []);
    assertEquals(server.errors, []);
  },
});

/** What we answer on purpose where libc guesses or is lax: node, service, answer. */
const ON_PURPOSE: Record<string, string[]> = {
  // Numbers that are not addresses are refused.
  "127.1": ["EAI_NONAME"],
  "127.0.1": ["EAI_NONAME"],
  "1": ["EAI_NONAME"],
  "0x7f.1": ["EAI_NONAME"],
  "0x7f000001": ["EAI_NONAME"],
  "0177.0.0.1": ["EAI_NONAME"],
  "127.0.0.01": ["EAI_NONAME"],
  // A star is no name of this host, and no service.
  "*": ["EAI_NONAME"],
  "service *": ["EAI_SERVICE"],
  // RFC 6761 section 6.3.
  "x.localhost": ["10/1/6 [::1]:80", "2/1/6 127.0.0.1:80"],
  // Which interfaces there are cannot be told without --allow-sys; connecting tells.
  "fe80::1%nosuch": ["10/1/6 [fe80::1%nosuch]:80"],
  // Ports do not wrap around, and have no sign and no space before them.
  "service 65536": ["EAI_SERVICE"],
  "service 70000": ["EAI_SERVICE"],
  "service +80": ["EAI_SERVICE"],
  "service  80": ["EAI_SERVICE"],
};

Deno.test({
  name:
    "getAddrInfo() differs from libc where safety asks for it, and nowhere else",
  permissions: { net: true },
  async fn() {
    await using server = await DnsServer.start(libcZone, libcFault);
    const resolver = new Resolver(options(server));
    const used = new Set<string>();
    for (const [request, libc] of DEVIATIONS) {
      const [node, service] = request;
      const key = node === "::1" ? `service ${service}` : String(node);
      const expected = ON_PURPOSE[key] ?? libc;
      if (key in ON_PURPOSE) used.add(key);
      assertEquals(await ourAddrInfo(resolver, request), expected, key);
    }
    assertEquals(used.size, Object.keys(ON_PURPOSE).length);
    assertEquals(server.log, []);
  },
});
