/**
 * TLS on a connection that began in plain text: submits a message to a mail server by
 * STARTTLS (RFC 3207), or is that server.
 *
 * @module
 */
import {
  connectTcp,
  formatHostPort,
  serveTcp,
  startTls,
  type StreamConn,
  type TcpConn,
  type TcpServer,
} from "@berkeley/sockets";
import { makeCertificate } from "@berkeley/sockets/testing";
import { parseArgs } from "@std/cli/parse-args";

const USAGE = `Usage: starttls [HOST [PORT] | serve [PORT]] [options]

Greets the SMTP server on PORT (25), asks it for TLS, greets it again, and submits
a message to it, if there is one. Without a HOST, does so with a server of its own.

  --text TEXT     the message to submit
  --from ADDRESS  who sends it (alice@localhost)
  --to ADDRESS    who gets it (bob@localhost)
  --ca            trust the certificates on stdin, in PEM, too
  --name NAME     whose certificate it must be (HOST)
  --timeout MS    how long all of it may take (10000)
  -h, --help      this text

  starttls --ca --text "Hello" mail.example.com 587 < ca.pem

serve prints the certificate that it made for localhost, and what it gets.`;

/** More than SMTP allows for a line, in bytes, and for the lines of a reply. */
const MAX_LINE = 2048;
const MAX_LINES = 100;

/** A message and its envelope. */
interface Mail {
  from: string;
  to: string;
  text: string;
}

/** The client's side of SMTP, over a connection of any kind. */
class Smtp {
  readonly #conn: StreamConn;
  readonly #signal: AbortSignal;

  constructor(conn: StreamConn, signal: AbortSignal) {
    this.#conn = conn;
    this.#signal = signal;
  }

  /** Sends a command, and returns the lines of the reply, without its code. */
  async ask(command: string, expected: string): Promise<string[]> {
    console.log(`> ${command}`);
    await this.#conn.send(`${command}\r\n`);
    return await this.hear(expected);
  }

