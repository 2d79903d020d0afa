/**
 * The sending end of a soak's streams: sends numbered messages over one
 * connection after the other, and checks what the peer says it got.
 *
 * @module
 */
import {
  connectTcp,
  encodeFrame,
  FrameDecoderStream,
  type TcpBackend,
  type TcpConn,
} from "@berkeley/sockets/tcp";
import { TimedOutError } from "@berkeley/sockets/errors";
import { Random } from "../_random.ts";
import { type Account, isViolentEnd } from "./_account.ts";
import { chain, pair, streamMessage, unpair } from "./_message.ts";
import {
  type ConnRecord,
  FRAMING,
  stall,
  type StreamPeer,
} from "./_stream_peer.ts";

/** How a flow leaves a connection. */
type Ending =
  | "halfClose"
  | "graceful"
  | "close"
  | "reset"
  | "closeRead"
  | "sendAndClose"
  | "webStreams";

const ENDINGS: readonly Ending[] = [
  "halfClose",
  "graceful",
  "close",
  "reset",
  "closeRead",
  "sendAndClose",
  "webStreams",
];

/** Why this end gave up a call; nothing else may be seen for it. */
const GIVEN_UP = "given up by the soak";

/** How long the peer may take to notice the end of a connection, in milliseconds. */
const NOTICE = 30_000;

/** How long a peer that was violent may be silent, in milliseconds. */
const SILENCE = 1000;

/** Who a flow talks to, and how much it has to say. */
export interface StreamFlowSetup {
  account: Account;
  records: Map<number, ConnRecord>;
  peer: StreamPeer;
  backend: TcpBackend;
  /** The number of the flow. */
  flow: number;
  seed: number;
  /** How many messages are to be delivered in all. */
  messages: number;
}

/** One flow of messages. */
export class StreamFlow {
  readonly #setup: StreamFlowSetup;
  readonly #random: Random;
  /** The checksum over the first so many messages. */
  readonly #checksums: number[] = [0];
  /** How many messages the peer has said it has. */
  #acknowledged = 0;
  /** The number of the next message to send. */
  #next = 0;

  /** Makes a flow. */
  constructor(setup: StreamFlowSetup) {
    this.#setup = setup;
    this.#random = new Random(setup.seed ^ Math.imul(setup.flow, 0x85ebca6b));
  }

  /** Where it stands, for the report of a soak that hangs. */
  get state(): string {
    const { flow, messages } = this.#setup;
    return `flow ${flow}: ${this.#next} sent, ${this.#acknowledged} acknowledged of ${messages}, ${this.#doing}`;
  }

  #doing = "beginning";

  /** Runs until every message is acknowledged, or `isOver` says to stop. */
  async run(isOver: () => boolean): Promise<void> {
    const { account, flow, messages, peer } = this.#setup;
    while (this.#acknowledged < messages && !isOver()) {
      await this.#connectAndTalk();
    }
    account.check(
      isOver() || peer.delivered(flow) === messages,
      () =>
        `flow ${flow}: ${peer.delivered(flow)} of ${messages} messages arrived`,
    );
    this.#doing = "done";
  }

  async #connectAndTalk(): Promise<void> {
    const { account, records, peer, backend, flow } = this.#setup;
    const generation = peer.generation;
    const record: ConnRecord = {
      id: account.total("connections begun") + 1,
      generation: peer.generation,
      violent: false,
      peerIsSilent: false,
    };
    account.count("connections begun");
    records.set(record.id, record);
    this.#doing = "connecting";
    try {
      await using conn = await connectTcp({
        ...peer.addr,
        backend,
        timeout: 20_000,
        highWaterMark: this.#random.pick([16_384, 262_144]),
      });
      account.count("connections");
      await this.#talk(conn, record);
    } catch (error) {
      const isExplained = record.violent || generation % 2 === 1 ||
        peer.generation !== generation;
      if (!isExplained || !isViolentEnd(error)) {
        account.fault(`flow ${flow} met ${error} while ${this.#doing}`);
      }
      account.count("connections cut short");
      await stall(this.#random);
    } finally {
      records.delete(record.id);
    }
  }

