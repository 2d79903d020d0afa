/**
 * A DNS server inside the test: it serves a zone, counts what it is asked, and
 * misbehaves on demand.
 *
 * @module
 */
import { listenRaw, type RawConn, type RawListener } from "../_raw_tcp.ts";
import { createSocket, type Socket } from "node:dgram";
import {
  answerFrom,
  type Question,
  readQuestion,
  type Response,
  writeResponse,
  type Zone,
} from "./_dns_message.ts";

/** How a question reached the server. */
export type Way = "udp" | "tcp";

/** What to send: responses or raw bytes, one after the other; null for nothing. */
export type Reply = Response | Uint8Array | null | Array<Response | Uint8Array>;

/** Decides on a question; undefined leaves it to the zone. */
export type Fault = (
  question: Question,
  way: Way,
) => Reply | undefined | Promise<Reply | undefined>;

/** The size above which a response over UDP without EDNS(0) is truncated: RFC 1035 section 2.3.4. */
const MAX_UDP = 512;

/** A name server on a free loopback port. */
export class DnsServer implements AsyncDisposable {
  /** Every question so far, as `"udp A name"`. */
  readonly log: string[] = [];
  /** Of each question so far, whether it came with EDNS(0). */
  readonly edns: boolean[] = [];
  /** What went wrong in the server itself; a test should find none. */
  readonly errors: unknown[] = [];
  readonly #zone: Zone;
  readonly #fault: Fault;
  readonly #udp: Socket;
  readonly #tcp: RawListener;
  readonly #conns = new Set<RawConn>();
  readonly #replies = new Set<Promise<void>>();
  #isClosed = false;
  readonly #accepting: Promise<void>;

  private constructor(
    udp: Socket,
    tcp: RawListener,
    zone: Zone,
    fault: Fault,
  ) {
    this.#udp = udp;
    this.#tcp = tcp;
    const { hostname, port } = tcp.addr;
    this.nameServer = { hostname, port };
    this.#zone = zone;
    this.#fault = fault;
    udp.on("message", (message, from) => {
      const reply = this.#reply(message, "udp", (bytes) => {
        if (!this.#isClosed) udp.send(bytes, from.port, from.address);
        return Promise.resolve();
      }).finally(() => this.#replies.delete(reply));
      this.#replies.add(reply);
    });
    this.#accepting = this.#accept();
  }

  /** Starts a server on a port that is free over UDP and TCP. */
  static async start(
    zone: Zone = {},
    fault: Fault = () => undefined,
    { hostname = "127.0.0.1", port = 0, udpOnly = false }: {
      hostname?: string;
      port?: number;
      udpOnly?: boolean;
    } = {},
  ): Promise<DnsServer> {
    for (let i = 0;; i++) {
      const tcp = await listenRaw({ hostname, port });
      const udp = createSocket(hostname.includes(":") ? "udp6" : "udp4");
      const bound = Promise.withResolvers<void>();
      udp.once("error", bound.reject);
      udp.bind(tcp.addr.port, hostname, () => bound.resolve());
      try {
        await bound.promise;
        const server = new DnsServer(udp, tcp, zone, fault);
        if (udpOnly) tcp.close();
        return server;
      } catch (error) {
        tcp.close();
        udp.close();
        if (i === 9) throw error;
      }
    }
  }

  /** As a name server of a resolver's options. */
  readonly nameServer: { hostname: string; port: number };

  /** How many questions of a type, by whatever way, came for a name. */
  count(type: string, name: string): number {
    return this.log.filter((line) => line.endsWith(` ${type} ${name}`)).length;
  }

  async #reply(
    message: Uint8Array,
    way: Way,
    send: (bytes: Uint8Array) => Promise<void>,
  ): Promise<void> {
    try {
      const question = readQuestion(message);
      this.log.push(`${way} ${question.type} ${question.name}`);
      this.edns.push(question.udpSize !== undefined);
      const fault = await this.#fault(question, way);
      const reply = fault === undefined
        ? answerFrom(this.#zone, question)
        : fault;
      if (reply === null) return;
      for (const item of Array.isArray(reply) ? reply : [reply]) {
        const bytes = item instanceof Uint8Array
          ? item
          : writeResponse(question, item);
        const room = Math.max(question.udpSize ?? 0, MAX_UDP);
        if (
          way === "udp" && bytes.length > room &&
          !(item instanceof Uint8Array)
        ) {
          await send(writeResponse(question, { truncated: true }));
        } else {
          await send(bytes);
        }
      }
    } catch (error) {
      if (!this.#isClosed) this.errors.push(error);
    }
  }

  async #accept(): Promise<void> {
    for await (const conn of this.#tcp) {
      this.#conns.add(conn);
      this.#serve(conn);
    }
  }

  async #serve(conn: RawConn): Promise<void> {
    const read = async (size: number): Promise<Uint8Array | undefined> => {
      const bytes = new Uint8Array(size);
      for (let at = 0; at < size;) {
        const count = await conn.read(bytes.subarray(at));
        if (count === null) return undefined;
        at += count;
      }
      return bytes;
    };
    try {
      for (;;) {
        const head = await read(2);
        if (head === undefined) break;
        const message = await read(head[0]! << 8 | head[1]!);
        if (message === undefined) break;
        await this.#reply(message, "tcp", async (bytes) => {
          // In two pieces, so that a reader of whole segments is found out.
          await conn.write(new Uint8Array([bytes.length >> 8]));
          const rest = new Uint8Array([bytes.length, ...bytes]);
          for (let at = 0; at < rest.length;) {
            at += await conn.write(rest.subarray(at));
          }
        });
      }
    } catch (error) {
      const isGone = error instanceof Deno.errors.BadResource ||
        error instanceof Deno.errors.Interrupted ||
        error instanceof Deno.errors.ConnectionReset ||
        error instanceof Deno.errors.BrokenPipe;
      if (!isGone) this.errors.push(error);
    }
    this.#conns.delete(conn);
    conn[Symbol.dispose]();
  }

  /** Stops it and every connection to it, once the replies under way are made. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    try {
      this.#tcp.close();
    } catch { /* it serves UDP only, and has closed it already */ }
    for (const conn of this.#conns) conn[Symbol.dispose]();
    const closed = Promise.withResolvers<void>();
    this.#udp.close(() => closed.resolve());
    await Promise.all([closed.promise, this.#accepting, ...this.#replies]);
  }
}
