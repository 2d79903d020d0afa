/**
 * Gives a network namespace random addresses, and compares the sources that the
 * kernel selects and the order in which libc sorts with ours; prints the
 * differences. Begun by `unshare --mount --net`.
 *
 * @module
 */
import {
  type IpAddress,
  IpPrefix,
  parseIpAddress,
  selectSource,
  sortAddresses,
} from "../../address/mod.ts";

import { Random } from "../_random.ts";
import { run } from "../resolve/_namespace.ts";

/** Sends from and sorts each group of destinations; one line of JSON for each. */
const PROGRAM = `
import json, socket, sys
def source(destination):
    family = socket.AF_INET6 if ":" in destination else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        try: s.connect((destination, 9))
        except OSError: return None
        return s.getsockname()[0]
groups = json.load(sys.stdin)
with open("/etc/hosts", "w") as hosts:
    for i, group in enumerate(groups):
        for address in group: hosts.write(f"{address} host{i}.test\\n")
for i, group in enumerate(groups):
    infos = socket.getaddrinfo(f"host{i}.test", 9, type=socket.SOCK_DGRAM)
    print(json.dumps([[source(a) for a in group], [i[4][0] for i in infos]]))
`;

/** The policy table of RFC 6724: that of glibc is still of RFC 3484. */
const POLICIES = `
::1/128 50 0
::/0 40 1
::ffff:0:0/96 35 4
2002::/16 30 2
2001::/32 5 5
fc00::/7 3 13
::/96 1 3
fec0::/10 1 11
3ffe::/16 1 12`.trim().split("\n").map((line) => line.split(" "));
const GAI_CONF =
  POLICIES.map(([prefix, precedence, label]) =>
    `label ${prefix} ${label}\nprecedence ${prefix} ${precedence}\n`
  ).join("") + `
scopev4 ::ffff:169.254.0.0/112 2
scopev4 ::ffff:127.0.0.0/104 2
scopev4 ::ffff:0.0.0.0/96 14
`;

const random = new Random(37);
const hex = (most: number) => random.integer(0, most).toString(16);
const GLOBAL = () =>
  `${random.pick(["2400", "2a00", "2001:db8"])}:${hex(1)}:${hex(2)}::${
    hex(65535)
  }`;
const OTHERS = [
  () => `2002:c633:640${hex(2)}::${hex(65535)}`,
  () => `fd00:${hex(1)}:${hex(1)}::${hex(65535)}`,
  () => `2001:0:${hex(2)}::${hex(65535)}`,
  () => `fec0:0:0:${hex(2)}::${hex(65535)}`,
];
const V4 = () =>
  `${random.pick(["10.0.0", "192.0.2", "198.51.100"])}.${
    random.integer(2, 254)
  }`;
const DESTINATIONS = [
  GLOBAL,
  GLOBAL,
  ...OTHERS,
  V4,
  V4,
  () => `169.254.1.${random.integer(2, 254)}`,
  () => random.pick(["::1", "127.0.0.1", "127.0.0.2"]),
];

function replaceFile(path: string, text: string): void {
  const own = Deno.makeTempFileSync();
  Deno.writeTextFileSync(own, text);
  run("mount", "--bind", own, path);
}

function ip(...words: string[]): void {
  run("ip", ...words);
}

/** The addresses of the host, other than loopback: of both families, or of one. */
function changeAddresses(): void {
  ip("address", "flush", "dev", "pair0");
  ip("-6", "route", "flush", "default");
  const count = random.integer(1, 4);
  for (let i = 0; i < count; i++) {
    const make = random.pick([GLOBAL, ...OTHERS]);
    const length = random.pick([32, 48, 64, 128]);
    ip("address", "replace", `${make()}/${length}`, "dev", "pair0", "nodad");
  }
  ip("-6", "route", "replace", "default", "dev", "pair0");
  if (random.next() < 0.2) return;
  ip("address", "add", `${V4()}/${random.pick([8, 24])}`, "dev", "pair0");
  ip("route", "replace", "203.0.113.1", "dev", "pair0");
  ip("route", "replace", "default", "via", "203.0.113.1");
}

async function askLibc(
  groups: IpAddress[][],
): Promise<[sources: (string | null)[], sorted: string[]][]> {
  const child = new Deno.Command("python3", {
    args: ["-c", PROGRAM],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const [{ stdout }] = await Promise.all([
    child.output(),
    new Blob([JSON.stringify(groups)]).stream().pipeTo(child.stdin),
  ]);
  const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line));
}

const links = run("ip", "-o", "link").trim().split("\n");
if (links.length !== 1) throw new Error("not in a namespace of its own");
ip("link", "set", "lo", "up");
ip("link", "add", "pair0", "type", "veth", "peer", "name", "pair1");
for (const name of ["pair0", "pair1"]) {
  ip("link", "set", name, "addrgenmode", "none"); // no addresses but these
  ip("link", "set", name, "up");
}
replaceFile("/etc/hosts", "");
replaceFile("/etc/nsswitch.conf", "hosts: files\n");
replaceFile("/etc/gai.conf", GAI_CONF);

const differences: unknown[] = [];
let count = 0;
for (let round = 0; round < 10; round++) {
  changeAddresses();
  const interfaces = Deno.networkInterfaces().map(({ cidr }) =>
    IpPrefix.parse(cidr)
  );
  const groups = Array.from({ length: 25 }, () => {
    const texts = Array.from(
      { length: random.integer(2, 6) },
      () => random.pick(DESTINATIONS)(),
    );
    return [...new Set(texts)].map(parseIpAddress);
  });
  const answers = await askLibc(groups);
  groups.forEach((group, i) => {
    const sourceFor = (to: IpAddress) => selectSource(to, interfaces);
    const expected = answers[i]!;
    const actual = [
      group.map((to) => sourceFor(to)?.ip.toString() ?? null),
      sortAddresses(group, { sourceFor }).map(String),
    ];
    count += group.length;
    if (JSON.stringify(actual) !== JSON.stringify(expected)) {
      differences.push({ interfaces, group, actual, expected });
    }
  });
}
console.log(JSON.stringify({ count, differences }));
