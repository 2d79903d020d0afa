/**
 * Ping: ICMP echo (RFC 792, RFC 4443) by an ICMP socket.
 *
 * @module
 */
import { getAddrInfo, type IpAddress } from "@berkeley/sockets";
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  type PosixSocket,
  SOCK_DGRAM,
  SOCK_RAW,
  socket,
} from "@berkeley/sockets/posix";
import { parseArgs } from "@std/cli/parse-args";

const USAGE = `Usage: posix_ping [options] HOST

Asks a host for an echo again and again, and tells how long each took. Needs
--allow-ffi, and what the system asks for: on Linux that the group of the user is
in net.ipv4.ping_group_range, or else CAP_NET_RAW, such as root has.

  -4, -6             IPv4 alone, or IPv6 alone
  --count NUMBER     how many requests to send; Ctrl-C ends it earlier (4)
  --interval SECONDS between one request and the next (1)
  --timeout SECONDS  how long to wait for each echo (2)
  --size BYTES       how many bytes beside the header are echoed (56)
  -h, --help         this text`;

/** How a family asks and answers. */
interface Protocol {
  number: number;
  request: number;
  reply: number;
}

const PROTOCOLS: Readonly<Record<number, Protocol>> = {
  [AF_INET]: { number: IPPROTO_ICMP, request: 8, reply: 0 },
  [AF_INET6]: { number: IPPROTO_ICMPV6, request: 128, reply: 129 },
};

/** The type, the code, the sum, an identifier, and a number in sequence. */
const HEADER_SIZE = 8;

/** An echo, and how long it took in milliseconds. */
interface Echo {
  size: number;
  ttl: number | undefined;
  time: number;
}

/** Opens an ICMP socket: one for datagrams, as anyone may have, or a raw one. */
function openIcmp(family: number): PosixSocket {
  const { number } = PROTOCOLS[family]!;
  for (const type of [SOCK_DGRAM, SOCK_RAW]) {
    try {
      return socket(family, type, number);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code !== "EACCES" && code !== "EPERM") throw error;
    }
  }
  throw new Error(
    "Cannot open an ICMP socket: neither net.ipv4.ping_group_range nor CAP_NET_RAW allows it",
  );
}

