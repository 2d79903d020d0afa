/**
 * The states of a TCP connection (RFC 9293, section 3.3.2), at both ends, and the
 * calls that lead from one to the next.
 *
 * @module
 */
import {
  AF_INET,
  AF_INET6,
  type InetName,
  type PosixSocket,
  SHUT_WR,
  SOCK_STREAM,
  socket,
} from "@berkeley/sockets/posix";
import { parseArgs } from "@std/cli/parse-args";

const USAGE = `Usage: tcp_states [options]

Connects a client and a server over loopback, and tells the states of both as one
call follows another. States that pass too soon to be seen are held: a queue that
is full keeps the client in SYN_SENT, for a second, and buffers that are full keep
either end's FIN from leaving. Needs --allow-ffi, and Linux. TIME_WAIT has no
socket any more: it is looked up in /proc/net/tcp where --allow-all is given.

  -6                 IPv6 instead of IPv4
  -h, --help         this text`;

/** How long a state may take to come: beyond the time after which SYN is repeated. */
const PATIENCE = 10_000;

/** One end, or undefined where it has none yet. */
type End = PosixSocket | undefined;

function stateOf(end: End): string {
  if (end === undefined) return "-";
  return end.isClosed ? "closed" : end.tcpInfo().state;
}

/** Waits for what the kernel does by itself. */
async function until(condition: () => boolean, what: string): Promise<void> {
  for (const begin = Date.now(); !condition();) {
    if (Date.now() - begin > PATIENCE) throw new Error(`${what} never came`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function reaches(end: PosixSocket, state: string): Promise<void> {
  return until(() => stateOf(end) === state, state);
}

function print(call: string, client: string, server: string): void {
  console.log(`${call.padEnd(48)}${client.padEnd(13)}${server}`);
}

/** Sends until the buffers of both ends are full. */
async function fill(end: PosixSocket): Promise<number> {
  const bytes = new Uint8Array(64 * 1024);
  let sent = 0;
  await until(() => {
    for (let count; (count = end.sendNow(bytes)) !== undefined;) sent += count;
    const { unacknowledged, notSent } = end.tcpInfo();
    return unacknowledged === 0 && notSent > 0;
  }, "a window of 0");
  return sent;
}

/** Receives all that was sent, and the end of the stream. */
async function drain(end: PosixSocket): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  while (await end.recv(buffer, { timeout: PATIENCE }) > 0);
}

/** Opens a socket with small buffers, which accepted ones inherit. */
function open(family: number): PosixSocket {
  const opened = socket(family, SOCK_STREAM);
  opened.setSockOpt("SO_SNDBUF", 16 * 1024);
  opened.setSockOpt("SO_RCVBUF", 16 * 1024);
  return opened;
}

/** Whether the kernel's table says that a connection is in TIME_WAIT. */
function isInTimeWait(family: number, local: InetName, peer: InetName) {
  const file = family === AF_INET ? "/proc/net/tcp" : "/proc/net/tcp6";
  const hex = ({ port }: InetName) =>
    port.toString(16).padStart(4, "0").toUpperCase();
  const [from, to] = [hex(local), hex(peer)];
  const row = new RegExp(`:${from} [0-9A-F]+:${to} 06 `); // 06: TIME_WAIT
  return row.test(Deno.readTextFileSync(file));
}

function tellTimeWait(family: number, local: InetName, peer: InetName): void {
  try {
    const is = isInTimeWait(family, local, peer) ? "has" : "does not have";
    console.log(`\nThe kernel's table ${is} the client's end in TIME_WAIT.`);
  } catch {
    console.log("\nRun with --allow-all to look for TIME_WAIT in /proc/net.");
  }
}

/** Goes through the states, and prints them. */
async function show(family: number): Promise<void> {
  const hostname = family === AF_INET ? "127.0.0.1" : "::1";
  print("call", "client", "server");
  using listener = open(family);
  let client: End;
  let server: End;
  const tell = (call: string) =>
    print(call, stateOf(client), stateOf(server ?? listener));

  tell("server: socket()");
  listener.bind({ hostname, port: 0 });
  tell("server: bind()");
  listener.listen(0);
  tell("server: listen(), with a queue for one");
  const name = listener.getSockName() as InetName;
  using other = open(family);
  await other.connect(name);
  using _client = client = open(family);
  tell("client: socket()");
  const connecting = client.connect(name, { timeout: PATIENCE });
  tell("client: connect(), but another fills the queue");
  (await listener.accept()).socket.close();
  tell("server: accept() of the other");
  await connecting;
  using _server = server = (await listener.accept()).socket;
  tell("client: SYN again; server: accept()");

  const request = await fill(client);
  client.shutdown(SHUT_WR);
  tell(`client: send() of ${request}, shutdown(SHUT_WR)`);
  await drain(server);
  await reaches(client, "FIN_WAIT2");
  tell("server: recv() of all, and of the end");
  const answer = await fill(server);
  server.shutdown(SHUT_WR);
  tell(`server: send() of ${answer}, shutdown(SHUT_WR)`);
  const local = client.getSockName() as InetName;
  await drain(client);
  await reaches(server, "CLOSE");
  tell("client: recv() of all, and of the end");
  client.close();
  server.close();
  tell("client: close(); server: close()");
  tellTimeWait(family, local, name);
}

/** Runs the example. */
export async function main(args: string[]): Promise<void> {
  const options = parseArgs(args, {
    boolean: ["help", "6"],
    alias: { help: "h" },
    unknown: (word, option) => {
      if (option !== undefined) throw new TypeError(`No such option: ${word}`);
    },
  });
  if (options.help) return console.log(USAGE);
  await show(options[6] ? AF_INET6 : AF_INET);
}

if (import.meta.main) {
  await main(Deno.args).catch((error) => {
    console.error(error.message);
    const isMisuse = /^(Type|Range|Syntax)Error$/.test(error.name);
    Deno.exit(isMisuse ? 2 : 1);
  });
}
