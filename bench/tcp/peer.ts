/**
 * The peer of all contenders: a process of its own over the raw runtime API. What
 * a connection wants is the first byte that it sends:
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

async function connectMany(conn: Deno.Conn): Promise<void> {
  const order = new Uint8Array(6);
  for (let at = 0; at < 6;) at += (await conn.read(order.subarray(at)))!;
  const view = new DataView(order.buffer);
  const port = view.getUint16(0);
  let left = view.getUint32(2);
  const connect = async () => {
    const buffer = new Uint8Array(16);
    while (left-- > 0) {
      using other = await Deno.connect({ hostname: "127.0.0.1", port });
      await other.read(buffer);
    }
  };
  await Promise.all(Array.from({ length: 16 }, connect));
  await conn.write(new Uint8Array(1));
}

async function serve(conn: Deno.TcpConn): Promise<void> {
  using _ = conn;
  conn.setNoDelay(true);
  const buffer = new Uint8Array(256 * 1024);
  const first = new Uint8Array(1);
  if (await conn.read(first) === null) return;
  const wish = String.fromCharCode(first[0]!);
  if (wish === "c") return await connectMany(conn);
  const block = blocks[wish];
  if (block !== undefined) {
    for (;;) await writeAll(conn, block);
  }
  for (let n; (n = await conn.read(buffer)) !== null;) {
    if (wish === "e") await writeAll(conn, buffer.subarray(0, n));
  }
  if (wish === "s") await conn.write(first);
}

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.log(listener.addr.port);
for await (const conn of listener) serve(conn).catch(() => {}); // it has gone
