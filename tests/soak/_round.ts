/**
 * A round of the soak: many flows at a time, each to its end.
 *
 * @module
 */
import type { TcpBackend } from "@berkeley/sockets/tcp";
import type { UdpBackend } from "@berkeley/sockets/udp";
import { FAMILIES, type Family } from "../_each_family.ts";
import { HAS_POSIX } from "../_posix.ts";
import { Random } from "../_random.ts";
import type { Account } from "./_account.ts";
import { askQuestions, countDatagrams } from "./_datagram_flow.ts";
import { openSockets, socketsAfterClosing } from "./_resources.ts";
import { StreamFlow } from "./_stream_flow.ts";
import { type ConnRecord, StreamPeer } from "./_stream_peer.ts";

/** How much a round does. */
export interface RoundSetup {
  account: Account;
  seed: number;
  /** How many flows of messages there are at a time. */
  streams: number;
  /** How many messages each has to deliver. */
  messages: number;
  /** How many flows of datagrams there are at a time. */
  datagramFlows: number;
  /** How many datagrams each has to send. */
  datagrams: number;
  /** How often peers are restarted meanwhile. */
  restarts: number;
  /** Whether the network in between may lose datagrams. */
  isLossy: boolean;
  /** After how many milliseconds without any progress a round has hung. */
  patience: number;
  /** Whether nobody else in this process opens sockets, so that they can be counted. */
  isAlone: boolean;
  /** When, by `performance.now()`, flows end although they have more to say. */
  until?: number;
}

/** The transports of UDP that the program was started with. */
export const UDP_BACKENDS: readonly UdpBackend[] = [
  ...("listenDatagram" in Deno ? ["deno" as const] : []),
  "node",
  ...(HAS_POSIX ? ["posix" as const] : []),
];
export const TCP_BACKENDS: readonly TcpBackend[] = HAS_POSIX
  ? ["deno", "node", "posix"]
  : ["deno", "node"];

/** Runs a round; all that it opened is closed when it resolves. */
export async function runRound(setup: RoundSetup): Promise<void> {
  const { account } = setup;
  const before = setup.isAlone ? openSockets() : undefined;
  const states: (() => string)[] = [];
  const running = Promise.all([runStreams(setup, states), runDatagrams(setup)]);
  await untilDoneOrStuck(running, setup, () => states.map((state) => state()));
  account.count("rounds");
  if (before === undefined) return;
  const after = await socketsAfterClosing(before);
  account.check(
    after === undefined || after <= before,
    () => `${after} sockets are open after a round, ${before} were before it`,
  );
}

async function runStreams(
  setup: RoundSetup,
  states: (() => string)[],
): Promise<void> {
  const { account, seed, until = Infinity } = setup;
  const records = new Map<number, ConnRecord>();
  const random = new Random(seed);
  await using closing = new AsyncDisposableStack();
  const peers: StreamPeer[] = [];
  for (const { loopback } of FAMILIES) {
    for (const backend of TCP_BACKENDS) {
      const options = { hostname: loopback, backend };
      const peer = await StreamPeer.start(account, records, options, seed);
      peers.push(closing.use(peer));
    }
  }
  let isDone = false;
  const isOver = () => isDone || performance.now() > until;
  const flows = Array.from(
    { length: setup.streams },
    (_, flow) =>
      new StreamFlow({
        ...setup,
        records,
        flow,
        peer: peers[flow % peers.length]!,
        backend: random.pick(TCP_BACKENDS),
      }),
  );
  for (const flow of flows) states.push(() => flow.state);
  const misdeeds = restartPeers(peers, setup, random, isOver);
  try {
    await Promise.all(flows.map((flow) => flow.run(isOver)));
  } finally {
    isDone = true;
    await misdeeds;
  }
}

/** Restarts a peer each time that some more of the messages have been delivered. */
async function restartPeers(
  peers: readonly StreamPeer[],
  { account, streams, messages, restarts }: RoundSetup,
  random: Random,
  isOver: () => boolean,
): Promise<void> {
  const begun = account.total("messages delivered");
  for (let i = 1; i <= restarts; i++) {
    const due = begun + streams * messages * i / (restarts + 1);
    while (account.total("messages delivered") < due) {
      if (isOver()) return;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await random.pick(peers).restart();
  }
}

/** Waits for the flows; where nothing moves any more, says what they hang on. */
async function untilDoneOrStuck(
  running: Promise<unknown>,
  { account, patience }: RoundSetup,
  states: () => string[],
): Promise<void> {
  const pause = patience / 4;
  let still = 0;
  let seen = account.summary();
  for (;;) {
    const { promise, resolve } = Promise.withResolvers<"time">();
    const timer = setTimeout(() => resolve("time"), pause);
    const first = await Promise.race([running, promise]);
    clearTimeout(timer);
    if (first !== "time") return;
    const now = account.summary();
    still = now === seen ? still + 1 : 0;
    seen = now;
    if (still < 4) continue;
    const stuck = states().filter((state) => !state.endsWith("done"));
    throw new Error(
      `Nothing moves any more: ${seen}\n${stuck.join("\n")}`,
    );
  }
}

async function runDatagrams(setup: RoundSetup): Promise<void> {
  const kinds: ((family: Family, index: number) => Promise<void>)[] = [];
  for (const run of [countDatagrams, askQuestions]) {
    for (const backend of UDP_BACKENDS) {
      kinds.push(({ loopback }, flow) =>
        run({
          ...setup,
          hostname: loopback,
          backend,
          flow,
          messages: run === askQuestions
            ? Math.ceil(setup.datagrams / 20)
            : setup.datagrams,
        })
      );
    }
  }
  await Promise.all(
    Array.from({ length: setup.datagramFlows }, (_, index) => {
      const kind = kinds[index % kinds.length]!;
      return kind(
        FAMILIES[Math.floor(index / kinds.length) % FAMILIES.length]!,
        index,
      );
    }),
  );
}
