/**
 * The peer of all contenders: a process of its own over the raw runtime API.
 *
 * @module
 */
import { answer } from "../_peer.ts";

const here = { hostname: "127.0.0.1", port: 0 };
const listener = Deno.listen(here);
console.log(listener.addr.port);
for await (const conn of listener) {
  conn.setNoDelay(true);
  answer(conn, (port) => Deno.connect({ ...here, port })).catch(() => {}); // it has gone
}
