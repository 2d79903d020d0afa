/** Run by unref_timers_test.ts: ends at once although a call waits, or says that it is held. */
import {
  connectTcp,
  serveTcp,
  type TcpBackend,
  type TcpConn,
} from "@berkeley/sockets/tcp";

const HOUR = 3_600_000;
const TOO_MUCH = 64 * 1024 * 1024;
const [what, backend] = Deno.args as [string, TcpBackend];

const accepted = Promise.withResolvers<TcpConn>();
const server = await serveTcp(
  { hostname: "127.0.0.1", port: 0, backend, idleTimeout: HOUR },
  (conn) => {
    conn.unref();
    accepted.resolve(conn);
    return new Promise<void>(() => {}); // a handler with other work
  },
);
const conn = await connectTcp({ ...server.addr, backend });
await accepted.promise;
server.unref();
conn.unref();

// It fires only where something else keeps the program alive.
Deno.unrefTimer(setTimeout(() => {
  console.log("held");
  Deno.exit();
}, 1000));

const some = new Uint8Array(TOO_MUCH);
switch (what) {
  case "an idleTimeout":
    break;
  case "readExact()":
    conn.readExact(1, { timeout: HOUR });
    break;
  case "writeAll()":
    conn.writeAll(some, { timeout: HOUR });
    break;
  case "flush()":
    conn.writeAll(some);
    conn.flush({ timeout: HOUR });
    break;
  case "closeGracefully()":
    conn.closeGracefully({ timeout: HOUR });
    break;
  case "close() with messages to send":
    conn.send(some);
    conn.close();
}
