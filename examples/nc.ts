/**
 * Netcat: stdin goes to a peer, and what the peer sends goes to stdout.
 *
 * @module
 */
import { bindUdp, connectTcp, connectUdp, listenTcp } from "@berkeley/sockets";
import { parseArgs } from "@std/cli/parse-args";

const USAGE = `Usage: nc [options] [HOST] PORT

Connects to HOST (127.0.0.1), or with -l waits there for one peer to come; 0 is
then any free port. The end of stdin half-closes a TCP connection, as nc -N does.
Ends when both sides have ended theirs, and on a terminal with the peer. UDP has
no end: press Ctrl-C, or give -w.

  -l, --listen       wait for a peer instead of going to one
  -u, --udp          UDP: what stdin brings at a time is a datagram, and the peer
                     of -l is who sends the first
  -w, --wait SECONDS give up when connecting takes longer, and end when nothing
                     has come or gone for so long
  -v, --verbose      tell on stderr who the peer is
  -h, --help         this text

  nc -lv 8080 > copy & nc 8080 < file
  printf 'HEAD / HTTP/1.0\\r\\n\\r\\n' | nc localhost 80`;

/** The most that is read of stdin at a time, and so the largest datagram. */
const CHUNK = 16 * 1024;

/** The other end, be it of TCP or of UDP. */
interface Peer {
  send(bytes: Uint8Array): Promise<unknown>;
  /** Resolves with null when the peer has ended its side. */
  receive(): Promise<Uint8Array | null>;
  /** Tells the peer that no more will be sent. */
  end(): Promise<void>;
  close(): void;
}

type Tell = (what: string, addr: Deno.NetAddr) => void;

async function tcpPeer(
  { listen, hostname, port, timeout }: Options,
  tell: Tell,
): Promise<Peer> {
  const conn = listen
    ? await acceptOne(hostname, port, tell)
    : await connectTcp({ hostname, port, timeout });
  tell(listen ? "Connection from" : "Connected to", conn.remoteAddr);
  const buffer = new Uint8Array(64 * 1024);
  return {
    send: (bytes) => conn.writeAll(bytes),
    async receive() {
      const count = await conn.read(buffer);
      return count === null ? null : buffer.subarray(0, count);
    },
    end: () => conn.closeWrite(),
    close: () => conn.close(),
  };
}

async function acceptOne(hostname: string, port: number, tell: Tell) {
  using listener = await listenTcp({ hostname, port, backlog: 1 });
  tell("Listening on", listener.addr);
  return await listener.accept();
}

async function udpPeer(
  { listen, hostname, port, timeout }: Options,
  tell: Tell,
): Promise<Peer> {
  const maxDatagramSize = 65535;
  let first: Uint8Array | undefined;
  let socket;
  if (listen) {
    const bound = await bindUdp({ hostname, port, maxDatagramSize });
    tell("Listening on", bound.localAddr);
    const { data, address } = await bound.receive();
    first = data;
    socket = await bound.connect(address);
  } else {
    socket = await connectUdp({ hostname, port, timeout, maxDatagramSize });
  }
  const peer = socket;
  tell(listen ? "Datagram from" : "Sending to", peer.remoteAddr);
  return {
    send: (bytes) => peer.send(bytes),
    async receive() {
      const data = first ?? (await peer.receive()).data;
      first = undefined;
      return data;
    },
    end: () => Promise.resolve(),
    close: () => peer.close(),
  };
}

/** False when whoever reads our stdout, as `head` may, has left. */
async function print(bytes: Uint8Array): Promise<boolean> {
  try {
    for (let done = 0; done < bytes.length;) {
      done += await Deno.stdout.write(bytes.subarray(done));
    }
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return false;
    throw error;
  }
}

/** Carries bytes both ways until both sides have ended, or nothing happens. */
async function talk(peer: Peer, timeout: number): Promise<void> {
  const over = Promise.withResolvers<void>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const touch = () => {
    clearTimeout(timer);
    if (timeout < Infinity) timer = setTimeout(over.resolve, timeout);
  };
  async function sendAll() {
    const buffer = new Uint8Array(CHUNK);
    for (let n; (n = await Deno.stdin.read(buffer)) !== null;) {
      touch();
      await peer.send(buffer.subarray(0, n));
    }
    await peer.end();
  }
  async function printAll() {
    for (let bytes; (bytes = await peer.receive()) !== null;) {
      touch();
      if (!await print(bytes)) return over.resolve();
    }
  }
  touch();
  const sending = sendAll();
  const printing = printAll();
  const both = Promise.all([sending, printing]);
  const ends: Promise<unknown>[] = [both, over.promise];
  // Who types has nobody left to type to; what a pipe holds, the peer may read.
  if (Deno.stdin.isTerminal()) ends.push(printing);
  try {
    await Promise.race(ends);
  } finally {
    clearTimeout(timer);
    peer.close();
    Deno.stdin.close();
  }
}

interface Options {
  listen: boolean;
  hostname: string;
  port: number;
  timeout: number;
}

/** Runs the example. */
export async function main(args: string[]): Promise<void> {
  const options = parseArgs(args, {
    boolean: ["help", "listen", "udp", "verbose"],
    string: ["wait"],
    default: { wait: "Infinity" },
    alias: { help: "h", listen: "l", udp: "u", verbose: "v", wait: "w" },
    unknown: (word, option) => {
      if (option !== undefined) throw new TypeError(`No such option: ${word}`);
    },
  });
  if (options.help) return console.log(USAGE);
  const words = options._.map(String);
  const port = words.pop();
  const hostname = words.pop() ?? "127.0.0.1";
  if (port === undefined || words.length > 0) {
    throw new TypeError("Say which port, and perhaps a host: nc [HOST] PORT");
  }
  const timeout = Number(options.wait) * 1000;
  if (!(timeout > 0)) {
    throw new RangeError(`-w must be above 0: ${options.wait}`);
  }

  const tell: Tell = (what, { hostname, port }) => {
    if (options.verbose) console.error(`${what} ${hostname} port ${port}`);
  };
  const open = options.udp ? udpPeer : tcpPeer;
  const { listen } = options;
  await talk(
    await open({ listen, hostname, port: Number(port), timeout }, tell),
    timeout,
  );
}

if (import.meta.main) {
  await main(Deno.args).catch((error) => {
    console.error(error.message);
    const isMisuse = /^(Type|Range|Syntax)Error$/.test(error.name);
    Deno.exit(isMisuse ? 2 : 1);
  });
}
