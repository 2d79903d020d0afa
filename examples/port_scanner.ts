/**
 * A port scanner: which TCP ports of a host accept connections?
 *
 * @module
 */
import {
  connectTcp,
  formatHostPort,
  getAddrInfo,
  getServByPort,
  SOCK_STREAM,
  SocketError,
} from "@berkeley/sockets";
import { parseArgs } from "@std/cli/parse-args";

const USAGE = `Usage: port_scanner [options] HOST [PORTS]

Tries PORTS (1-1024), such as 22,80,8000-8100, of all addresses of HOST. Scan
only hosts whose owner wants you to.

  --concurrency N    how many ports to try at the same time (100)
  --timeout MS       how long to wait for an answer (1000)
  -h, --help         this text`;

const STATES = ["open", "closed", "silent", "unreachable"] as const;

/** What a port is. */
type State = typeof STATES[number];

/** What a port is, by the code of the error of connecting to it. */
const STATE_OF_ERROR: Readonly<Record<string, State>> = {
  ECONNREFUSED: "closed",
  ECONNRESET: "closed",
  ETIMEDOUT: "silent",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  EACCES: "unreachable",
  EPERM: "unreachable",
};

interface Target {
  hostname: string;
  port: number;
}

/** The ports in a list such as `22,80,8000-8100`, each once, in order. */
function parsePorts(text: string): number[] {
  const ports = new Set<number>();
  for (const part of text.split(",")) {
    const range = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part.trim());
    const first = Number(range?.[1]);
    const last = Number(range?.[2] ?? first);
    if (!(first >= 1 && first <= last && last <= 65535)) {
      throw new SyntaxError(`"${part}" is neither a port nor a range of ports`);
    }
    for (let port = first; port <= last; port++) ports.add(port);
  }
  return [...ports].sort((a, b) => a - b);
}

async function tryPort(target: Target, timeout: number): Promise<State> {
  try {
    using conn = await connectTcp({ ...target, timeout });
    // A free port of this host may have been chosen as our own: TCP can connect
    // to itself.
    const { hostname, port } = conn.localAddr;
    const isSelf = hostname === target.hostname && port === target.port;
    return isSelf ? "closed" : "open";
  } catch (error) {
    const state = error instanceof SocketError &&
      STATE_OF_ERROR[error.code];
    if (!state) throw error;
    return state;
  }
}

/** Tries all targets, never more than `concurrency` at the same time. */
async function scan(
  targets: readonly Target[],
  { concurrency, timeout }: { concurrency: number; timeout: number },
  onState: (target: Target, state: State) => void,
): Promise<void> {
  const left = targets.values();
  async function work() {
    for (const target of left) onState(target, await tryPort(target, timeout));
  }
  await Promise.all(Array.from({ length: concurrency }, work));
}

/** A bar on stderr, where that is a terminal. */
class Progress {
  readonly #max: number;
  #done = 0;
  #open = 0;
  #drawn = "";

  constructor(max: number) {
    this.#max = max;
  }

  advance(isOpen: boolean): void {
    if (isOpen) this.#open++;
    const part = ++this.#done / this.#max;
    const bar = "#".repeat(Math.floor(part * 30)).padEnd(30);
    const percent = Math.floor(part * 100);
    const isOver = this.#done === this.#max;
    this.#draw(isOver ? "" : `[${bar}] ${percent} %, ${this.#open} open`);
  }

  #draw(text: string): void {
    if (text === this.#drawn || !Deno.stderr.isTerminal()) return;
    this.#drawn = text;
    Deno.stderr.writeSync(new TextEncoder().encode(`\r${text}\x1b[K`));
  }
}

/** Runs the example. */
export async function main(args: string[]): Promise<void> {
  const options = parseArgs(args, {
    boolean: ["help"],
    string: ["concurrency", "timeout"],
    default: { concurrency: "100", timeout: "1000" },
    alias: { help: "h" },
    unknown: (word, option) => {
      if (option !== undefined) throw new TypeError(`No such option: ${word}`);
    },
  });
  const [host, list = "1-1024"] = options._.map(String);
  if (options.help) return console.log(USAGE);
  if (host === undefined) throw new TypeError("Say which host to scan");
  const ports = parsePorts(list);
  const concurrency = Number(options.concurrency);
  if (!(concurrency >= 1 && concurrency <= 1000)) {
    throw new RangeError(
      `--concurrency must be from 1 to 1000: ${concurrency}`,
    );
  }

  const infos = await getAddrInfo(host, null, { socktype: SOCK_STREAM });
  const targets = infos.flatMap(({ address: { hostname } }) =>
    ports.map((port) => ({ hostname, port }))
  );
  const states = new Map<Target, State>();
  const progress = new Progress(targets.length);
  await scan(
    targets,
    { concurrency, timeout: Number(options.timeout) },
    (target, state) => {
      states.set(target, state);
      progress.advance(state === "open");
    },
  );

  const inState = (state: State) =>
    targets.filter((target) => states.get(target) === state);
  for (const { hostname, port } of inState("open")) {
    const service = getServByPort(port, "tcp")?.name ?? "";
    console.log(`${formatHostPort(hostname, port)}  ${service}`.trimEnd());
  }
  const counts = STATES.map((state) => `${inState(state).length} ${state}`);
  console.log(`${targets.length} tried: ${counts.join(", ")}`);
}

if (import.meta.main) {
  await main(Deno.args).catch((error) => {
    console.error(error.message);
    const isMisuse = /^(Type|Range|Syntax)Error$/.test(error.name);
    Deno.exit(isMisuse ? 2 : 1);
  });
}
