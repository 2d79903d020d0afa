/**
 * An SNTP client (RFC 4330, RFC 5905): by how much the clock of this host is off.
 *
 * @module
 */
import {
  type ConnectedUdpSocket,
  connectUdp,
  TimedOutError,
} from "@berkeley/sockets";
import { parseArgs } from "@std/cli/parse-args";

const USAGE = `Usage: sntp [options] HOST

  --port NUMBER        the server's port (123)
  --timeout MS         how long to wait for the first answer (1000)
  --attempts NUMBER    how often to ask; each waits twice as long (3)
  -4, -6               only IPv4, only IPv6
  -h, --help           this text

  sntp ntp.example.org`;

/** What a server said, in seconds. */
interface SntpAnswer {
  /** By how much the server's clock is ahead of ours. */
  offset: number;
  /** How long the question and the answer were under way. */
  delay: number;
  /** How many steps the server is away from a reference clock. */
  stratum: number;
  /** The server's time when it answered, in seconds since 1970. */
  time: number;
}

/** From the start of NTP's era 0, in 1900, to 1970; and the length of an era. */
const EPOCH = 2_208_988_800;
const ERA = 2 ** 32;

/** The clock of this host, in seconds since 1970. */
function now(): number {
  return (performance.timeOrigin + performance.now()) / 1000;
}

/** A timestamp in seconds since 1970; those from 2036 on begin anew at 0. */
function timestamp(packet: DataView, at: number): number {
  const seconds = packet.getUint32(at);
  const era = seconds < ERA / 2 ? ERA : 0;
  return seconds + era - EPOCH + packet.getUint32(at + 4) / ERA;
}

/** Throws unless a server's answer can be trusted: RFC 4330 section 5. */
function check(packet: DataView): void {
  const stratum = packet.getUint8(1);
  if (stratum === 0) {
    const bytes = new Uint8Array(packet.buffer, packet.byteOffset + 12, 4);
    const code = new TextDecoder().decode(bytes).replace(/\W/g, "");
    throw new Error(`The server refuses to answer: kiss code ${code}`);
  }
  const isUnsynchronized = packet.getUint8(0) >> 6 === 3 || stratum > 15;
  if (isUnsynchronized || packet.getBigUint64(40) === 0n) {
    throw new Error("The server does not know the time itself");
  }
}

/** Asks once. What is in the question tells its answer from any other. */
async function ask(
  socket: ConnectedUdpSocket,
  timeout: number,
): Promise<SntpAnswer> {
  const question = new Uint8Array(48);
  question[0] = 4 << 3 | 3; // version 4, client
  const nonce = crypto.getRandomValues(question.subarray(40));
  const sent = now();
  const { data } = await socket.exchange(question, {
    timeout,
    attempts: 1, // a second one could not be told from the first by its answer
    match: (data) =>
      data.length >= 48 && (data[0]! & 7) === 4 &&
      nonce.every((byte, i) => byte === data[24 + i]),
  });
  const received = now();
  const packet = new DataView(data.buffer);
  check(packet);
  const [arrived, left] = [timestamp(packet, 32), timestamp(packet, 40)];
  return {
    offset: ((arrived - sent) + (left - received)) / 2,
    delay: Math.max(0, (received - sent) - (left - arrived)),
    stratum: packet.getUint8(1),
    time: left,
  };
}

/** Runs the example. */
export async function main(args: string[]): Promise<void> {
  const options = parseArgs(args, {
    boolean: ["help", "4", "6"],
    string: ["port", "timeout", "attempts"],
    default: { port: "123", timeout: "1000", attempts: "3" },
    alias: { help: "h" },
    unknown: (word, option) => {
      if (option !== undefined) throw new TypeError(`No such option: ${word}`);
    },
  });
  const [hostname] = options._.map(String);
  if (options.help) return console.log(USAGE);
  if (hostname === undefined) throw new TypeError("Say which server to ask");
  const attempts = Number(options.attempts);
  if (!(attempts >= 1)) {
    throw new RangeError(`--attempts must be 1 or more: ${options.attempts}`);
  }
  const family = options["4"] ? 4 : options["6"] ? 6 : undefined;
  using socket = await connectUdp({
    hostname,
    port: Number(options.port),
    family,
    timeout: 10_000,
  });

  for (let attempt = 1;; attempt++) {
    try {
      const wait = Number(options.timeout) * 2 ** (attempt - 1);
      const { offset, delay, stratum, time } = await ask(socket, wait);
      const { hostname, port } = socket.remoteAddr;
      console.log(`${hostname} port ${port}, stratum ${stratum}`);
      console.log(`time   ${new Date(time * 1000).toISOString()}`);
      console.log(`offset ${offset.toFixed(6)} s`);
      console.log(`delay  ${delay.toFixed(6)} s`);
      return;
    } catch (error) {
      if (!(error instanceof TimedOutError)) throw error;
      if (attempt >= attempts) throw error;
    }
  }
}

if (import.meta.main) {
  await main(Deno.args).catch((error) => {
    console.error(error.message);
    const isMisuse = /^(Type|Range|Syntax)Error$/.test(error.name);
    Deno.exit(isMisuse ? 2 : 1);
  });
}
