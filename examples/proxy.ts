/**
 * A TCP proxy: what comes to a port of this host goes on to another host.
 *
 * @module
 */
import {
  connectTcp,
  relay,
  serveTcp,
  type ServeTcpStats,
  type TcpConn,
} from "@berkeley/sockets";
import { parseArgs } from "@std/cli/parse-args";

const USAGE = `Usage: proxy [options] HOST PORT

Passes connections on to HOST and PORT, half-closes and resets included. Ctrl-C
or SIGTERM lets those that are open come to their end; a second one ends them.

  --hostname NAME    where to listen (127.0.0.1)
  --port NUMBER      0 chooses a free port (0)
  --max NUMBER       how many connections at a time; others wait (1000)
  --grace MS         how long the end may take, once it is asked for (10000)
  --stats SECONDS    how often to print what was done, if there was anything (10)
  -h, --help         this text`;

/** How long the other host may take to accept, in milliseconds. */
const CONNECT_TIMEOUT = 10_000;

/** Serves one connection until both directions have ended. */
async function pass(
  client: TcpConn,
  target: { hostname: string; port: number },
  signal: AbortSignal,
): Promise<void> {
  signal.addEventListener("abort", () => client.reset());
  const options = { timeout: CONNECT_TIMEOUT, backend: "node" } as const;
  using server = await connectTcp({ ...target, ...options }).catch((error) => {
    client.reset();
    throw error;
  });
  await relay(client, server);
}

function show(stats: ServeTcpStats): string {
  const { accepted, active, failed, bytesRead, bytesWritten } = stats;
  return `${accepted} connections, ${active} open, ${failed} failed, ` +
    `${bytesRead} bytes there, ${bytesWritten} back`;
}

/** Prints what was done, when there is anything new; returns what ends it. */
function showOften(seconds: number, stats: () => ServeTcpStats): () => void {
  let last = show(stats());
  const timer = setInterval(() => {
    const now = show(stats());
    if (now !== last) console.log(now);
    last = now;
  }, seconds * 1000);
  return () => clearInterval(timer);
}

/** Resolves when the program is asked to end. */
function interrupted(): Promise<void> {
  const signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT"]
    : ["SIGINT", "SIGTERM"];
  return new Promise((resolve) => {
    function stop() {
      for (const signal of signals) Deno.removeSignalListener(signal, stop);
      resolve();
    }
    for (const signal of signals) Deno.addSignalListener(signal, stop);
  });
}

/** Runs the example. */
export async function main(args: string[]): Promise<void> {
  const options = parseArgs(args, {
    boolean: ["help"],
    string: ["hostname", "port", "max", "grace", "stats"],
    default: {
      hostname: "127.0.0.1",
      port: "0",
      max: "1000",
      grace: "10000",
      stats: "10",
    },
    alias: { help: "h" },
    unknown: (word, option) => {
      if (option !== undefined) throw new TypeError(`No such option: ${word}`);
    },
  });
  if (options.help) return console.log(USAGE);
  const { hostname, _: [host, word] } = options;
  const port = Number(word);
  if (host === undefined || !(port >= 1 && port <= 65535)) {
    throw new TypeError("Say where to pass connections on to: proxy HOST PORT");
  }
  const [grace, seconds] = [Number(options.grace), Number(options.stats)];
  if (!(grace >= 0)) {
    throw new RangeError(`--grace must be 0 or more: ${grace}`);
  }
  if (!(seconds > 0)) {
    throw new RangeError(`--stats must be above 0: ${seconds}`);
  }

  const target = { hostname: String(host), port };
  const server = await serveTcp({
    hostname,
    port: Number(options.port),
    maxConnections: Number(options.max),
    backend: "node", // which has RST
    onError: (error) => console.error((error as Error).message),
  }, (conn, { signal }) => pass(conn, target, signal));
  const { addr } = server;
  console.log(
    `From ${addr.hostname} port ${addr.port} to ${host} port ${port}`,
  );
  const stopShowing = showOften(seconds, () => server.stats);

  await interrupted();
  const again = interrupted();
  const ended = server.shutdown({ timeout: grace });
  console.log(`Ending: ${server.stats.active} connections are open`);
  await Promise.race([
    ended,
    again.then(() => server.shutdown({ timeout: 0 })),
  ]);
  stopShowing();
  console.log(show(server.stats));
}

if (import.meta.main) {
  await main(Deno.args).catch((error) => {
    console.error(error.message);
    const isMisuse = /^(Type|Range|Syntax)Error$/.test(error.name);
    Deno.exit(isMisuse ? 2 : 1);
  });
}
