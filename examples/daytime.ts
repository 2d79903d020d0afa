/**
 * Daytime (RFC 867): a server that tells the time and hangs up, and clients.
 *
 * @module
 */
import { connectTcp, serveTcp } from "@berkeley/sockets";
import { parseArgs } from "@std/cli/parse-args";

const USAGE = `Usage: daytime [serve | ask] [options]

Without a word, serves on a free port and asks itself.

  --hostname NAME    where to serve, or whom to ask (127.0.0.1)
  --port NUMBER      0 chooses a free port (0; the service's own is 13)
  --clients NUMBER   how many clients ask at once (3)
  -h, --help         this text`;

/** Serves the time of day; each connection is told it once. */
async function serve(hostname: string, port: number) {
  const onError = (error: unknown) => console.error(String(error));
  const server = await serveTcp({ hostname, port, onError }, async (conn) => {
    const { hostname, port } = conn.remoteAddr;
    console.log(`Connection from ${hostname}, port ${port}`);
    await conn.send(`${new Date()}\r\n`);
  });
  const { addr } = server;
  console.log(`Telling the time on ${addr.hostname} port ${addr.port}`);
  return server;
}

/** Reads the answer to its end, which is where the server closes. */
async function ask(hostname: string, port: number): Promise<void> {
  using conn = await connectTcp({ hostname, port, timeout: 5000 });
  const from = `port ${conn.localAddr.port}`;
  for await (const line of conn.lines()) console.log(`${from}: ${line}`);
}

/** Resolves when the user presses Ctrl-C. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    Deno.addSignalListener("SIGINT", function stop() {
      Deno.removeSignalListener("SIGINT", stop);
      resolve();
    });
  });
}

/** Runs the example. */
export async function main(args: string[]): Promise<void> {
  const options = parseArgs(args, {
    boolean: ["help"],
    string: ["hostname", "port", "clients"],
    default: { hostname: "127.0.0.1", port: "0", clients: "3" },
    alias: { help: "h" },
    unknown: (word, option) => {
      if (option !== undefined) throw new TypeError(`No such option: ${word}`);
    },
  });
  if (options.help) return console.log(USAGE);
  const { hostname, _: [role] } = options;
  const count = Number(options.clients);
  if (!(count >= 1 && count <= 1000)) {
    throw new RangeError(`--clients must be 1 to 1000: ${options.clients}`);
  }
  const askAll = (hostname: string, port: number) =>
    Promise.all(Array.from({ length: count }, () => ask(hostname, port)));

  if (role === "ask") return void await askAll(hostname, Number(options.port));
  const server = await serve(hostname, Number(options.port));
  try {
    if (role === "serve") await interrupted();
    else await askAll(server.addr.hostname, server.addr.port);
  } finally {
    await server.shutdown({ timeout: 1000 });
  }
}

if (import.meta.main) {
  await main(Deno.args).catch((error) => {
    console.error(error.message);
    const isMisuse = /^(Type|Range|Syntax)Error$/.test(error.name);
    Deno.exit(isMisuse ? 2 : 1);
  });
}
