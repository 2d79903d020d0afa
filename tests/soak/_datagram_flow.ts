/**
 * The datagrams of a soak: numbered ones that are counted, and questions that
 * are asked of a peer which is restarted meanwhile.
 *
 * @module
 */
import {
  bindUdp,
  type ConnectedUdpSocket,
  connectUdp,
  type UdpBackend,
  type UdpSocket,
} from "@berkeley/sockets/udp";
import {
  AddressInUseError,
  ClosedError,
  TimedOutError,
} from "@berkeley/sockets/errors";
import { Random } from "../_random.ts";
import type { Account } from "./_account.ts";
import { datagramMessage, isSame, numbersOf } from "./_message.ts";

/** How often the last datagrams are waited for, before they count as lost. */
const MAX_PATIENCE = 100;

/** Between whom datagrams go, and how many. */
export interface DatagramFlowSetup {
  account: Account;
  hostname: string;
  backend: UdpBackend;
  flow: number;
  seed: number;
  messages: number;
  /** Whether the network in between may lose datagrams. */
  isLossy: boolean;
}

/** Sends numbered datagrams, and accounts for each. */
export async function countDatagrams(setup: DatagramFlowSetup): Promise<void> {
  const { account, hostname, backend, flow, messages } = setup;
  const random = new Random(setup.seed ^ Math.imul(flow, 0xc2b2ae35));
  const limits = random.next() < 0.5 ? {} : { maxQueuedDatagrams: 64 };
  await using sink = await bindUdp({ hostname, backend, ...limits });
  await using source = await connectUdp({ ...sink.localAddr, backend });
  const books = new Books(setup);
  let isDone = false;
  const sending = sendAll(source, setup, random).then(() => isDone = true);
  let patience = 0;
  while (patience < MAX_PATIENCE) {
    const before = books.received;
    await receiveSome(sink, random, books);
    if (!isDone || books.received > before) continue;
    const lost = sink.dropped + (kernelDrops(sink.localAddr) ?? 0);
    if (books.received + lost >= messages) break;
    patience++;
  }
  await sending;
  const inKernel = kernelDrops(sink.localAddr);
  account.count("datagrams sent", messages);
  account.count("datagrams received", books.received);
  account.count("datagrams dropped by the queue", sink.dropped);
  account.count("datagrams dropped by the kernel", inKernel ?? 0);
  const lost = messages - books.received - sink.dropped - (inKernel ?? 0);
  account.check(
    lost === 0 || (lost > 0 && (setup.isLossy || inKernel === undefined)),
    () => `flow ${flow}: ${lost} of ${messages} datagrams are unaccounted for`,
  );
  if (lost > 0) account.count("datagrams lost on the way", lost);
  account.check(
    source.stats.sent === messages &&
      sink.stats.received === books.received + sink.dropped,
    () => `flow ${flow}: the sockets counted ${JSON.stringify(sink.stats)}`,
  );
}

/** What came of a flow, each datagram at most once. */
class Books {
  received = 0;
  readonly #seen: Uint8Array;
  readonly #setup: DatagramFlowSetup;

  constructor(setup: DatagramFlowSetup) {
    this.#setup = setup;
    this.#seen = new Uint8Array(setup.messages);
  }

  take(bytes: Uint8Array, truncated: boolean): void {
    const { account, flow } = this.#setup;
    const numbers = numbersOf(bytes);
    const isOurs = numbers?.flow === flow && !truncated &&
      isSame(bytes, datagramMessage(flow, numbers.seq));
    if (!isOurs) {
      account.fault(`flow ${flow}: a datagram arrived altered`);
      return;
    }
    account.check(
      this.#seen[numbers.seq] === 0,
      () => `flow ${flow}: datagram ${numbers.seq} arrived twice`,
    );
    this.#seen[numbers.seq] = 1;
    this.received++;
  }
}

