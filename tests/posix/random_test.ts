/** Random use of streams and datagrams, begun from a seed: nothing lost, nothing doubled. */
import { assert } from "@std/assert";
import {
  AF_UNIX,
  type PosixSocket,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  socket,
  socketPair,
} from "../../posix/mod.ts";
import { Random } from "../_random.ts";
import {
  Ledger,
  receiveDatagrams,
  sendDatagrams,
  type Sender,
} from "./_random_datagrams.ts";
import {
  assertCame,
  receiveAtRandom,
  sendAtRandom,
  untilAborted,
} from "./_random_stream.ts";
import { eachPosixFamily, type Ends, posixTest } from "./_setup.ts";

const SEED = 20_260_101;
const ROUNDS = 12;
/** The longest that a round may take: beyond it, something hangs. */
const LONG = 30_000;

/** Goes through rounds, each from a seed of its own, which a failure names. */
async function eachSeed(round: (random: Random) => Promise<void>) {
  for (let seed = SEED; seed < SEED + ROUNDS; seed++) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error("it hangs")), LONG);
    });
    try {
      await Promise.race([round(new Random(seed)), late]);
    } catch (cause) {
      const { message } = cause as Error;
      throw new Error(`with seed ${seed}: ${message}`, { cause });
    } finally {
      clearTimeout(timer);
      await untilAborted();
    }
  }
}

function endsOf([client, server]: [PosixSocket, PosixSocket]): Ends {
  return {
    client,
    server,
    [Symbol.dispose]() {
      client.close();
      server.close();
    },
  };
}

/** Both ends send and receive until both have ended. */
async function talk(random: Random, { client, server }: Ends): Promise<void> {
  const total = 1 << random.integer(0, 20);
  const [out, back, there, here] = await Promise.all([
    sendAtRandom(random, client, total),
    sendAtRandom(random, server, total),
    receiveAtRandom(random, server),
    receiveAtRandom(random, client),
  ]);
  for (const { failure } of [out, back, there, here]) {
    if (failure !== undefined) throw failure.error;
  }
  assertCame(there.bytes, out.parts, true);
  assertCame(here.bytes, back.parts, true);
}

/** The codes of what an end meets when it, or the other, is torn away. */
const TORN = ["EBADF", "EPIPE", "ECONNRESET", "ENOTCONN"];

/** One end is torn away meanwhile: all calls end, and what came is right. */
async function tear(random: Random, { client, server }: Ends): Promise<void> {
  const victim = random.pick([client, server]);
  const isReset = random.integer(0, 1) === 1;
  const total = 8 << 20;
  const both = Promise.all([
    sendAtRandom(random, client, total),
    sendAtRandom(random, server, total),
    receiveAtRandom(random, server),
    receiveAtRandom(random, client),
  ]);
  await new Promise((resolve) => setTimeout(resolve, random.integer(0, 15)));
  if (isReset && victim.family !== AF_UNIX) victim.setSockOpt("SO_LINGER", 0);
  victim.close();
  const [out, back, there, here] = await both;
  for (const { failure } of [out, back, there, here]) {
    if (failure === undefined) continue;
    const { code } = failure.error as { code?: string };
    if (!TORN.includes(code ?? "")) throw failure.error;
  }
  assertCame(there.bytes, out.parts, false);
  assertCame(here.bytes, back.parts, false);
}

for (
  const [what, round] of [["", talk], [" until it is torn", tear]] as const
) {
  eachPosixFamily(
    `a connection loses and doubles no byte${what}`,
    ({ pair }) =>
      eachSeed(async (random) => {
        using ends = await pair();
        for (const end of [ends.client, ends.server]) {
          // Small ones, so that there is something to wait for.
          const size = 1 << random.integer(17, 19);
          end.setSockOpt("SO_SNDBUF", size);
          end.setSockOpt("SO_RCVBUF", size);
        }
        await round(random, ends);
      }),
  );

  posixTest(
    `a local stream loses and doubles no byte${what}`,
    () =>
      eachSeed(async (random) => {
        using ends = endsOf(socketPair(AF_UNIX, SOCK_STREAM));
        await round(random, ends);
      }),
  );
}

/** Datagrams one way, and what must hold. */
async function post(
  random: Random,
  sender: Sender,
  receiver: PosixSocket,
): Promise<void> {
  const ledger = new Ledger();
  let isOver = false;
  const from = sender.socket.getSockName();
  await Promise.all([
    sendDatagrams(random, sender, ledger, 50).finally(() => isOver = true),
    receiveDatagrams(random, receiver, from, ledger, () => isOver),
  ]);
  ledger.check();
  assert(ledger.sent.length > 0);
}

eachPosixFamily(
  "UDP loses and doubles nothing on its way",
  ({ bind }) =>
    eachSeed(async (random) => {
      using one = bind();
      using two = bind();
      const isConnected = random.integer(0, 1) === 1;
      if (isConnected) one.connectNow(two.getSockName());
      const to = isConnected ? undefined : two.getSockName();
      await post(random, { socket: one, to }, two);
    }),
);

posixTest(
  "local datagrams are neither lost nor doubled",
  () =>
    eachSeed(async (random) => {
      const [one, two] = [0, 0].map(() => {
        const bound = socket(AF_UNIX, SOCK_DGRAM);
        bound.bind({ path: `\0berkeley-${crypto.randomUUID()}` });
        return bound;
      }) as [PosixSocket, PosixSocket];
      using ends = endsOf([one, two]);
      const isConnected = random.integer(0, 1) === 1;
      if (isConnected) one.connectNow(two.getSockName());
      const to = isConnected ? undefined : two.getSockName();
      await post(random, { socket: ends.client, to }, ends.server);
    }),
);

posixTest(
  "packets of SOCK_SEQPACKET are neither lost nor doubled",
  () =>
    eachSeed(async (random) => {
      using ends = endsOf(socketPair(AF_UNIX, SOCK_SEQPACKET));
      await post(random, { socket: ends.client }, ends.server);
    }),
);
