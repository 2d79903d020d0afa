/**
 * The serving end of a soak's streams: takes messages in, in their order,
 * acknowledges each, and behaves badly now and then.
 *
 * @module
 */
import {
  FrameDecoderStream,
  type Framing,
  lengthPrefixFraming,
  serveTcp,
  type TcpBackend,
  type TcpConn,
  type TcpServer,
} from "@berkeley/sockets/tcp";
import {
  AddressInUseError,
  ConnectionResetError,
  TimedOutError,
} from "@berkeley/sockets/errors";
import { Random } from "../_random.ts";
import { type Account, isViolentEnd } from "./_account.ts";
import { chain, isSame, pair, streamMessage, unpair } from "./_message.ts";

/** How messages, and what is said about them, stand in the stream. */
export const FRAMING: Framing = lengthPrefixFraming(4, {
  maxFrameSize: 1 << 20,
});

/** What both ends know about a connection; it stands for an observer of both. */
export interface ConnRecord {
  /** Tells the connections of a soak apart. */
  readonly id: number;
  /** The generation of the peer that it was begun with. */
  readonly generation: number;
  /** Whether an end has been violent, so that errors are no surprise. */
  violent: boolean;
  /** Whether the peer has stopped acknowledging, without violence. */
  peerIsSilent: boolean;
  /** Whether the sending end has closed, so that the peer may meet a reset. */
  isClosed?: boolean;
  /** Whether it did. */
  wasReset?: boolean;
  /** What the peer's end counted, once it has read the end of the stream. */
  peerBytes?: { read: number };
}

/** What has been delivered of a flow. */
interface Delivered {
  count: number;
  checksum: number;
  /** The connection that may deliver: the one that greeted last. */
  owner: number;
}

/** What a peer does beside taking messages. */
type Mischief = "none" | "stall" | "reset" | "close" | "silent" | "giveUp";

const MISCHIEF: readonly Mischief[] = [
  ...Array<Mischief>(200).fill("none"),
  ...Array<Mischief>(8).fill("stall"),
  ...Array<Mischief>(10).fill("giveUp"),
  "reset",
  "close",
  "silent",
];

