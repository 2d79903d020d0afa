/**
 * What timers notice of the work beside them, compared with raw Deno in the same
 * run: no test asserts an absolute time.
 *
 * @module
 */
import { assert, AssertionError } from "@std/assert";
import { connectRaw, listenRaw, type RawConn } from "./_raw_tcp.ts";

/** The period of the timer beside the work, in milliseconds. */
const PERIOD = 5;
/** For how long work in a loop goes on, in milliseconds. */
const LENGTH = 200;
/** When a loop ends whose timers never fire, in milliseconds. */
const LIMIT = 10_000;
/** What fraction of the ticks beside raw Deno is enough on a busy machine. */
const SHARE = 0.25;
/** How often both are measured in turn, since other programs slow down one of them. */
const ROUNDS = 5;

/** Work that asks now and then whether it may end. */
export type Work = (isOver: () => boolean) => Promise<unknown>;

/** How many ticks a second a timer of 5 ms has while the work goes on. */
export async function ticksBeside(work: Work): Promise<number> {
  let ticks = 0;
  const timer = setInterval(() => ticks++, PERIOD);
  const start = performance.now();
  try {
    await work(() => performance.now() - start > LENGTH);
  } finally {
    clearInterval(timer);
  }
  return ticks / (performance.now() - start) * 1000;
}

/** Writes by raw Deno in a loop, and reads as fast beside it. */
async function writeRaw(isOver: () => boolean): Promise<void> {
  using listener = await listenRaw({ hostname: "127.0.0.1", port: 0 });
  const { hostname, port } = listener.addr;
  using client = await connectRaw({ hostname, port });
  using server = await listener.accept();
  const reading = drain(server);
  const bytes = new Uint8Array(64);
  while (!isOver()) await client.write(bytes);
  await client.closeWrite();
  await reading;
}

async function drain(conn: RawConn): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  while (await conn.read(buffer) !== null);
}

/**
 * Asserts that a timer fires beside our work about as it does beside raw Deno's. Each
 * returns how many ticks a second there were.
 */
export async function assertAsFair(
  ours: () => Promise<number>,
  raw: () => Promise<number>,
): Promise<void> {
  const sums = { ours: 0, raw: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    sums.ours += await ours();
    sums.raw += await raw();
    if (sums.ours >= sums.raw * SHARE) return;
  }
  throw new AssertionError(
    `${sums.ours / ROUNDS} ticks a second, beside raw Deno ${
      sums.raw / ROUNDS
    }`,
  );
}

/** Asserts that a timer fires beside the work about as it does beside raw Deno. */
export async function assertFair(work: Work): Promise<void> {
  await assertAsFair(() => ticksBeside(work), () => ticksBeside(writeRaw));
}

/**
 * Asserts that a `setTimeout` and an `AbortSignal.timeout` fire beside calls in a
 * loop. The loop ends after a time that is far longer than theirs.
 */
export async function assertTimersFire(
  call: () => Promise<unknown>,
): Promise<void> {
  const start = performance.now();
  const isLate = () => performance.now() - start > LIMIT;
  let hasFired = false;
  const timer = setTimeout(() => hasFired = true, 50);
  while (!hasFired && !isLate()) await call();
  clearTimeout(timer);
  assert(hasFired, "setTimeout never fired");
  const signal = AbortSignal.timeout(50);
  while (!signal.aborted && !isLate()) await call();
  assert(signal.aborted, "AbortSignal.timeout never fired");
}