  async #talk(conn: TcpConn, record: ConnRecord): Promise<void> {
    const ending = this.#random.next() < 0.5
      ? "halfClose"
      : this.#random.pick(ENDINGS);
    this.#setup.account.count(`endings by ${ending}`);
    // Unread acknowledgements would make a reset of a close.
    if (ending === "sendAndClose") record.peerIsSilent = true;
    this.#doing = "greeting";
    await this.#greet(conn, record);
    if (ending === "sendAndClose") return this.#sendAndClose(conn, record);
    if (ending === "webStreams") return this.#talkByStreams(conn, record);
    const stop = new AbortController();
    const reading = this.#readAcks(conn, record, stop.signal);
    reading.catch(() => {}); // awaited below, or told by the writes
    this.#doing = "sending";
    const isLast = await this.#sendSome(conn);
    this.#doing = `ending by ${ending}`;
    switch (ending) {
      case "close":
      case "reset":
        record.violent = true;
        if (ending === "reset" && conn.backend !== "deno") conn.reset();
        else conn.close();
        await reading.catch((error) => {
          if (!isViolentEnd(error)) throw error;
        });
        return;
      case "graceful":
        stop.abort(GIVEN_UP);
        await reading;
        await conn.closeGracefully({ timeout: 20_000 });
        break;
      case "closeRead":
        conn.closeRead();
        await reading;
        await conn.closeGracefully({ timeout: 20_000 });
        break;
      case "halfClose":
        await conn.closeWrite();
        await reading;
        if (!record.peerIsSilent && !record.violent) {
          this.#checkAcknowledged(isLast);
        }
    }
    this.#checkDelivered(conn, record);
  }

  /** Sends messages of any size without waiting, and closes: all arrive, or a reset. */
  async #sendAndClose(conn: TcpConn, record: ConnRecord): Promise<void> {
    const { account, flow, messages, peer } = this.#setup;
    this.#doing = "sending before a close";
    await this.#sendSome(conn);
    const end = Math.min(messages, this.#next + this.#random.integer(0, 12));
    while (this.#next < end) {
      const bytes = encodeFrame(FRAMING, this.#nextMessage());
      conn.send(bytes).catch(() => {}); // told by what the peer has read
      this.#next++;
    }
    record.isClosed = true;
    this.#doing = "closing with messages to send";
    await conn[Symbol.asyncDispose]();
    const until = performance.now() + NOTICE;
    while (record.peerBytes === undefined && !record.wasReset) {
      if (record.violent || performance.now() > until) return;
      await stall(this.#random);
    }
    if (record.violent || record.wasReset) return;
    account.count("closes with messages to send that ended in order");
    account.check(
      peer.delivered(flow) === this.#next,
      () =>
        `flow ${flow}: ${this.#next} messages sent before a close, ${
          peer.delivered(flow)
        } delivered, and an orderly end`,
    );
  }

  /** Sends and hears by web streams, to the end of both sides. */
  async #talkByStreams(conn: TcpConn, record: ConnRecord): Promise<void> {
    this.#doing = "talking by web streams";
    const reading = this.#readAckStream(conn);
    reading.catch(() => {}); // awaited below, or told by the writes
    const writer = conn.writable.getWriter();
    const { messages } = this.#setup;
    const end = Math.min(messages, this.#next + this.#random.integer(1, 40));
    while (this.#next < end) {
      await writer.write(encodeFrame(FRAMING, this.#nextMessage()));
      this.#next++;
    }
    await writer.close();
    await reading;
    if (!record.peerIsSilent && !record.violent) {
      this.#checkAcknowledged(end === messages);
    }
    this.#checkDelivered(conn, record);
  }

  async #readAckStream(conn: TcpConn): Promise<void> {
    const frames = conn.readable.pipeThrough(new FrameDecoderStream(FRAMING));
    for await (const frame of frames) this.#noteAck(frame);
  }

  /** Tells the peer who this is, and hears where the flow goes on. */
  async #greet(conn: TcpConn, record: ConnRecord): Promise<void> {
    const { account, flow, peer } = this.#setup;
    await conn.sendFrame(FRAMING, pair(flow, record.id));
    const frame = await conn.readFrame(FRAMING, { timeout: 20_000 });
    if (frame === null) {
      // A server that restarts may end a connection that it has not accepted.
      const isExplained = record.violent || record.generation % 2 === 1 ||
        peer.generation !== record.generation;
      account.check(
        isExplained,
        () => `flow ${flow} was ended before it began`,
      );
      record.violent = true; // nothing more is to be expected of it
      this.#next = this.#acknowledged;
      return;
    }
    const [next, checksum] = unpair(frame);
    account.check(
      next >= this.#acknowledged,
      () =>
        `flow ${flow}: ${this.#acknowledged} messages were acknowledged, but only ${next} had been delivered`,
    );
    this.#note(next, checksum);
    this.#next = next;
  }

  /** Takes what the peer says it has. */
  #note(count: number, checksum: number): void {
    const { account, flow } = this.#setup;
    const expected = this.#checksums[count];
    account.check(
      expected === checksum,
      () => `flow ${flow}: the first ${count} messages arrived altered`,
    );
    this.#acknowledged = count;
  }

  /** Reads what the peer says until it ends, in any of the ways there are. */
  async #readAcks(
    conn: TcpConn,
    record: ConnRecord,
    stop: AbortSignal,
  ): Promise<void> {
    const random = new Random(record.id);
    while (!stop.aborted) {
      const signal = random.next() < 0.2
        ? AbortSignal.any([stop, abortSoon(random)])
        : stop;
      const timeout = random.next() < 0.1 ? random.integer(0, 3) : SILENCE;
      let frame: Uint8Array | null;
      try {
        frame = await conn.readFrame(FRAMING, { signal, timeout });
      } catch (error) {
        if (error === GIVEN_UP) continue;
        // TCP does not repeat an RST that got lost: the peer may have gone.
        const mayBeGone = record.violent && timeout === SILENCE;
        if (!(error instanceof TimedOutError) || mayBeGone) throw error;
        continue;
      }
      if (frame === null) return;
      this.#noteAck(frame);
      if (random.next() < 0.01) await stall(random);
    }
  }

  #noteAck(frame: Uint8Array): void {
    const { account, flow } = this.#setup;
    const [count, checksum] = unpair(frame);
    account.check(
      count === this.#acknowledged + 1,
      () =>
        `flow ${flow}: acknowledgement ${count} follows ${this.#acknowledged}`,
    );
    this.#note(count, checksum);
    account.count("messages acknowledged");
  }

  /** The message that is to be sent next. */
  #nextMessage(): Uint8Array<ArrayBuffer> {
    const message = streamMessage(this.#setup.flow, this.#next);
    if (this.#checksums.length === this.#next + 1) {
      this.#checksums.push(chain(this.#checksums[this.#next]!, message));
    }
    return message;
  }

  /** Sends some messages, or all that are left; whether it was all. */
  async #sendSome(conn: TcpConn): Promise<boolean> {
    const random = this.#random;
    const some = this.#next + random.integer(1, 40);
    const end = Math.min(some, this.#setup.messages);
    while (this.#next < end) {
      const isSent = await this.#send(conn, this.#nextMessage());
      if (isSent) this.#next++;
      if (random.next() < 0.02) await stall(random);
    }
    return end === this.#setup.messages;
  }

  /** Sends a message in one of the ways there are; whether it was sent. */
  async #send(conn: TcpConn, message: Uint8Array): Promise<boolean> {
    const random = this.#random;
    switch (random.integer(0, 9)) {
      case 0:
        await conn.writeAll(encodeFrame(FRAMING, message));
        return true;
      case 1: {
        let rest: Uint8Array = encodeFrame(FRAMING, message);
        while (rest.length > 0) rest = rest.subarray(await conn.write(rest));
        return true;
      }
      case 2:
        return await this.#sendAndGiveUp(conn, message);
      case 3:
        await conn.send(encodeFrame(FRAMING, message));
        return true;
      default: {
        const sending = conn.sendFrame(FRAMING, message);
        if (random.next() < 0.6) await sending;
        return true;
      }
    }
  }

  /** Gives a write up: all of it must leave, or none. */
  async #sendAndGiveUp(conn: TcpConn, message: Uint8Array): Promise<boolean> {
    await conn.flush();
    const before = conn.bytesWritten;
    const bytes = encodeFrame(FRAMING, message);
    try {
      await conn.writeAll(bytes, { signal: abortSoon(this.#random) });
    } catch (error) {
      if (error !== GIVEN_UP) throw error;
      this.#setup.account.count("writes given up");
    }
    await conn.flush();
    const sent = conn.bytesWritten - before;
    this.#setup.account.check(
      sent === 0 || sent === bytes.length,
      () =>
        `flow ${this.#setup.flow}: ${sent} of ${bytes.length} bytes left of a write that was given up`,
    );
    return sent > 0;
  }

  /** After the end of both sides, nothing may be on its way any more. */
  #checkAcknowledged(isLast: boolean): void {
    const { account, flow } = this.#setup;
    account.check(
      this.#acknowledged === this.#next,
      () =>
        `flow ${flow}: ${this.#next} messages sent, ${this.#acknowledged} acknowledged at the end${
          isLast ? " of all" : ""
        }`,
    );
  }

  #checkDelivered(conn: TcpConn, record: ConnRecord): void {
    const { account, flow, peer } = this.#setup;
    // The peer of a connection that it silenced ends when it likes.
    if (record.violent || record.peerIsSilent) return;
    account.count("connections that ended in order");
    account.check(
      peer.delivered(flow) === this.#next,
      () =>
        `flow ${flow}: ${this.#next} messages sent, ${
          peer.delivered(flow)
        } delivered`,
    );
    account.check(
      record.peerBytes?.read === conn.bytesWritten,
      () =>
        `flow ${flow}: ${conn.bytesWritten} bytes written, ${record.peerBytes?.read} read`,
    );
  }
}

/** A signal that aborts at once, in this turn, or a little later. */
function abortSoon(random: Random): AbortSignal {
  const giveUp = new AbortController();
  const abort = () => giveUp.abort(GIVEN_UP);
  switch (random.integer(0, 2)) {
    case 0:
      abort();
      break;
    case 1:
      queueMicrotask(abort);
      break;
    default:
      setTimeout(abort, random.integer(0, 3));
  }
  return giveUp.signal;
}
