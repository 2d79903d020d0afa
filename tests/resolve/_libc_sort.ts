/**
 * Compares the order of addresses with libc's, in namespaces of their own, on hosts
 * with addresses of several kinds; prints where the two differ, as
 * `"host: destinations"`.
 *
 * @module
 */
import { SOCK_STREAM } from "../../address/mod.ts";
import { Resolver } from "../../resolve/mod.ts";
import { enterNamespace, run } from "./_namespace.ts";

const GLOBAL6 = "2a00:1::10/64";
const ULA = "fd00:1::10/64";
const GLOBAL4 = "198.51.100.10/24";

/** The addresses that a host has beside loopback; all have a route to everywhere, but for the last one. */
const WORLDS: { [name: string]: string[] } = {
  dual: [GLOBAL6, GLOBAL4],
  ula: [GLOBAL6, ULA, GLOBAL4],
  "private IPv4": [GLOBAL6, "192.168.1.10/24"],
  many: [GLOBAL6, ULA, "2002:c633:6401::10/64", GLOBAL4, "10.0.0.10/24"],
  "no IPv6 route": [GLOBAL6, GLOBAL4],
};

const DESTINATIONS: { [name: string]: string[] } = {
  global: ["2400:1::1", "192.0.2.1"],
  ipv4: ["192.0.2.1", "198.51.100.77", "10.0.0.7"],
  "private": ["10.9.9.9", "192.0.2.1", "2400:1::1"],
  ipv6: ["2a00:1::77", "2a00:2::1", "2400:1::1"],
  ula: ["fd00:1::99", "2400:1::1", "192.0.2.1"],
  "6to4": ["2002:c000:0201::1", "2400:1::1", "192.0.2.1"],
  multicast: ["ff0e::1", "2400:1::1", "224.0.0.251", "192.0.2.1"],
};

enterNamespace();
const nameOf = (destinations: string): string =>
  `${destinations.toLowerCase()}.test`;
Deno.writeTextFileSync(
  "/etc/hosts",
  Object.entries(DESTINATIONS).flatMap(([name, addresses]) =>
    addresses.map((address) => `${address} ${nameOf(name)}\n`)
  ).join(""),
);

const PROGRAM = `
import json, socket, sys
print(json.dumps([
    [info[4][0] for info in socket.getaddrinfo(name, 80, 0, socket.SOCK_STREAM)]
    for name in sys.argv[1:]
]))
`;

const differences: string[] = [];
for (const [world, addresses] of Object.entries(WORLDS)) {
  run("ip", "address", "flush", "dev", "pair0");
  for (const address of addresses) {
    const nodad = address.includes(":") ? ["nodad"] : [];
    run("ip", "address", "add", address, "dev", "pair0", ...nodad);
  }
  run("ip", "route", "replace", "default", "dev", "pair0");
  const isRouted = world !== "no IPv6 route";
  run("ip", "-6", "route", "flush", "default");
  if (isRouted) run("ip", "-6", "route", "add", "default", "dev", "pair0");
  // The resolver looks at the interfaces once a second.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const names = Object.keys(DESTINATIONS);
  const libc: string[][] = JSON.parse(
    run("python3", "-c", PROGRAM, ...names.map(nameOf)),
  );
  const resolver = new Resolver();
  for (const [i, name] of names.entries()) {
    const infos = await resolver.getAddrInfo(nameOf(name), 80, {
      socktype: SOCK_STREAM,
    });
    const ours = infos.map(({ address }) => address.hostname);
    if (String(ours) !== String(libc[i])) differences.push(`${world}: ${name}`);
  }
}
console.log(JSON.stringify(differences));
