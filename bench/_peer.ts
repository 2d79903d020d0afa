/**
 * What the peer of all contenders answers over the raw runtime API. What a connection
 * wants is the first byte that it sends:
 *
 * - `e`: every byte back
 * - `s`: swallow everything, and answer the end with one byte
 * - `b`: bytes without end
 * - `f`: frames (a length of 4 bytes, and 64) without end
 * - `c`, a port in 2 bytes, a count in 4: connections to that port, 16 at a time,
 *   each kept until the other side ends it; then one byte
 *
 * @module
 */

const BLOCK = 1024 * 1024;
/** How many connections the order `c` makes at a time. */
const AT_A_TIME = 16;

/** As many whole frames as fit a block. */
function frames(): Uint8Array {
  const block = new Uint8Array(Math.floor(BLOCK / 68) * 68);
  for (let at = 0; at < block.length; at += 68) block[at + 3] = 64;
  return block;
}

const blocks: Record<string, Uint8Array> = {
  b: new Uint8Array(BLOCK),
  f: frames(),
};

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await conn.write(at === 0 ? bytes : bytes.subarray(at));
  }
}

/** Connects to a port of this host. */
type Connect = (port: number) => Promise<Deno.Conn>;

/** Connects, so many times, to the port that the connection names. */
async function connectMany(conn: Deno.Conn, connect: Connect): Promise<void> {
  const order = new Uint8Array(6);
  for (let at = 0; at < 6;) at += (await conn.read(order.subarray(at)))!;
  const view = new DataView(order.buffer);
  const port = view.getUint16(0);
  let left = view.getUint32(2);
  const some = async () => {
    const buffer = new Uint8Array(16);
    while (left-- > 0) {
      using other = await connect(port);
      await other.read(buffer).catch(() => {}); // TLS may end without close_notify
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, some));
  await conn.write(new Uint8Array(1));
}

/** Answers one connection. */
export async function answer(conn: Deno.Conn, connect: Connect): Promise<void> {
  using _ = conn;
  const buffer = new Uint8Array(256 * 1024);
  const first = new Uint8Array(1);
  if (await conn.read(first) === null) return;
  const wish = String.fromCharCode(first[0]!);
  if (wish === "c") return await connectMany(conn, connect);
  const block = blocks[wish];
  if (block !== undefined) {
    for (;;) await writeAll(conn, block);
  }
  for (let n; (n = await conn.read(buffer)) !== null;) {
    if (wish === "e") await writeAll(conn, buffer.subarray(0, n));
  }
  if (wish === "s") await conn.write(first);
}
