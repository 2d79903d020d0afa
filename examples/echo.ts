/**
 * TCP and UDP echo (RFC 862): a server, a client, or both in one.
 *
 * @module
 */
import { bindUdp, connectTcp, connectUdp, serveTcp } from "@berkeley/sockets";
import { parseArgs } from "@std/cli/parse-args";

const USAGE = `Usage: echo [serve | talk] [options]

Without a word, serves on a free port and talks to itself.

  --udp              datagrams instead of a stream
  --hostname NAME    where to serve, or whom to talk to (127.0.0.1)
  --port NUMBER      0 chooses a free port (0)
  --count NUMBER     how many messages to send (10)
  -h, --help         this text`;

/** Where an echo service can be reached, and how to end it. */
export interface EchoServer {
  /** The address it serves on. */
  addr: Deno.NetAddr;
  /** Ends it, once the answers under way are sent. */
  stop(): Promise<void>;
}

/** Sends back whatever each client sends, until it has sent all it had. */
export async function serveTcpEcho(
  hostname: string,
  port: number,
): Promise<EchoServer> {
  const onError = (error: unknown) => console.error(String(error));
  const server = await serveTcp({ hostname, port, onError }, async (conn) => {
    const buffer = new Uint8Array(64 * 1024);
    for (let n; (n = await conn.read(buffer)) !== null;) {
      await conn.writeAll(buffer.subarray(0, n));
    }
  });
  return {
    addr: server.addr,
    stop: () => server.shutdown({ timeout: 1000 }),
  };
}

/** Sends each datagram back to where it came from. */
export async function serveUdpEcho(
  hostname: string,
  port: number,
): Promise<EchoServer> {
  const socket = await bindUdp({ hostname, port });
  const serving = (async () => {
    for await (const { data, address } of socket) {
      await socket.sendTo(data, address).catch((error) => {
        if (!socket.isClosed) console.error(String(error));
      });
    }
  })();
  return {
    addr: socket.localAddr,
    async stop() {
      socket.close();
      await serving;
    },
  };
}

/** Sends `count` lines over TCP, and reads each one's echo. */
async function talkTcp(
  hostname: string,
  port: number,
  count: number,
): Promise<void> {
  using conn = await connectTcp({ hostname, port, timeout: 5000 });
  for (let i = 1; i <= count; i++) {
    await conn.send(`Hello, socket ${i}\n`);
    console.log(await conn.readLine({ timeout: 5000 }));
  }
  await conn.closeWrite();
}

/** Sends `count` datagrams, and receives each one's echo. */
async function talkUdp(
  hostname: string,
  port: number,
  count: number,
): Promise<void> {
  using socket = await connectUdp({ hostname, port });
  for (let i = 1; i <= count; i++) {
    await socket.send(`Hello, datagram ${i}`);
    const { data } = await socket.receive({ timeout: 5000 });
    console.log(new TextDecoder().decode(data));
  }
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
    boolean: ["help", "udp"],
    string: ["hostname", "port", "count"],
    default: { hostname: "127.0.0.1", port: "0", count: "10" },
    alias: { help: "h" },
    unknown: (word, option) => {
      if (option !== undefined) throw new TypeError(`No such option: ${word}`);
    },
  });
  if (options.help) return console.log(USAGE);
  const { hostname, udp, _: [role] } = options;
  const port = Number(options.port);
  const count = Number(options.count);
  if (!(count >= 0)) {
    throw new RangeError(`--count must be 0 or more: ${options.count}`);
  }
  const serve = udp ? serveUdpEcho : serveTcpEcho;
  const talk = udp ? talkUdp : talkTcp;

  if (role === "talk") return await talk(hostname, port, count);
  const server = await serve(hostname, port);
  const at = `${server.addr.hostname} port ${server.addr.port}`;
  console.log(`Echoing ${udp ? "UDP" : "TCP"} on ${at}`);
  try {
    if (role === "serve") await interrupted();
    else await talk(server.addr.hostname, server.addr.port, count);
  } finally {
    await server.stop();
  }
}

if (import.meta.main) {
  await main(Deno.args).catch((error) => {
    console.error(error.message);
    const isMisuse = /^(Type|Range|Syntax)Error$/.test(error.name);
    Deno.exit(isMisuse ? 2 : 1);
  });
}