/** The sum of RFC 1071 over an even number of bytes. */
function checksum(view: DataView): number {
  let sum = 0;
  for (let i = 0; i < view.byteLength; i += 2) sum += view.getUint16(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** Asks one host for echoes. */
export class Pinger implements Disposable {
  readonly #socket: PosixSocket;
  readonly #protocol: Protocol;
  readonly #address: { hostname: string; port: number };
  /** Random, so that a raw socket knows its own echoes; others get their own. */
  readonly #id = crypto.getRandomValues(new Uint16Array(1))[0]!;
  readonly #buffer = new Uint8Array(65_536);

  constructor(address: IpAddress) {
    const family = address.family === 4 ? AF_INET : AF_INET6;
    this.#protocol = PROTOCOLS[family]!;
    this.#address = { hostname: String(address), port: 0 };
    this.#socket = openIcmp(family);
    const isV4 = family === AF_INET;
    this.#socket.setSockOpt(isV4 ? "IP_RECVTTL" : "IPV6_RECVHOPLIMIT", true);
  }

  /** Whether it uses a raw socket, which sees all that comes to this host. */
  get isRaw(): boolean {
    return this.#socket.type === SOCK_RAW;
  }

  /** Asks once; undefined when no echo comes in time. */
  async ping(
    sequence: number,
    { size, timeout, signal }: {
      size: number;
      timeout: number;
      signal: AbortSignal;
    },
  ): Promise<Echo | undefined> {
    const begin = performance.now();
    await this.#socket.sendTo(this.#request(sequence, size), this.#address);
    for (;;) {
      const left = Math.max(0, begin + timeout - performance.now());
      const received = await this.#socket.recvMsg(this.#buffer, {
        signal,
        timeout: left,
      }).catch((error) => {
        if (error.code !== "ETIMEDOUT") throw error;
      });
      if (received === undefined) return undefined;
      const time = performance.now() - begin;
      const packet = this.#buffer.subarray(0, received.length);
      const size = this.#match(packet, sequence);
      if (size === undefined) continue;
      const hops = received.control.find(({ type }) =>
        type === "IP_TTL" || type === "IPV6_HOPLIMIT"
      ) as { value: number } | undefined;
      return { size, ttl: hops?.value, time };
    }
  }

  #request(sequence: number, size: number): Uint8Array<ArrayBuffer> {
    const packet = new Uint8Array(HEADER_SIZE + size + size % 2);
    const view = new DataView(packet.buffer);
    view.setUint8(0, this.#protocol.request);
    view.setUint16(4, this.#id);
    view.setUint16(6, sequence);
    for (let i = 0; i < size; i++) packet[HEADER_SIZE + i] = i;
    // Of ICMPv6 the kernel makes the sum, since it includes the addresses.
    if (this.#protocol.number === IPPROTO_ICMP) {
      view.setUint16(2, checksum(view));
    }
    return packet.subarray(0, HEADER_SIZE + size);
  }

  /** The size of our echo; undefined for anything else. */
  #match(packet: Uint8Array, sequence: number): number | undefined {
    const { number, reply } = this.#protocol;
    // A raw socket of IPv4 gets the header of IP, too.
    const hasIpHeader = this.isRaw && number === IPPROTO_ICMP;
    const at = hasIpHeader ? (packet[0]! & 15) * 4 : 0;
    if (packet.length < at + HEADER_SIZE) return undefined;
    const view = new DataView(packet.buffer, packet.byteOffset + at);
    const isOurs = view.getUint8(0) === reply &&
      view.getUint16(6) === sequence &&
      (!this.isRaw || view.getUint16(4) === this.#id);
    return isOurs ? packet.length - at : undefined;
  }

  /** Closes the socket. */
  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

function printStatistics(host: string, sent: number, times: number[]): void {
  const lost = 100 * (1 - times.length / sent);
  console.log(`\n--- ${host} ---`);
  console.log(
    `${sent} requests, ${times.length} echoes, ${lost.toFixed(0)} % lost`,
  );
  if (times.length === 0) return;
  const average = times.reduce((sum, time) => sum + time, 0) / times.length;
  const [least, mean, most] = [Math.min(...times), average, Math.max(...times)]
    .map((time) => time.toFixed(3));
  console.log(`min/avg/max = ${least}/${mean}/${most} ms`);
}

/** Resolves after a time, or at once when it is aborted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}

async function addressOf(host: string, family: number): Promise<IpAddress> {
  const [info] = await getAddrInfo(host, null, { family });
  return info!.address.ip;
}

function checkNumber(name: string, text: string, least: number, most: number) {
  const number = Number(text);
  if (number >= least && number <= most) return number;
  throw new RangeError(`--${name} must be ${least} to ${most}: ${text}`);
}

/** Runs the example. */
export async function main(args: string[]): Promise<void> {
  const options = parseArgs(args, {
    boolean: ["help", "4", "6"],
    string: ["count", "interval", "timeout", "size"],
    default: { count: "4", interval: "1", timeout: "2", size: "56" },
    alias: { help: "h" },
    unknown: (word, option) => {
      if (option !== undefined) throw new TypeError(`No such option: ${word}`);
    },
  });
  if (options.help) return console.log(USAGE);
  const [host] = options._;
  if (host === undefined) {
    throw new TypeError("Say which host: posix_ping HOST");
  }
  const count = checkNumber("count", options.count, 1, 65_535);
  const interval = 1000 * checkNumber("interval", options.interval, 0, 3600);
  const timeout = 1000 * checkNumber("timeout", options.timeout, 0.001, 3600);
  const size = Math.trunc(checkNumber("size", options.size, 0, 65_000));
  const only = options[4] ? AF_INET : options[6] ? AF_INET6 : AF_UNSPEC;

  const address = await addressOf(String(host), only);
  using pinger = new Pinger(address);
  const kind = pinger.isRaw ? "a raw socket" : "a datagram socket";
  console.log(`Pinging ${host} (${address}) with ${size} bytes by ${kind}`);
  const giveUp = new AbortController();
  const { signal } = giveUp;
  const onInterrupt = () => giveUp.abort();
  Deno.addSignalListener("SIGINT", onInterrupt);
  const times: number[] = [];
  let sent = 0;
  try {
    while (sent < count && !signal.aborted) {
      const begin = performance.now();
      sent++;
      const echo = await pinger.ping(sent, { size, timeout, signal });
      if (echo === undefined) console.log(`no echo of request ${sent}`);
      else {
        times.push(echo.time);
        const ttl = echo.ttl === undefined ? "" : ` ttl=${echo.ttl}`;
        console.log(
          `${echo.size} bytes: seq=${sent}${ttl} time=${
            echo.time.toFixed(3)
          } ms`,
        );
      }
      if (sent === count) break;
      const left = begin + interval - performance.now();
      await pause(Math.max(0, left), signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    Deno.removeSignalListener("SIGINT", onInterrupt);
  }
  printStatistics(String(host), sent, times);
  if (times.length === 0) throw new Error(`No echo from ${host}`);
}

if (import.meta.main) {
  await main(Deno.args).catch((error) => {
    console.error(error.message);
    const isMisuse = /^(Type|Range|Syntax)Error$/.test(error.name);
    Deno.exit(isMisuse ? 2 : 1);
  });
}
