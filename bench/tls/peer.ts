/**
 * The peer of all contenders: a process of its own over the raw TLS of Deno. Its
 * argument is the folder of its certificate. A connection that sends nothing only
 * shook hands.
 *
 * @module
 */
import { answer } from "../_peer.ts";

const folder = Deno.args[0];
const cert = Deno.readTextFileSync(`${folder}/cert.pem`);
const key = Deno.readTextFileSync(`${folder}/key.pem`);
const here = { hostname: "127.0.0.1", port: 0 };

const listener = Deno.listenTls({ ...here, cert, key });
console.log((listener.addr as Deno.NetAddr).port);
for await (const conn of listener) {
  const connect = (port: number) =>
    Deno.connectTls({ ...here, port, caCerts: [cert] });
  answer(conn, connect).catch(() => {}); // it has gone
}
