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
  rpc: "JSON in length-prefixed frames: many calls over one connection",
  proxy: "a TCP proxy: half-closes, back-pressure, a graceful end, statistics",
  starttls: "TLS on a connection that began in plain text, as mail servers do",
};

async function run([name, ...args]: string[]): Promise<void> {
  if (name === undefined || name === "--help" || name === "-h") {
    console.log("Usage: deno task examples <name> [options]\n");
    for (const [example, summary] of Object.entries(EXAMPLES)) {
      console.log(`  ${example.padEnd(14)}${summary}`);
    }
    console.log("\nEach one explains itself: deno task examples echo --help");
    return;
  }
  if (!Object.hasOwn(EXAMPLES, name)) {
    throw new Error(
      `There is no example "${name}": run deno task examples for the list`,
    );
  }
  const example = await import(`./${name}.ts`);
  await example.main(args);
}

if (import.meta.main) {
  await run(Deno.args).catch((error) => {
    console.error(error.message);
    Deno.exit(1);
  });
}
