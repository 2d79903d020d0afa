// What there is to do, and how much of it: the same for every contender, also for
// those that run in other runtimes, which is why this is JavaScript.

/** How much of each work makes one run, of a few seconds. */
export const COUNTS = {
  "ping-pong": 120_000,
  "ping-pong-64": 300_000,
  "bulk-in": 3000, // MiB
  "bulk-out": 3000, // MiB
  "frames-in": 16_000_000,
  "frames-out": 16_000_000,
  "accept": 10_000,
  "memory": 5000,
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

/** Collects garbage, where the runtime was told to let us. */
function collect() {
  if (globalThis.gc) globalThis.gc();
  else globalThis.Bun?.gc(true);
}

/** How much more memory the process has, in bytes, for each of `count`. */
export async function memoryFor(count, rss, open) {
  const openSome = async (some) => {
    const conns = await Promise.all(Array.from({ length: some }, open));
    await new Promise((resolve) => setTimeout(resolve, 5));
    collect();
    return conns;
  };
  // What the first ones alone need does not count.
  const some = Math.ceil(Math.min(100, count / 10));
  const conns = await openSome(some);
  const before = rss();
  while (conns.length < count) conns.push(...await openSome(some));
  const grown = (rss() - before) / (conns.length - some);
  for (const conn of conns) conn.close();
  return { value: grown };
}

/** What asks the peer to connect `count` times to a port, after the wish "c". */
export function connectOrder(port, count) {
  const bytes = new Uint8Array(7);
  bytes[0] = "c".charCodeAt(0);
  new DataView(bytes.buffer).setUint16(1, port);
  new DataView(bytes.buffer).setUint32(3, count);
  return bytes;
}

/** Does the work, and prints how many a second, or the value that it gives. */
export async function measure({ work, count }, works) {
  const job = works[work];
  if (job === undefined) return console.log("none");
  // What is loaded and compiled when it is first needed is not what is measured.
  if (work !== "memory") await job(Math.ceil(count / 20));
  const started = performance.now();
  const done = await job(count) ?? count;
  const seconds = (performance.now() - started) / 1000;
  console.log(typeof done === "number" ? done / seconds : done.value);
}