/** Waits, so that the other end meets a peer that does nothing for a while. */
export function stall(random: Random): Promise<void> {
  const ms = random.integer(0, 8);
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A peer that can be restarted on its port. */
export class StreamPeer implements AsyncDisposable {
  /** Grows when a restart begins, and again when it is done: odd meanwhile. */
  generation = 0;
  readonly #account: Account;
  readonly #records: Map<number, ConnRecord>;
  readonly #delivered = new Map<number, Delivered>();
  readonly #options: { hostname: string; backend: TcpBackend };
  readonly #seed: number;
  #server!: TcpServer;

  private constructor(
    account: Account,
    records: Map<number, ConnRecord>,
    options: { hostname: string; backend: TcpBackend },
    seed: number,
  ) {
    this.#account = account;
    this.#records = records;
    this.#options = options;
    this.#seed = seed;
  }

  /** Starts a peer. */
  static async start(
    account: Account,
    records: Map<number, ConnRecord>,
    options: { hostname: string; backend: TcpBackend },
    seed: number,
  ): Promise<StreamPeer> {
    const peer = new StreamPeer(account, records, options, seed);
    peer.#server = await peer.#serve(0);
    return peer;
  }

  /** Where it listens. */
  get addr(): Deno.NetAddr {
    return this.#server.addr;
  }

  /** Which transport carries it. */
  get backend(): TcpBackend {
    return this.#options.backend;
  }

  /** How many messages of a flow have been delivered. */
  delivered(flow: number): number {
    return this.#delivered.get(flow)?.count ?? 0;
  }

  #serve(port: number): Promise<TcpServer> {
    return serveTcp(
      {
        ...this.#options,
        port,
        maxConnections: 150,
        onError: (error) => this.#account.fault(`the peer met ${error}`),
      },
      (conn) => this.#handle(conn),
    );
  }

  /** Ends every connection, and listens anew, on the same port if it is free. */
  async restart(): Promise<void> {
    this.generation++;
    const { port } = this.addr;
    for (const record of this.#records.values()) record.violent = true;
    await this.#server[Symbol.asyncDispose]();
    this.#account.count("restarts");
    try {
      this.#server = await this.#serve(port);
    } catch (error) {
      // A connection of another program may have got the port in between.
      if (!(error instanceof AddressInUseError)) throw error;
      this.#account.count("ports lost to others");
      this.#server = await this.#serve(0);
    } finally {
      this.generation++;
    }
  }

  async #handle(conn: TcpConn): Promise<void> {
    let record: ConnRecord | undefined;
    const { generation } = this;
    try {
      const hello = await conn.readFrame(FRAMING);
      if (hello === null) return; // the other end thought better of it
      const [flow, id] = unpair(hello);
      record = this.#records.get(id);
      if (record === undefined) return;
      await this.#take(conn, flow, record);
    } catch (error) {
      const isExplained = record === undefined || record.violent ||
        generation % 2 === 1 || generation !== this.generation;
      if (record?.isClosed && error instanceof ConnectionResetError) {
        record.wasReset = true;
        this.#account.count("resets after a close with messages to send");
      } else if (!isExplained || !isViolentEnd(error)) {
        this.#account.fault(`the peer met ${error}`);
      }
    }
  }

  async #take(conn: TcpConn, flow: number, record: ConnRecord): Promise<void> {
    const random = new Random(this.#seed ^ Math.imul(record.id, 0x9e3779b1));
    let state = this.#delivered.get(flow);
    if (state === undefined) {
      state = { count: 0, checksum: 0, owner: 0 };
      this.#delivered.set(flow, state);
    }
    state.owner = record.id;
    await conn.sendFrame(FRAMING, pair(state.count, state.checksum));
    const stream = random.next() < 0.1
      ? conn.readable.pipeThrough(new FrameDecoderStream(FRAMING)).getReader()
      : undefined;
    for (;;) {
      switch (random.pick(MISCHIEF)) {
        case "stall":
          await stall(random);
          break;
        case "giveUp":
          if (stream === undefined) await giveUpOnce(conn, random);
          break;
        case "reset":
        case "close":
          record.violent = true;
          this.#account.count("connections ended by the peer");
          if (conn.backend !== "deno" && random.next() < 0.5) conn.reset();
          else conn.close();
          return;
        case "silent":
          if (record.peerIsSilent) break;
          record.peerIsSilent = true;
          this.#account.count("half-closes by the peer");
          await conn.closeWrite();
      }
      const frames = stream === undefined
        ? await readSome(conn, random)
        : await readStream(stream);
      if (frames === null) break;
      for (const frame of frames) {
        if (state.owner !== record.id) return; // the flow goes on elsewhere
        this.#deliver(flow, state, frame);
        if (record.peerIsSilent) continue;
        const sending = conn.sendFrame(
          FRAMING,
          pair(state.count, state.checksum),
        );
        if (random.next() < 0.5) await sending;
      }
    }
    record.peerBytes = { read: conn.bytesRead };
    await conn.flush();
  }

  #deliver(flow: number, state: Delivered, frame: Uint8Array): void {
    const expected = streamMessage(flow, state.count);
    this.#account.check(
      isSame(frame, expected),
      () => `message ${state.count} of flow ${flow} is lost, doubled or torn`,
    );
    state.count++;
    state.checksum = chain(state.checksum, frame);
    this.#account.count("messages delivered");
    this.#account.count("bytes delivered", frame.length);
  }

  /** Ends every connection, and stops. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.generation++;
    for (const record of this.#records.values()) record.violent = true;
    await this.#server[Symbol.asyncDispose]();
  }
}

/** Reads a frame of a web stream; null at the end of the stream. */
async function readStream(
  stream: ReadableStreamDefaultReader<Uint8Array>,
): Promise<Uint8Array[] | null> {
  const { done, value } = await stream.read();
  return done ? null : [value];
}

/** Begins a read and gives it up, which must cost no byte. */
async function giveUpOnce(conn: TcpConn, random: Random): Promise<void> {
  try {
    await conn.peek(random.integer(1, 5000), { timeout: random.integer(0, 3) });
  } catch (error) {
    if (!(error instanceof TimedOutError)) throw error;
  }
}

/** Reads frames in one of the ways there are; null at the end of the stream. */
async function readSome(
  conn: TcpConn,
  random: Random,
): Promise<Uint8Array[] | null> {
  switch (random.integer(0, 2)) {
    case 0: {
      for await (const batch of conn.frameBatches(FRAMING)) return batch;
      return null;
    }
    case 1: {
      const start = await conn.peek(1);
      if (start.length === 0) return null;
      const head = await conn.readExact(4);
      const size = new DataView(head.buffer).getUint32(0);
      return [await readBody(conn, size, random)];
    }
    default: {
      for (;;) {
        try {
          const frame = await conn.readFrame(FRAMING, {
            timeout: random.integer(1, 20),
          });
          return frame === null ? null : [frame.slice()];
        } catch (error) {
          if (!(error instanceof TimedOutError)) throw error;
        }
      }
    }
  }
}

/** Reads so many bytes, as the library's memory or into one's own. */
async function readBody(
  conn: TcpConn,
  size: number,
  random: Random,
): Promise<Uint8Array> {
  const kind = random.integer(0, 2);
  if (kind === 0) return await conn.readExact(size);
  const body = new Uint8Array(size);
  if (kind === 1) return await conn.readExact(body);
  for (let at = 0; at < size;) {
    const end = Math.min(size, at + random.pick([1000, 10_000, 100_000]));
    const count = await conn.read(body.subarray(at, end));
    if (count === null) await conn.readExact(1); // rejects as any such read does
    at += count ?? 0;
  }
  return body;
}
