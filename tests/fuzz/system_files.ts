/**
 * Fuzzes the readers of the system's files: hosts, services, protocols and
 * resolv.conf.
 *
 * @module
 */
import {
  HostsTable,
  parseResolvConf,
  ProtocolTable,
  ServiceTable,
} from "@berkeley/sockets/resolve";
import { isIpAddress } from "@berkeley/sockets/address";
import { assert, assertEquals } from "@std/assert";
import type { Random } from "../_random.ts";
import type { FuzzTarget } from "./_target.ts";

const PIECES = [
  ...[" ", "\t", "\n", "\r\n", "#", ";", "/", ":", "%", "."],
  ...["0", "80", "65536", "-1", "9".repeat(30), "tcp", "udp", "http"],
  ...["192.0.2.1", "::1", "fe80::1%eth0", "1.2.3", "nameserver", "search"],
  ...["domain", "options", "ndots:", "timeout:", "attempts:", "rotate"],
  ...["a", "example.test", "ü", "\0", "\ud800", "\ufeff", "__proto__"],
  "constructor",
];

function anyText(random: Random): string {
  return Array.from(
    { length: random.integer(0, 40) },
    () => random.pick(PIECES),
  ).join("");
}

/** Any text is read without a throw, and what is found keeps to its bounds. */
function takesAnything(random: Random): string {
  const text = anyText(random);
  const name = random.pick(PIECES);
  const host = HostsTable.parse(text).byName(name);
  for (const alias of host?.aliases ?? []) assert(alias !== host!.name);
  ServiceTable.parse(text).byName(name);
  ProtocolTable.parse(text).byName(name);
  const conf = parseResolvConf(text);
  assert(conf.nameServers.length <= 3 && conf.nameServers.every(isIpAddress));
  assert(conf.ndots >= 0 && conf.ndots <= 15, text);
  assert(conf.timeout >= 1000 && conf.timeout <= 30_000, text);
  assert(conf.attempts >= 1 && conf.attempts <= 5, text);
  assert(conf.search.every((domain) => domain !== ""), text);
  return "any text";
}

/** A name's addresses, found the slow way. */
function addressesOf(text: string, name: string): string[] {
  const found: string[] = [];
  for (const line of text.split("\n")) {
    const [address, ...names] = line.split("#")[0]!.trim().split(/[ \t]+/);
    const matches = names.some((other) =>
      other.toLowerCase() === name.toLowerCase()
    );
    if (matches && !found.includes(address!)) found.push(address!);
  }
  return found;
}

function agreesOnHosts(random: Random): string {
  const names = ["a", "B", "c.test", "D.Test", "e"];
  const addresses = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "::1"];
  const lines = Array.from({ length: random.integer(0, 12) }, () => {
    const words = Array.from(
      { length: random.integer(0, 4) },
      () => random.pick(names),
    );
    const gap = random.pick(["\t", "  "]);
    const comment = random.pick(["", "", "", " # a b"]);
    return `${random.pick(addresses)}${gap}${words.join(" ")}${comment}`;
  });
  const text = lines.join("\n");
  const table = HostsTable.parse(text);
  for (const name of names) {
    const actual = table.byName(name)?.addresses.map(String) ?? [];
    assertEquals(actual, addressesOf(text, name), text);
  }
  return "hosts";
}

/** Lines that mean something are taken in their order, whatever stands between. */
function agreesOnResolvConf(random: Random): string {
  const servers: string[] = [];
  let search: string[] = [];
  let [ndots, attempts, rotate] = [1, 2, false];
  const lines = Array.from({ length: random.integer(0, 15) }, () => {
    switch (random.integer(0, 6)) {
      case 0: {
        const server = random.pick(["192.0.2.1", "2001:db8::53", "::1"]);
        servers.push(server);
        return `nameserver ${server}`;
      }
      case 1:
        search = [random.pick(["a.test", "b.test"])];
        return `domain ${search[0]}`;
      case 2:
        search = ["c.test", "d.test"].slice(random.integer(0, 2));
        return `search\t${search.join("  ")}`;
      case 3:
        ndots = random.integer(0, 15);
        return `options ndots:${ndots}`;
      case 4:
        [attempts, rotate] = [random.integer(1, 5), true];
        return `options rotate  attempts:${attempts} unknown:1`;
      default:
        return random.pick([
          "",
          "# nameserver 9.9.9.9",
          "; search x",
          "sortlist",
        ]);
    }
  });
  const conf = parseResolvConf(lines.join(random.pick(["\n", "\r\n"])));
  assertEquals(
    [conf.nameServers, conf.search, conf.ndots, conf.attempts, conf.rotate],
    [servers.slice(0, 3), search, ndots, attempts, rotate],
    lines.join("\n"),
  );
  return "resolv.conf";
}

/** The fuzzer. */
export const systemFiles: FuzzTarget = {
  name: "files",
  claim:
    "hosts, services, protocols and resolv.conf are read as slow readers do",
  tries: 6000,
  outcomes: ["any text", "hosts", "resolv.conf"],
  once: (random) =>
    random.pick([
      takesAnything,
      takesAnything,
      agreesOnHosts,
      agreesOnResolvConf,
    ])(random),
};