async function sendAll(
  source: ConnectedUdpSocket,
  { flow, messages }: DatagramFlowSetup,
  random: Random,
): Promise<void> {
  for (let seq = 0; seq < messages;) {
    const end = Math.min(messages, seq + random.pick([1, 1, 8, 32]));
    const burst: Uint8Array[] = [];
    while (seq < end) burst.push(datagramMessage(flow, seq++));
    await source.sendMany(burst);
    if (random.next() < 0.5) {
      const pause = random.integer(0, 3);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/** Receives in one of the ways there are, and now and then gives up. */
async function receiveSome(
  sink: UdpSocket,
  random: Random,
  books: Books,
): Promise<void> {
  const options = { timeout: random.pick([0, 1, 5, 20]) };
  try {
    switch (random.integer(0, 2)) {
      case 0: {
        const { data, truncated } = await sink.receive(options);
        return books.take(data, truncated);
      }
      case 1: {
        const buffer = new Uint8Array(2048);
        const got = await sink.receiveInto(buffer, options);
        return books.take(buffer.subarray(0, got.length), got.truncated);
      }
      default:
        for (const got of await sink.receiveBatch(64, options)) {
          books.take(got.data, got.truncated);
        }
    }
  } catch (error) {
    if (!(error instanceof TimedOutError)) throw error;
  }
}

/**
 * How many datagrams for a socket the kernel had no room for; undefined where
 * the system does not tell.
 */
function kernelDrops({ hostname, port }: Deno.NetAddr): number | undefined {
  const path = hostname.includes(":") ? "/proc/net/udp6" : "/proc/net/udp";
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
  const end = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  for (const line of text.split("\n").slice(1)) {
    const fields = line.trim().split(/\s+/);
    if (fields[1]?.endsWith(end)) return Number(fields.at(-1));
  }
  return undefined;
}

/** Asks a peer that is restarted now and then, with strangers talking in between. */
export async function askQuestions(setup: DatagramFlowSetup): Promise<void> {
  const { account, hostname, backend, flow, messages } = setup;
  const random = new Random(setup.seed ^ Math.imul(flow, 0x27d4eb2f));
  await using answerer = await Answerer.start(setup);
  await using stranger = await bindUdp({ hostname, backend });
  await using asker = await connectUdp({ ...answerer.addr, backend });
  for (let seq = 0; seq < messages; seq++) {
    if (random.next() < 0.05) {
      await answerer.restart();
      if (answerer.addr.port !== asker.remoteAddr.port) {
        await asker.connect(answerer.addr);
      }
    }
    const question = datagramMessage(flow, seq);
    if (random.next() < 0.2) {
      await stranger.sendTo(question, asker.localAddr);
      account.count("datagrams of strangers");
    }
    if (random.next() < 0.05) await giveUpReceiving(asker, random);
    try {
      const { data, address } = await asker.exchange(question, {
        match: (data) => numbersOf(data)?.seq === seq,
        timeout: 200,
        attempts: 7,
      });
      account.check(
        isSame(data, question) && address.port === asker.remoteAddr.port,
        () => `flow ${flow}: question ${seq} was answered wrongly`,
      );
      account.count("questions answered");
    } catch (error) {
      account.fault(`flow ${flow}: question ${seq} met ${error}`);
    }
  }
}

async function giveUpReceiving(
  socket: ConnectedUdpSocket,
  random: Random,
): Promise<void> {
  try {
    await socket.receive({ timeout: random.integer(0, 2) });
  } catch (error) {
    if (!(error instanceof TimedOutError)) throw error;
  }
}

/** Sends back what it receives, on a port that it keeps through restarts. */
class Answerer implements AsyncDisposable {
  readonly #setup: DatagramFlowSetup;
  #socket!: UdpSocket;
  #serving!: Promise<void>;

  private constructor(setup: DatagramFlowSetup) {
    this.#setup = setup;
  }

  static async start(setup: DatagramFlowSetup): Promise<Answerer> {
    const answerer = new Answerer(setup);
    await answerer.#bind(0);
    return answerer;
  }

  get addr(): Deno.NetAddr {
    return this.#socket.localAddr;
  }

  async #bind(port: number): Promise<void> {
    const { hostname, backend } = this.#setup;
    this.#socket = await bindUdp({ hostname, port, backend });
    this.#serving = this.#serve(this.#socket);
  }

  async #serve(socket: UdpSocket): Promise<void> {
    try {
      for await (const { data, address } of socket) {
        await socket.sendTo(data, address);
      }
    } catch (error) {
      if (error instanceof ClosedError) return; // in the middle of an answer
      this.#setup.account.fault(`an answerer met ${error}`);
    }
  }

  async restart(): Promise<void> {
    const { port } = this.addr;
    await this[Symbol.asyncDispose]();
    this.#setup.account.count("restarts of answerers");
    try {
      await this.#bind(port);
    } catch (error) {
      if (!(error instanceof AddressInUseError)) throw error;
      this.#setup.account.count("ports lost to others");
      await this.#bind(0);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#socket[Symbol.asyncDispose]();
    await this.#serving;
  }
}
