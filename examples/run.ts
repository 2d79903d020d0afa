/**
 * Lists the examples, or runs one: `deno task examples echo --help`.
 *
 * @module
 */

/** What each example shows, in a line. */
export const EXAMPLES: Readonly<Record<string, string>> = {
  echo: "TCP and UDP echo: a server, a client, or both",
  daytime: "the daytime service of RFC 867, and several clients of it",
  discover: "devices and services on the local network, by multicast",
  sntp: "by how much this clock is off, asked of an SNTP server",
  wake_on_lan: "the magic packet that switches on a host, by broadcast",
  redis: "a Redis client: RESP2 and RESP3, commands pipelined",
  chat: "a chat room: lines, nick names, slow readers dropped",
  lookup: "addresses of hosts, and back; DNS records; services of a domain",
  nc: "netcat: TCP and UDP, to connect and to listen",
  port_scanner: "which TCP ports of a host are open: many tries at a time",
  find_a_bug:
    "a bug that only a lost packet shows, found in simulated networks",
  stay_connected: "a connection that is made again, and a pool of connections",
  rpc: "JSON in length-prefixed frames: many calls over one connection",
  child_lines: "the lines that another program prints, with time limits",
  proxy: "a TCP proxy: half-closes, back-pressure, a graceful end, statistics",
  tls_echo: "TLS echo in which both sides show a certificate",
  starttls: "TLS on a connection that began in plain text, as mail servers do",
  postgres_tls: "TLS after an upgrade byte, as PostgreSQL starts it",
  unix_echo: "echo over a unix socket: a path or an abstract name",
  unix_http: "HTTP over a unix socket, as one asks a container daemon",
  posix_ping: "ICMP echo: how long a host takes to answer",
  posix_unix_echo: "echo over a local socket by C's own calls",
  reuse_port: "several processes on one port: how connections are spread",
  tcp_states: "the states of both ends of a connection, call by call",
};

/** Those that use libc and need `--allow-ffi`; others need `--allow-net` alone. */
export const POSIX_EXAMPLES: ReadonlySet<string> = new Set([
  "posix_ping",
  "posix_unix_echo",
  "tcp_states",
]);

function list(isListed: (example: string) => boolean): void {
  for (const [example, summary] of Object.entries(EXAMPLES)) {
    if (isListed(example)) console.log(`  ${example.padEnd(17)}${summary}`);
  }
}

async function hasLibc(): Promise<boolean> {
  const { isSupported } = await import("@berkeley/sockets/posix");
  return isSupported();
}

async function run([name, ...args]: string[]): Promise<void> {
  if (name === undefined || name === "--help" || name === "-h") {
    console.log("Usage: deno task examples <name> [options]\n");
    list((example) => !POSIX_EXAMPLES.has(example));
    console.log("\nOver libc: deno task examples:posix <name> [options]\n");
    list((example) => POSIX_EXAMPLES.has(example));
    console.log("\nEach one explains itself: deno task examples echo --help");
    return;
  }
  if (!Object.hasOwn(EXAMPLES, name)) {
    throw new TypeError(
      `There is no example "${name}": run deno task examples for the list`,
    );
  }
  const wantsHelp = args.includes("--help") || args.includes("-h");
  if (POSIX_EXAMPLES.has(name) && !wantsHelp && !await hasLibc()) {
    throw new Error(
      `${name} needs --allow-ffi: run deno task examples:posix ${name}`,
    );
  }
  const example = await import(`./${name}.ts`);
  await example.main(args);
}

if (import.meta.main) {
  await run(Deno.args).catch((error) => {
    console.error(error.message);
    const isMisuse = /^(Type|Range|Syntax)Error$/.test(error.name);
    Deno.exit(isMisuse ? 2 : 1);
  });
}
