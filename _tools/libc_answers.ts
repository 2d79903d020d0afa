/**
 * Writes `tests/resolve/libc_addr_info.json` and `libc_name_info.json`: what
 * libc's getaddrinfo and getnameinfo answer to a table of requests.
 *
 * The answers must not depend on the machine, so the script runs itself in
 * mount and network namespaces of its own, with hosts, resolv.conf and
 * nsswitch.conf that it writes, an interface with an address of each family, and the tests' own name server. As root on Linux, with gcc,
 * iproute2, util-linux and netbase:
 *
 * ```sh
 * unshare --mount --net deno run -A _tools/libc_answers.ts
 * ```
 *
 * @module
 */
import { DnsServer } from "../tests/resolve/_dns_server.ts";
import { enterNamespace, run } from "../tests/resolve/_namespace.ts";
import { libcFault, libcZone } from "../tests/resolve/_libc_zone.ts";

type Request = (string | number | null)[];

const tests = new URL("../tests/resolve/", import.meta.url);
const folder = Deno.makeTempDirSync();

async function answers(
  requests: Request[],
  kind: "A" | "N",
): Promise<string[][]> {
  const child = new Deno.Command(`${folder}/answer`, {
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const lines = requests.map((request) =>
    [kind, ...request.map((field) => field ?? "\\N")].join("\t")
  );
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(lines.join("\n") + "\n"));
  await writer.close();
  const { stdout } = await child.output();
  return new TextDecoder().decode(stdout).trim().split("\n").map((line) =>
    JSON.parse(line)
  );
}

const AF_UNSPEC = 0, AF_INET = 2, AF_INET6 = 10;
const FAMILIES = [AF_UNSPEC, AF_INET, AF_INET6];
const STREAM = 1;

const NODES = [
  null,
  "",
  "127.0.0.1",
  "192.0.2.1",
  "0.0.0.0",
  "::1",
  "::",
  "2001:db8::1",
  "::ffff:192.0.2.1",
  "fe80::1%lo",
  "localhost",
  "both.example.test",
  "v4.example.test",
  "v6.example.test",
  "chain.example.test",
  "both.example.test.",
  "both",
  "BOTH.Example.TEST",
  "deep.sub",
  "empty.example.test",
  "nothing.example.test",
  "servfail.example.test",
  "refused.example.test",
  "half.example.test",
];
const SERVICES = [
  null,
  "",
  "0",
  "80",
  "65535",
  "http",
  "www",
  "domain",
  "ntp",
  "tftp",
  "ssh",
  "nosuch",
  "HTTP",
  "00080",
];
const KINDS = [
  [0, 0],
  [1, 0],
  [2, 0],
  [3, 0],
  [5, 0],
  [6, 0],
  [9, 0],
  [0, 6],
  [0, 17],
  [0, 132],
  [0, 136],
  [0, 1],
  [0, 255],
  [1, 6],
  [1, 17],
  [2, 17],
  [2, 6],
  [2, 136],
  [1, 132],
  [5, 132],
  [3, 1],
  [3, 6],
];
const AI_PASSIVE = 1,
  AI_CANONNAME = 2,
  AI_NUMERICHOST = 4,
  AI_V4MAPPED = 8,
  AI_ALL = 16,
  AI_ADDRCONFIG = 32,
  AI_NUMERICSERV = 1024;
const FLAGS = [
  AI_PASSIVE,
  AI_CANONNAME,
  AI_NUMERICHOST,
  AI_V4MAPPED,
  AI_V4MAPPED | AI_ALL,
  AI_ALL,
  AI_ADDRCONFIG,
  AI_CANONNAME | AI_V4MAPPED,
];

function addrInfoRequests(): Request[] {
  const requests: Request[] = [];
  for (const node of NODES) {
    for (const family of FAMILIES) {
      requests.push([node, "80", 0, family, STREAM, 0]);
    }
  }
  for (const service of SERVICES) {
    for (const [socktype, protocol] of KINDS) {
      requests.push(["127.0.0.1", service, 0, AF_UNSPEC, socktype!, protocol!]);
    }
  }
  for (const flags of FLAGS) {
    for (const node of NODES) {
      for (const family of flags & AI_V4MAPPED ? FAMILIES : [AF_UNSPEC]) {
        requests.push([node, "80", flags, family, STREAM, 0]);
      }
    }
  }
  for (const service of SERVICES) {
    requests.push(["::1", service, AI_NUMERICSERV, AF_UNSPEC, STREAM, 0]);
  }
  for (const service of [null, "http", "80"]) {
    for (const family of FAMILIES) {
      requests.push([null, service, 0, family, 0, 0], [
        null,
        service,
        AI_PASSIVE,
        family,
        0,
        0,
      ]);
    }
  }
  for (const family of [1, 3, 17, 99]) {
    requests.push(["::1", "80", 0, family, STREAM, 0]);
  }
  for (const flags of [0x8000, 0x4000_0000, AI_CANONNAME | 0x800]) {
    requests.push(["::1", "80", flags, AF_UNSPEC, STREAM, 0]);
  }
  return requests;
}

/** What is answered otherwise on purpose. */
const DEVIATIONS: Request[] = [
  "127.1",
  "127.0.1",
  "1",
  "0x7f.1",
  "0x7f000001",
  "0177.0.0.1",
  "127.0.0.01",
  "*",
  "1.2.3.4.5",
  "256.1.1.1",
  "both.123",
  "-both.example.test",
  "both .example.test",
  "both..example.test",
  "x.localhost",
  "fe80::1%nosuch",
].map((node): Request => [node, "80", 0, AF_UNSPEC, STREAM, 0]).concat(
  ["65536", "70000", "-1", "+80", " 80", "*"].map((
    service,
  ): Request => ["::1", service, 0, AF_UNSPEC, STREAM, 0]),
);

const NI_ADDRESSES = [
  "127.0.0.1",
  "::1",
  "192.0.2.1",
  "192.0.2.99",
  "2001:db8::1",
  "2001:db8::99",
  "::ffff:192.0.2.1",
  "0.0.0.0",
  "::",
  "fe80::1%lo",
  "192.0.2.66",
  "192.0.2.67",
];
const NI_FLAGS = [0, 1, 2, 3, 4, 8, 9, 11, 16, 18, 12];
function nameInfoRequests(): Request[] {
  const requests: Request[] = [];
  for (const address of NI_ADDRESSES) {
    for (const flags of NI_FLAGS) requests.push([address, 80, flags]);
  }
  for (const port of [0, 7, 22, 53, 69, 123, 443, 512, 514, 65535]) {
    for (const flags of [1, 17]) requests.push(["192.0.2.1", port, flags]);
  }
  requests.push(["192.0.2.1", 80, 0x8000]);
  return requests;
}

function write(
  name: string,
  system: string,
  requests: Request[],
  results: string[][],
): void {
  const rows = requests.map((request, i) =>
    JSON.stringify([request, results[i]])
  );
  Deno.writeTextFileSync(
    new URL(name, tests),
    `{\n"system": ${JSON.stringify(system)},\n"cases": [\n${
      rows.join(",\n")
    }\n]\n}\n`,
  );
  console.log(name, rows.length);
}

enterNamespace();
const program = new URL("libc_answers.c", import.meta.url).pathname;
run("gcc", "-O1", "-o", `${folder}/answer`, program);
await using _server = await DnsServer.start(libcZone, libcFault, { port: 53 });
const distribution =
  /PRETTY_NAME="(.*)"/.exec(Deno.readTextFileSync("/etc/os-release"))![1];
const system = `${distribution}, glibc ${
  run("getconf", "GNU_LIBC_VERSION").trim().split(" ")[1]
}`;
const requests = addrInfoRequests();
write("libc_addr_info.json", system, requests, await answers(requests, "A"));
write(
  "libc_deviations.json",
  system,
  DEVIATIONS,
  await answers(DEVIATIONS, "A"),
);
const names = nameInfoRequests();
write("libc_name_info.json", system, names, await answers(names, "N"));
run(Deno.execPath(), "fmt", "--quiet", tests.pathname);
