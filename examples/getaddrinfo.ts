/**
 * A host and a service to socket addresses, and with `--reverse` back again.
 *
 * @module
 */
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  AI_CANONNAME,
  getAddrInfo,
  getNameInfo,
  SOCK_DGRAM,
  SOCK_STREAM,
} from "@berkeley/sockets";
import { parseArgs } from "@std/cli/parse-args";

const USAGE = `Usage: getaddrinfo [options] HOST [SERVICE]

  -4, -6         only IPv4, only IPv6
  --udp          for datagrams instead of streams
  --reverse      name each address found
  -h, --help     this text

  getaddrinfo localhost http
  getaddrinfo ::1 53 --udp --reverse`;

/** Runs the example. */
export async function main(args: string[]): Promise<void> {
  const options = parseArgs(args, {
    boolean: ["help", "4", "6", "udp", "reverse"],
    alias: { help: "h" },
  });
  const [host, service = null] = options._.map(String);
  if (options.help || host === undefined) return console.log(USAGE);

  const found = await getAddrInfo(host, service, {
    family: options["4"] ? AF_INET : options["6"] ? AF_INET6 : AF_UNSPEC,
    socktype: options.udp ? SOCK_DGRAM : SOCK_STREAM,
    flags: AI_CANONNAME,
    timeout: 10_000,
  });
  for (const { address, canonname } of found) {
    console.log(`${address}${canonname ? `  (${canonname})` : ""}`);
    if (!options.reverse) continue;
    const name = await getNameInfo(address, 0, { timeout: 10_000 });
    console.log(`  is ${name.hostname}, ${name.service}`);
  }
}

if (import.meta.main) {
  await main(Deno.args).catch((error) => {
    console.error(error.message);
    Deno.exit(1);
  });
}
