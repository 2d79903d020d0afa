/**
 * A client that stays connected to a server which ends every connection soon, and a
 * pool that shares a few connections among many questions.
 *
 * @module
 */
import {
  connectTcp,
  pool,
  reconnecting,
  serveTcp,
  type TcpServer,
} from "@berkeley/sockets";
import { parseArgs } from "@std/cli/parse-args";

const USAGE = `Usage: stay_connected [link | pool] [options]

  link             follow the ticks of a server that ends each connection
  pool             ask a server many questions over few connections

  --times NUMBER   how many connections to see end, or questions to ask (3)
  --max NUMBER     the most connections of the pool (2)
  -h, --help       this text`;

const HERE = { hostname: "127.0.0.1", port: 0 };

/** Sends three ticks to each client that logs in. */
function serveTicks(): Promise<TcpServer> {
  return serveTcp(HERE, async (conn) => {
    const user = await conn.readLine({ timeout: 5000 });
    for (let n = 1; n <= 3; n++) await conn.send(`tick ${n} for ${user}\n`);
  });
}

/** Follows the ticks from one connection to the next. */
async function follow(times: number): Promise<void> {
  await using server = await serveTicks();
  await using link = reconnecting(
    (wait) => connectTcp({ ...server.addr, ...wait }),
    {
      backoff: { initial: 20, max: 1000 },
      onConnect: (conn) => conn.send("ann\n"),
      onState: ({ name }) => console.log(name),
    },
  );
  for (let i = 0; i < times; i++) {
    const conn = await link.conn({ timeout: 30_000 });
    for await (const line of conn.lines({ timeout: 5000 })) console.log(line);
  }
}

/** Asks all questions at the same time. */
async function askAll(times: number, max: number): Promise<void> {
  await using server = await serveTcp(HERE, async (conn) => {
    for await (const line of conn.lines()) await conn.send(`${line}!\n`);
  });
  await using conns = pool(
    (wait) => connectTcp({ ...server.addr, ...wait }),
    { max },
  );
  const answers = Array.from(
    { length: times },
    (_, i) =>
      conns.use(async (conn) => {
        await conn.send(`answer ${i + 1}\n`);
        return await conn.readLine({ timeout: 5000 });
      }, { timeout: 30_000 }),
  );
  for (const answer of await Promise.all(answers)) console.log(answer);
  console.log(`Connections: ${conns.stats.opened}`);
}

/** Runs the example. */
export async function main(args: string[]): Promise<void> {
  const options = parseArgs(args, {
    string: ["times", "max"],
    boolean: ["help"],
    alias: { help: "h" },
    default: { times: "3", max: "2" },
    unknown: (word, option) => {
      if (option !== undefined) throw new TypeError(`No such option: ${word}`);
    },
  });
  if (options.help) return console.log(USAGE);
  const [times, max] = [Number(options.times), Number(options.max)];
  if (!(times >= 1 && times <= 1000)) {
    throw new RangeError(`--times must be 1 to 1000: ${options.times}`);
  }
  const [word = "link"] = options._;
  if (word === "link") await follow(times);
  else if (word === "pool") await askAll(times, max);
  else throw new TypeError(`There is no "${word}": say link or pool`);
}

if (import.meta.main) {
  await main(Deno.args).catch((error) => {
    console.error(error.message);
    const isMisuse = /^(Type|Range|Syntax)Error$/.test(error.name);
    Deno.exit(isMisuse ? 2 : 1);
  });
}
