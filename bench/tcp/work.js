// What there is to do, and how much of it: the same for every contender, also for
// those that run in other runtimes, which is why this is JavaScript.

/** How much of each work makes one run of about a second. */
export const COUNTS = {
  "ping-pong": 20_000,
  "ping-pong-64": 60_000,
  "bulk-in": 3000, // MiB
  "bulk-out": 3000, // MiB
  "frames-in": 4_000_000,
  "frames-out": 4_000_000,
};

/** Sixty-four bytes, and its frame: a length of 4 bytes in front. */
export const MESSAGE = new Uint8Array(64);
export const FRAME = new Uint8Array(68);
FRAME[3] = 64;

export const MIB = 1024 * 1024;

/** The arguments: the work, the peer's port, and by how much to do less. */
export function parse([work, port, share]) {
  const count = Math.max(1, Math.floor(COUNTS[work] * Number(share)));
  return { work, port: Number(port), count };
}

/** Does the work, and prints how many a second. */
export async function measure({ work, count }, works) {
  const job = works[work];
  if (job === undefined) return console.log("none");
  const started = performance.now();
  const done = await job(count) ?? count;
  console.log(done / (performance.now() - started) * 1000);
}
