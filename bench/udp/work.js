// What there is to do, and how much of it: the same for every contender, also for
// those that run in other runtimes, which is why this is JavaScript.

/** How much of each work makes one run of a few seconds. */
const COUNTS = {
  "out": 300_000,
  "in": 600_000,
  "in-paced": 200_000,
  "ping-pong": 80_000,
  "window": 200_000,
};

/** How many datagrams a second the paced sender sends. */
export const PACE = 100_000;

/** How many are under way at once in the work "window". */
export const WINDOW = 32;

function message(wish) {
  const bytes = new Uint8Array(64);
  bytes[0] = wish.charCodeAt(0);
  return bytes;
}

/** What the peer sends back, and what it swallows. */
export const ECHO = message("e");
export const SWALLOW = message("s");

/** Tells the peer that its last datagram has come. */
export const DONE = message("d");

/** How many datagrams make one run, of which a share is to be done. */
export function countOf(work, share) {
  return Math.max(2 * WINDOW, Math.floor(COUNTS[work] * share));
}

/** The arguments: the work, the peer's port, how many, how. */
export function parse([work, port, count, ...ways]) {
  return { work, port: Number(port), count: Number(count), ways };
}

/** What each contender is sent first, so that none is measured before it is warm. */
const WARM_UP = 20_000;

/**
 * Asks the peer for datagrams at a rate, 0 for as fast as it can, and then for
 * shorter ones until it is told that one has come.
 */
function pumpOrder({ work, count, endLength }) {
  const bytes = new Uint8Array(10);
  bytes[0] = "p".charCodeAt(0);
  const view = new DataView(bytes.buffer);
  view.setUint32(1, work === "in" ? 0 : PACE);
  view.setUint32(5, count);
  view.setUint8(9, endLength);
  return bytes;
}

/** Counts what the peer pumps. */
class Tally {
  #count;
  #endLength;
  #got = 0;
  #first = 0;
  #last = 0;
  #timed = 0;

  constructor({ count, endLength }) {
    this.#count = count;
    this.#endLength = endLength;
  }

  /** Counts a datagram by its length; whether it was the last. */
  isLast(length) {
    if (length < 64) return length === this.#endLength;
    const got = ++this.#got;
    if (got === 1) this.#first = performance.now();
    else if (got % 64 === 0) {
      this.#last = performance.now();
      this.#timed = got;
    }
    return false;
  }

  /** How many a second came, and how many in a hundred did not. */
  get result() {
    const seconds = (this.#last - this.#first) / 1000;
    const lost = 100 * (1 - this.#got / this.#count);
    return [this.#timed / seconds, lost];
  }
}

/** Has the peer pump twice, and gives what came out the second time. */
export async function pumpTwice(task, pump) {
  let tally;
  for (const [count, endLength] of [[WARM_UP, 1], [task.count, 2]]) {
    tally = new Tally({ count, endLength });
    await pump(tally, pumpOrder({ ...task, count, endLength }));
  }
  return tally.result;
}

/** Does the work, and prints how many a second, or what it gives. */
export async function measure({ work, count }, works) {
  const job = works[work];
  if (job === undefined) return console.log("none");
  const started = performance.now();
  const result = await job(count);
  const seconds = (performance.now() - started) / 1000;
  console.log((result ?? [count / seconds]).join(" "));
}