  /** A reply, which must have the code. */
  async hear(expected: string): Promise<string[]> {
    const texts: string[] = [];
    while (texts.length < MAX_LINES) {
      const options = { limit: MAX_LINE, signal: this.#signal };
      const given = await this.#conn.readLine(options);
      if (given === null) throw new Error("The server hung up");
      const line = printable(given);
      console.log(`< ${line}`);
      const [, code, more, text = ""] = /^(\d{3})([ -]|$)(.*)$/.exec(line) ??
        [];
      if (code !== expected) throw new Error(`The server refuses: ${line}`);
      texts.push(text);
      if (more !== "-") return texts;
    }
    throw new Error(`The reply has more than ${MAX_LINES} lines`);
  }

  /** Submits a message; a line that is a dot would end it (RFC 5321, 4.5.2). */
  async submit({ from, to, text }: Mail): Promise<void> {
    await this.ask(`MAIL FROM:<${from}>`, "250");
    await this.ask(`RCPT TO:<${to}>`, "250");
    await this.ask("DATA", "354");
    const lines = text.split(/\r?\n/).map((line) => line.replace(/^\./, ".."));
    await this.#conn.send(lines.map((line) => `${line}\r\n`).join(""));
    await this.ask(".", "250");
  }
}

/** What a stranger sends is not for the terminal to obey. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "?");
}

/** Talks to the server in plain text, and then in secret. */
async function converse(
  server: { hostname: string; port: number },
  trust: { hostname: string; caCerts: string[] },
  mail: Mail | undefined,
  signal: AbortSignal,
): Promise<void> {
  using plain = await connectTcp({ ...server, signal });
  const { hostname, port } = plain.remoteAddr;
  console.log(`Connected to ${formatHostPort(hostname, port)}`);
  const open = new Smtp(plain, signal);
  const me = plain.localAddr.hostname;
  const hello = `EHLO [${me.includes(":") ? "IPv6:" : ""}${me}]`;
  await open.hear("220");
  const offers = await open.ask(hello, "250");
  if (!offers.includes("STARTTLS")) throw new Error("The server has no TLS");
  await open.ask("STARTTLS", "220");

  // It refuses plain text that came too early, which may be an attacker's.
  await using conn = await startTls(plain, { ...trust, signal });
  console.log(`The server is ${trust.hostname}; from here on, in secret:`);
  const secret = new Smtp(conn, signal);
  await secret.ask(hello, "250");
  if (mail !== undefined) await secret.submit(mail);
  await secret.ask("QUIT", "221");
}

/** Serves SMTP on loopback; `onMail` gets what clients submit over TLS. */
export function serveMail(
  port: number,
  pair: { cert: string; key: string },
  onMail: (mail: Mail) => void,
): Promise<TcpServer> {
  const onError = (error: unknown) => console.error(String(error));
  const options = { hostname: "127.0.0.1", port, onError, idleTimeout: 60_000 };
  return serveTcp(options, async (plain: TcpConn) => {
    await plain.send("220 mail ESMTP\r\n");
    if (!await serveCommands(plain, undefined)) return;
    await using conn = await startTls(plain, { isServer: true, ...pair });
    await serveCommands(conn, onMail);
    await conn.closeWrite();
  });
}

/**
 * Answers commands until the client leaves or asks for STARTTLS, and says whether it
 * did that. Takes mail only if there is an `onMail`.
 */
async function serveCommands(
  conn: StreamConn,
  onMail: ((mail: Mail) => void) | undefined,
): Promise<boolean> {
  const mail: Mail = { from: "", to: "", text: "" };
  for await (const line of conn.lines({ limit: MAX_LINE })) {
    const [, verb = "", address = ""] = /^(\w+)(?:.*?<([^<>]*)>)?/.exec(line) ??
      [];
    const command = verb.toUpperCase();
    if (command === "EHLO") {
      const offer = onMail ? "SIZE 100000" : "STARTTLS";
      await conn.send(`250-mail\r\n250 ${offer}\r\n`);
    } else if (command === "STARTTLS" && !onMail) {
      await conn.send("220 go ahead\r\n");
      return true;
    } else if (command === "QUIT") {
      await conn.send("221 bye\r\n");
      return false;
    } else if (!onMail) {
      await conn.send("530 ask for STARTTLS first\r\n");
    } else if (command === "MAIL" || command === "RCPT") {
      mail[command === "MAIL" ? "from" : "to"] = address;
      await conn.send("250 so be it\r\n");
    } else if (command === "DATA") {
      await conn.send("354 end with a dot\r\n");
      onMail({ ...mail, text: await readText(conn) });
      await conn.send("250 taken\r\n");
    } else {
      await conn.send("502 not here\r\n");
    }
  }
  return false;
}

/** Reads a message, up to the line that is a dot. */
async function readText(conn: StreamConn): Promise<string> {
  const lines: string[] = [];
  for await (const line of conn.lines({ limit: MAX_LINE })) {
    if (line === ".") return lines.join("\n");
    lines.push(line.replace(/^\./, ""));
    if (lines.length > MAX_LINES) throw new Error("The message is too long");
  }
  throw new Error("The client hung up inside a message");
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

function printMail({ from, to, text }: Mail): void {
  console.log(`Mail from ${from} to ${to}:`);
  for (const line of text.split("\n")) console.log(`  ${printable(line)}`);
}

/** Runs the example. */
export async function main(args: string[]): Promise<void> {
  const options = parseArgs(args, {
    boolean: ["help", "ca"],
    string: ["name", "timeout", "text", "from", "to"],
    default: { timeout: "10000", from: "alice@localhost", to: "bob@localhost" },
    alias: { help: "h" },
    unknown: (word, option) => {
      if (option !== undefined) throw new TypeError(`No such option: ${word}`);
    },
  });
  if (options.help) return console.log(USAGE);
  const [hostname, port = hostname === "serve" ? "0" : "25"] = options._
    .map(String);
  const timeout = Number(options.timeout);
  if (!(timeout > 0)) {
    throw new RangeError(`--timeout must be above 0: ${timeout}`);
  }
  const { from, to, text } = options;
  const mail = text === undefined ? undefined : { from, to, text };
  const talk = (host: string, port: number, name: string, caCerts: string[]) =>
    within(timeout, (signal) =>
      converse(
        { hostname: host, port },
        { hostname: name, caCerts },
        mail,
        signal,
      ));

  if (hostname === undefined) {
    const pair = await makeCertificate();
    await using server = await serveMail(0, pair, printMail);
    const { port } = server.addr;
    return await talk("127.0.0.1", port, "localhost", [pair.cert]);
  }
  if (hostname === "serve") {
    const pair = await makeCertificate();
    await using server = await serveMail(Number(port), pair, printMail);
    console.log(`Mail is taken on 127.0.0.1 port ${server.addr.port}`);
    console.log(pair.cert);
    return await interrupted();
  }
  const caCerts = options.ca
    ? [await new Response(Deno.stdin.readable).text()]
    : [];
  await talk(hostname, Number(port), options.name ?? hostname, caCerts);
}

/** Waits for work that ends when the signal aborts. */
async function within(
  timeout: number,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const signal = AbortSignal.timeout(timeout);
  try {
    await work(signal);
  } catch (error) {
    throw signal.aborted
      ? new Error(`It takes longer than ${timeout} ms`)
      : error;
  }
}

if (import.meta.main) {
  await main(Deno.args).catch((error) => {
    console.error(error.message);
    const isMisuse = /^(Type|Range|Syntax)Error$/.test(error.name);
    Deno.exit(isMisuse ? 2 : 1);
  });
}
