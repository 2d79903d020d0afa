/**
 * The peer of all contenders: a process of its own over the raw TLS of Deno. Its
 * argument is the folder of its certificate. What a connection wants is the first byte
 * that it sends, as of `bench/tcp/peer.ts`; one that sends none only shook hands.
 *
 * @module
 */

const BLOCK = 1024 * 1024;
/** How many connections the order `c` makes at a time. */
const AT_A_TIME = 16;

const folder = Deno.args[0];
const cert = Deno.readTextFileSync(`${folder}/cert.pem`);
const key = Deno.readTextFileSync(`${folder}/key.pem`);

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

/** Connects, so many times, to the port that the connection names. */
async function connectMany(conn: Deno.Conn): Promise<void> {
  const order = new Uint8Array(6);
  for (let at = 0; at < 6;) at += (await conn.read(order.subarray(at)))!;
  const view = new DataView(order.buffer);
  const port = view.getUint16(0);
  let left = view.getUint32(2);
  const connect = async () => {
    const buffer = new Uint8Array(16);
    const where = { hostname: "127.0.0.1", port };
    while (left-- > 0) {
      using other = await Deno.connectTls({ ...where, caCerts: [cert] });
      await other.read(buffer).catch(() => {}); // closed without close_notify
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, connect));
  await conn.write(new Uint8Array(1));
}

async function serve(conn: Deno.TlsConn): Promise<void> {
  using _ = conn;
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

const where = { hostname: "127.0.0.1", port: 0 };
const listener = Deno.listenTls({ ...where, cert, key });
console.log((listener.addr as Deno.NetAddr).port);
for await (const conn of listener) serve(conn).catch(() => {}); // it has gone
