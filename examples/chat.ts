/**
 * A chat room: lines of text, for whoever connects with this or with `nc`.
 *
 * @module
 */
import {
  connectTcp,
  MessageTooLongError,
  serveTcp,
  type TcpConn,
  TimedOutError,
} from "@berkeley/sockets";
import { parseArgs } from "@std/cli/parse-args";

const USAGE = `Usage: chat [serve | join] [options]

Serves a room, or joins one: what is typed goes to all others. In the room, /who
tells who is there, and /quit leaves it, as the end of the input does.

  --hostname NAME    where to serve, or whom to join (127.0.0.1)
  --port NUMBER      0 chooses a free port (0)
  --nick NAME        your name; without it, the first line is taken for it
  --max-line BYTES   who sends a longer line is sent away (1024)
  --max-queue BYTES  when so much waits to be read by somebody, the others wait
                     with it (262144),
  --patience MS      but not longer than this: then it is dropped (5000)
  -h, --help         this text`;

/** How long the first line may take, in milliseconds. */
const TIME_FOR_NICK = 60_000;

/** What a room puts up with. */
interface Limits {
  maxLine: number;
  maxQueue: number;
  patience: number;
}

function sendLine(conn: TcpConn, text: string): Promise<void> {
  return conn.send(`${text}\n`);
}

/** Those who are here, by their names, and what they say. */
class Room {
  readonly #limits: Limits;
  readonly #members = new Map<string, TcpConn>();
  /** Who had to be dropped. */
  readonly #slow = new WeakSet<TcpConn>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Lets somebody in; resolves when they have left. */
  async welcome(conn: TcpConn): Promise<void> {
    let nick: string | undefined;
    let farewell = "has left";
    try {
      nick = await this.#askNick(conn);
      if (nick === undefined) return;
      await this.#say(nick, `* ${nick} has joined`);
      await this.#hear(nick, conn);
    } catch (error) {
      farewell = "is gone";
      if (!(error instanceof MessageTooLongError)) return;
      farewell = "sent too long a line";
      await sendLine(conn, "* Your line is too long. Goodbye!");
      // Closed with some of the line unread, the connection would be reset, and
      // the goodbye lost.
      await conn.closeGracefully({ timeout: 1000 }).catch(() => {});
    } finally {
      if (nick !== undefined) {
        this.#members.delete(nick);
        if (this.#slow.has(conn)) farewell = "reads too slowly";
        await this.#say(nick, `* ${nick} ${farewell}`);
      }
    }
  }

  async #askNick(conn: TcpConn): Promise<string | undefined> {
    for (;;) {
      await sendLine(conn, "* What is your name?");
      const limit = this.#limits.maxLine;
      const nick = (await conn.readLine({ timeout: TIME_FOR_NICK, limit }))
        ?.trim();
      if (nick === undefined) return undefined;
      if (!/^[\p{L}\p{N}_-]{1,20}$/u.test(nick)) {
        await sendLine(conn, "* A name has 1 to 20 letters or digits.");
      } else if (this.#members.has(nick)) {
        await sendLine(conn, `* There is a ${nick} already.`);
      } else {
        this.#members.set(nick, conn);
        await sendLine(conn, `* Hello ${nick}! Here: ${this.#names()}`);
        return nick;
      }
    }
  }

  async #hear(nick: string, conn: TcpConn): Promise<void> {
    for await (const line of conn.lines({ limit: this.#limits.maxLine })) {
      // Control characters could do anything to the terminals of the others.
      const text = line.replaceAll(/\p{Cc}/gu, " ").trim();
      if (text === "/quit") return;
      if (text === "/who") await sendLine(conn, `* Here: ${this.#names()}`);
      else if (text !== "") await this.#say(nick, `${nick}: ${text}`);
    }
  }

  #names(): string {
    return [...this.#members.keys()].join(", ");
  }

  /** Resolves when nobody is too far behind to hear more. */
  async #say(from: string, text: string): Promise<void> {
    if (text.startsWith("* ")) console.log(text);
    const others = [...this.#members].filter(([nick]) => nick !== from);
    await Promise.all(others.map(([, conn]) => this.#tell(conn, text)));
  }

  async #tell(conn: TcpConn, text: string): Promise<void> {
    const { maxQueue, patience } = this.#limits;
    sendLine(conn, text);
    if (conn.queued < maxQueue) return;
    try {
      await conn.flush({ timeout: patience });
    } catch (error) {
      if (error instanceof TimedOutError) this.#slow.add(conn);
      conn.close();
    }
  }

  /** Says goodbye to all. */
  close(): void {
    for (const conn of this.#members.values()) {
      sendLine(conn, "* The room closes. Goodbye!");
      conn.close();
    }
  }
}

/** Serves a room until the user presses Ctrl-C. */
async function serve(
  hostname: string,
  port: number,
  limits: Limits,
): Promise<void> {
  const room = new Room(limits);
  const server = await serveTcp(
    { hostname, port, onError: (error) => console.error(String(error)) },
    (conn) => room.welcome(conn),
  );
  const { addr } = server;
  console.log(`Chatting on ${addr.hostname} port ${addr.port}`);
  await interrupted();
  room.close();
  await server.shutdown({ timeout: 1000 });
}

/** Sends what is typed, and prints what comes, until the server hangs up. */
async function join(
  hostname: string,
  port: number,
  nick: string | undefined,
): Promise<void> {
  using conn = await connectTcp({ hostname, port, timeout: 5000 });
  const typing = new AbortController();
  if (nick !== undefined) await sendLine(conn, nick);
  Deno.stdin.readable.pipeTo(conn.writable, { signal: typing.signal })
    .catch(() => {}); // what went wrong, the reader finds out too
  for await (const line of conn.lines()) console.log(line);
  typing.abort();
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
    string: [
      "hostname",
      "port",
      "nick",
      "max-line",
      "max-queue",
      "patience",
    ],
    default: {
      hostname: "127.0.0.1",
      port: "0",
      "max-line": "1024",
      "max-queue": "262144",
      patience: "5000",
    },
    alias: { help: "h" },
    unknown: (word, option) => {
      if (option !== undefined) throw new TypeError(`No such option: ${word}`);
    },
  });
  if (options.help) return console.log(USAGE);
  const { hostname, _: [role = "serve"] } = options;
  const port = Number(options.port);
  if (role === "join") return await join(hostname, port, options.nick);
  if (role !== "serve") throw new TypeError(`Serve or join? Not "${role}"`);
  const limit = (name: "max-line" | "max-queue" | "patience") => {
    const value = Number(options[name]);
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw new RangeError(`--${name} must be 1 or more: ${options[name]}`);
  };
  await serve(hostname, port, {
    maxLine: limit("max-line"),
    maxQueue: limit("max-queue"),
    patience: limit("patience"),
  });
}

if (import.meta.main) {
  await main(Deno.args).catch((error) => {
    console.error(error.message);
    const isMisuse = /^(Type|Range|Syntax)Error$/.test(error.name);
    Deno.exit(isMisuse ? 2 : 1);
  });
}
