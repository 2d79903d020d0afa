/**
 * TLS on a connection that began in plain text: asks a mail server by STARTTLS
 * (RFC 3207), and tells what it offers before and after.
 *
 * @module
 */
import { connectTcp, formatHostPort } from "@berkeley/sockets";
import { parseArgs } from "@std/cli/parse-args";

const USAGE = `Usage: starttls [options] HOST [PORT]

Greets the SMTP server on PORT (25), asks it for TLS, and greets it again.

  --ca            trust the certificates on stdin, in PEM, too
  --name NAME     whose certificate it must be (HOST)
  --timeout MS    how long all of it may take (10000)
  -h, --help      this text

  starttls --ca mail.example.com 587 < ca.pem`;

/** More than SMTP allows for a line, in bytes, and for the lines of a reply. */
const MAX_LINE = 2048;
const MAX_LINES = 100;

/** SMTP over anything that has lines and can be written to. */
class Smtp {
  readonly #lines: AsyncIterator<string>;
  readonly #write: (bytes: Uint8Array) => Promise<unknown>;

  constructor(
    lines: AsyncIterator<string>,
    write: (bytes: Uint8Array) => Promise<unknown>,
  ) {
    this.#lines = lines;
    this.#write = write;
  }

  /** Sends a command, and returns the lines of the reply, without its code. */
  async ask(command: string, expected: string): Promise<string[]> {
    console.log(`> ${command}`);
    await this.#write(new TextEncoder().encode(`${command}\r\n`));
    return await this.hear(expected);
  }

  /** A reply, which must have the code. */
  async hear(expected: string): Promise<string[]> {
    const texts: string[] = [];
    while (texts.length < MAX_LINES) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error("The server hung up");
      const line = printable(value);
      console.log(`< ${line}`);
      const [, code, more, text = ""] = /^(\d{3})([ -]|$)(.*)$/.exec(line) ??
        [];
      if (code !== expected) throw new Error(`The server refuses: ${line}`);
      texts.push(text);
      if (more !== "-") return texts;
    }
    throw new Error(`The reply has more than ${MAX_LINES} lines`);
  }
}

/** What a stranger sends is not for the terminal to obey. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "?");
}

/** The lines of a connection of the runtime, which has no method for it. */
async function* linesOf(conn: Deno.Conn): AsyncGenerator<string> {
  let rest = "";
  const texts = conn.readable.pipeThrough(new TextDecoderStream());
  for await (const text of texts) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield line.replace(/\r$/, "");
    if (rest.length > MAX_LINE) throw new Error("A line is too long");
  }
}

/** Talks to the server in plain text, and then in secret. */
async function converse(
  server: { hostname: string; port: number },
  tlsOptions: { hostname: string; caCerts: string[] },
  signal: AbortSignal,
): Promise<void> {
  using plain = await connectTcp({ ...server, signal });
  const { hostname, port } = plain.remoteAddr;
  console.log(`Connected to ${formatHostPort(hostname, port)}`);
  const open = new Smtp(
    plain.lines({ limit: MAX_LINE, signal }),
    (bytes) => plain.send(bytes),
  );
  const me = plain.localAddr.hostname;
  const hello = `EHLO [${me.includes(":") ? "IPv6:" : ""}${me}]`;
  await open.hear("220");
  const offers = await open.ask(hello, "250");
  if (!offers.includes("STARTTLS")) throw new Error("The server has no TLS");
  await open.ask("STARTTLS", "220");
  await plain.flush();

  // What came in plain text must never pass for what was said in secret.
  const { conn, buffered } = plain.detach();
  if (buffered.length > 0) {
    conn.close();
    throw new Error("The server said more than it may before TLS");
  }
  using tls = await Deno.startTls(conn, tlsOptions);
  const stop = () => tls.close();
  signal.addEventListener("abort", stop);
  await tls.handshake();
  console.log(`The server is ${tlsOptions.hostname}; from here on, in secret:`);
  const writer = tls.writable.getWriter();
  const secret = new Smtp(
    linesOf(tls),
    (bytes) => writer.write(bytes as Uint8Array<ArrayBuffer>),
  );
  await secret.ask(hello, "250");
  await secret.ask("QUIT", "221");
  signal.removeEventListener("abort", stop);
}

/** Runs the example. */
export async function main(args: string[]): Promise<void> {
  const options = parseArgs(args, {
    boolean: ["help", "ca"],
    string: ["name", "timeout"],
    default: { timeout: "10000" },
    alias: { help: "h" },
    unknown: (word, option) => {
      if (option !== undefined) throw new TypeError(`No such option: ${word}`);
    },
  });
  if (options.help) return console.log(USAGE);
  const [hostname, port = "25"] = options._.map(String);
  if (hostname === undefined) throw new TypeError("Say which host to ask");
  const timeout = Number(options.timeout);
  if (!(timeout > 0)) {
    throw new RangeError(`--timeout must be above 0: ${timeout}`);
  }
  const caCerts = options.ca
    ? [await new Response(Deno.stdin.readable).text()]
    : [];

  const late = new Error(`It takes longer than ${timeout} ms`);
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(late), timeout);
  try {
    await converse(
      { hostname, port: Number(port) },
      { hostname: options.name ?? hostname, caCerts },
      giveUp.signal,
    );
  } catch (error) {
    throw giveUp.signal.aborted ? late : error;
  } finally {
    clearTimeout(timer);
  }
}

if (import.meta.main) {
  await main(Deno.args).catch((error) => {
    console.error(error.message);
    const isMisuse = /^(Type|Range|Syntax)Error$/.test(error.name);
    Deno.exit(isMisuse ? 2 : 1);
  });
}
