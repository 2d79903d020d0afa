import { assertEquals } from "@std/assert";
import type { TcpConn } from "@berkeley/sockets/tcp";
import { eachTransport } from "../_each_stream.ts";

eachTransport(
  "a connect that is given up at any moment leaves no connection open",
  async ({ listen, connect, backend }) => {
    // Time stands while a simulated program works.
    const moments = backend === "simulated" ? MOMENTS.slice(0, 2) : MOMENTS;
    using listener = await listen();
    const accepted: TcpConn[] = [];
    const accepting = (async () => {
      for await (const conn of listener) accepted.push(conn);
    })();
    for (let i = 0; i < 300; i++) {
      const giveUp = new AbortController();
      const connecting = connect(listener.addr, { signal: giveUp.signal })
        .then((conn) => conn.close(), (reason) => assertEquals(reason, "no"));
      await moments[i % moments.length]!(i);
      giveUp.abort("no");
      await connecting;
    }
    // In the order of the kernel's queue: all others have been accepted then.
    using last = await connect(listener.addr);
    while (accepted.at(-1)?.remoteAddr.port !== last.localAddr.port) {
      await moments[1]!(0);
    }
    for (const conn of accepted.slice(0, -1)) {
      const end = conn.read(new Uint8Array(1), { timeout: 5000 });
      const code = await end.catch(({ code }) => code);
      assertEquals(code === "ECONNRESET" ? null : code, null);
      conn.close();
    }
    accepted.at(-1)!.close();
    listener.close();
    await accepting;
  },
);

const MOMENTS: ((i: number) => Promise<unknown>)[] = [
  async (i) => { // after some microtasks
    for (let turn = 0; turn < i % 40; turn++) await undefined;
  },
  () => new Promise((resolve) => setTimeout(resolve, 0)),
  (i) => { // when the kernel is done, and the event loop has yet to hear of it
    const until = performance.now() + i % 30 / 30;
    while (performance.now() < until);
    return Promise.resolve();
  },
];
