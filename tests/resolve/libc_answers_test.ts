import { Resolver, type ResolverOptions } from "../../resolve/mod.ts";
import { assert, assertEquals } from "@std/assert";
import { hasProgram } from "../_programs.ts";
import { DnsServer } from "./_dns_server.ts";
import {
  ADDR_INFO,
  addrInfoDifferences,
  DEVIATIONS,
  nameInfoDifferences,
  ourAddrInfo,
} from "./_libc_compare.ts";
import { libcFault, libcZone } from "./_libc_zone.ts";
import { IS_DENO } from "../_runtime.ts";

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

Deno.test({
  name: "getAddrInfo() answers as libc does, in order, with --allow-net alone",
  ignore: !IS_DENO, // elsewhere the interfaces are seen, and say the order
  permissions: { net: true },
  async fn() {
    assert(ADDR_INFO.length >= 300);
    await using server = await DnsServer.start(libcZone, libcFault);
    const resolver = new Resolver(options(server));
    assertEquals(await addrInfoDifferences(resolver), []);
    assertEquals(server.errors, []);
  },
});

Deno.test("getAddrInfo() answers as libc does with everything granted", async () => {
  await using server = await DnsServer.start(libcZone, libcFault);
  const resolver = new Resolver(options(server));
  // Which of a name's addresses comes first depends on this machine's own.
  const isOrdered = ([node]: (string | number | null)[]): boolean =>
    !/^(both|chain)/i.test(String(node));
  assertEquals(await addrInfoDifferences(resolver, isOrdered), []);
});

Deno.test({
  name: "getNameInfo() answers as libc does",
  permissions: { net: true },
  async fn() {
    await using server = await DnsServer.start(libcZone, libcFault);
    assertEquals(await nameInfoDifferences(new Resolver(options(server))), []);
    assertEquals(server.errors, []);
  },
});

const UNSHARE = ["--user", "--map-root-user", "--mount", "--net"];

function canUnshare(): boolean {
  if (
    Deno.build.os !== "linux" || !hasProgram("unshare") || !hasProgram("ip")
  ) return false;
  const args = [
    ...UNSHARE,
    "ip",
    "link",
    "add",
    "pair0",
    "type",
    "veth",
    "peer",
    "name",
    "pair1",
  ];
  const { success } = new Deno.Command("unshare", { args, stderr: "null" })
    .outputSync();
  if (!success) console.log("skipped: no network namespaces here");
  return success;
}

/** What a program prints, which runs in namespaces of its own. */
async function differencesIn(file: string): Promise<unknown> {
  const script = new URL(file, import.meta.url).pathname;
  const { stdout, stderr } = await new Deno.Command("unshare", {
    args: [
      ...UNSHARE,
      Deno.execPath(),
      "run",
      "--quiet",
      "-A",
      "--no-config",
      script,
    ],
  }).output();
  assertEquals(new TextDecoder().decode(stderr), "");
  return JSON.parse(new TextDecoder().decode(stdout));
}

const hasNamespaces = IS_DENO && canUnshare();

Deno.test({
  name:
    "the default resolver answers as libc does, in order, by the system's own files and interfaces",
  ignore: !hasNamespaces,
  fn: async () => assertEquals(await differencesIn("_libc_namespace.ts"), []),
});

Deno.test({
  name:
    "getAddrInfo() with AI_ADDRCONFIG and AI_V4MAPPED, and getHostByName(), answer as libc does on hosts with both families, with one, and with none",
  ignore: !hasNamespaces || !hasProgram("python3"),
  fn: async () => assertEquals(await differencesIn("_libc_live.ts"), []),
});

// The documentation lists these: where routes decide, and where glibc still goes by
// the table of RFC 3484, whose successor is RFC 6724.
const OTHERWISE_SORTED = new Set([
  "no IPv6 route: global",
  "no IPv6 route: private",
  ...["dual", "ula", "private IPv4", "many", "no IPv6 route"].flatMap((world) =>
    ["ula", "6to4", "multicast"].map((name) => `${world}: ${name}`)
  ),
]);

Deno.test({
  name:
    "getAddrInfo() orders addresses as libc does, but for those that the documentation lists",
  ignore: !hasNamespaces || !hasProgram("python3"),
  async fn() {
    const differences = await differencesIn("_libc_sort.ts") as string[];
    const unknown = differences.filter((name) => !OTHERWISE_SORTED.has(name));
    assertEquals(unknown, []);
    assert(differences.includes("no IPv6 route: global"));
    assert(differences.includes("ula: ula"));
    assert(differences.includes("many: 6to4"));
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
