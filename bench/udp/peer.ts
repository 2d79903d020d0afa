/**
 * The peer of all contenders: a process of its own over the raw runtime API. What
 * a datagram wants is its first byte:
 *
 * - `e`: itself back
 * - `s`: nothing
 * - `p`, a rate and a count in 4 bytes each: so many datagrams, so many a second
 *   or as fast as can be; then, of the length in one byte, again and again one
 *   until there comes a `d`
 *
 * @module
 */

const conn = Deno.listenDatagram({
  transport: "udp",
  hostname: "127.0.0.1",
  port: 0,
});
console.log((conn.addr as Deno.NetAddr).port);

const message = new Uint8Array(64);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
let isDone = false;

async function pump(
  to: Deno.Addr,
  rate: number,
  count: number,
  endLength: number,
): Promise<void> {
  isDone = false;
  const start = performance.now();
  for (let sent = 0; sent < count;) {
    const due = rate === 0
      ? count
      : Math.min(count, (performance.now() - start) / 1000 * rate);
    if (due <= sent) await pause(0);
    while (sent < due) {
      await conn.send(message, to);
      sent++;
    }
  }
  for (let i = 0; i < 500 && !isDone; i++) {
    await pause(20);
    await conn.send(new Uint8Array(endLength), to);
  }
}

const buffer = new Uint8Array(2048);
for (;;) {
  const [data, from] = await conn.receive(buffer);
  const wish = String.fromCharCode(data[0] ?? 0);
  if (wish === "e") await conn.send(data, from);
  else if (wish === "d") isDone = true;
  else if (wish === "p") {
    const view = new DataView(data.buffer);
    pump(from, view.getUint32(1), view.getUint32(5), view.getUint8(9));
  }
}
