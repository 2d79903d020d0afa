/**
 * SO_REUSEPORT: several processes accept on one port, and the kernel spreads the
 * connections over them.
 *
 * @module
 */
import { connectTcp, listenTcp, type TcpConn } from "@berkeley/sockets";
// Not a package, since the workers are started without an import map.
import { parseArgs } from "node:util";

const USAGE = `Usage: reuse_port [options]

Starts workers, processes that all listen on the same port, connects to it again
and again, and prints how many connections the kernel gave to each. Needs
--allow-run to start the workers: deno task examples:posix reuse_port

  --workers NUMBER      how many processes (4)
  --connections NUMBER  how many connections (200)
  --port NUMBER         0 chooses a free port (0)
  --serve               serve until Ctrl-C, instead of connecting
  -h, --help            this text`;

const HOSTNAME = "127.0.0.1";
/** How many connections are open at a time. */
const CONCURRENCY = 16;

/** Tells each who connects which process it has met, until stdin ends. */
async function work(port: number): Promise<void> {
  // Ctrl-C reaches all processes of a terminal: the parent is who decides.
  Deno.addSignalListener("SIGINT", () => {});
  const listener = await listenTcp({
    hostname: HOSTNAME,
    port,
    reusePort: true,
  });
  const answers = new Set<Promise<void>>();
  const serving = (async () => {
    for await (const conn of listener) {
      const answer = tellWho(conn)
        .catch((error) => console.error(String(error))) // of a client that left
        .finally(() => answers.delete(answer));
      answers.add(answer);
    }
  })();
  console.log("listening");
  for await (const _ of Deno.stdin.readable);
  listener.close();
  await serving;
  await Promise.all(answers);
  Deno.exit(0); // the signal listener would keep it alive
}

async function tellWho(conn: TcpConn): Promise<void> {
  using _ = conn;
  await conn.send(`${Deno.pid}\n`);
  await conn.closeWrite();
}

/** A process that accepts. */
interface Worker {
  pid: number;
  /** Lets it finish what it has accepted, and waits for its end. */
  stop(): Promise<void>;
}

async function startWorker(port: number): Promise<Worker> {
  const permissions = ["--no-prompt", "--quiet", "--allow-net"];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...permissions, import.meta.url, "--work", String(port)],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const { done } = await reader.read(); // "listening"
  await reader.cancel();
  const worker = {
    pid: child.pid,
    async stop() {
      await child.stdin.close();
      await child.status;
    },
  };
  if (!done) return worker;
  await worker.stop();
  throw new Error("A worker could not listen");
}

/** Connects `count` times; how often each process was met. */
async function connectMany(
  port: number,
  count: number,
): Promise<Map<number, number>> {
  const met = new Map<number, number>();
  let left = count;
  await Promise.all(Array.from({ length: CONCURRENCY }, async () => {
    while (left-- > 0) {
      using conn = await connectTcp({ hostname: HOSTNAME, port });
      const pid = Number(await conn.readLine({ timeout: 5000 }));
      met.set(pid, (met.get(pid) ?? 0) + 1);
    }
  }));
  return met;
}

function printShares(workers: Worker[], met: Map<number, number>): void {
  for (const { pid } of workers) {
    const count = met.get(pid) ?? 0;
    const bar = "#".repeat(Math.round(count / 2));
    console.log(`process ${pid}: ${String(count).padStart(4)} ${bar}`);
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

async function serve(options: {
  port: number;
  workers: number;
  connections: number;
  serve: boolean;
}): Promise<void> {
  // It keeps the port until all workers listen: nobody connects before.
  const keeper = await listenTcp({
    hostname: HOSTNAME,
    port: options.port,
    reusePort: true,
  });
  const { port } = keeper.addr;
  const started = await Promise.allSettled(
    Array.from({ length: options.workers }, () => startWorker(port)),
  );
  await keeper[Symbol.asyncDispose]();
  const workers = started.flatMap((result) =>
    result.status === "fulfilled" ? [result.value] : []
  );
  try {
    for (const result of started) {
      if (result.status === "rejected") throw result.reason;
    }
    console.log(`${workers.length} processes accept on port ${port}`);
    if (options.serve) await interrupted();
    else printShares(workers, await connectMany(port, options.connections));
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
  console.log("All workers have ended");
}

function checkNumber(name: string, text: string, least: number, most: number) {
  const number = Number(text);
  if (Number.isInteger(number) && number >= least && number <= most) {
    return number;
  }
  throw new RangeError(`--${name} must be ${least} to ${most}: ${text}`);
}

/** Runs the example. */
export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: "boolean", short: "h" },
      workers: { type: "string", default: "4" },
      connections: { type: "string", default: "200" },
      port: { type: "string", default: "0" },
      serve: { type: "boolean", default: false },
      work: { type: "string" }, // for the parent: which port
    },
  });
  if (values.help) return console.log(USAGE);
  if (values.work !== undefined) return await work(Number(values.work));
  await serve({
    port: checkNumber("port", values.port, 0, 65_535),
    workers: checkNumber("workers", values.workers, 1, 64),
    connections: checkNumber("connections", values.connections, 0, 10_000),
    serve: values.serve,
  });
}

if (import.meta.main) {
  await main(Deno.args).catch((error) => {
    console.error(error.message);
    const isMisuse = /^(Type|Range|Syntax)Error$/.test(error.name);
    Deno.exit(isMisuse ? 2 : 1);
  });
}
