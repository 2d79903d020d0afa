/**
 * A call that ends in time leaves no timer behind, which the sanitizers would
 * find, nor anything that its signal could still end.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { bytes, eachTransport, text } from "../_each_stream.ts";

const HOUR = { timeout: 3_600_000 } as const;

eachTransport(
  "calls that are done within their timeout leave no timer behind",
  async ({ listen, connect }) => {
    using listener = await listen();
    const accepting = listener.accept(HOUR);
    using client = await connect(listener.addr, HOUR);
    using server = await accepting;
    await client.writeAll(bytes("hello"), HOUR);
    assertEquals(text(await server.readExact(5, HOUR)), "hello");
    await client.write(bytes("x"), HOUR);
    await server.read(new Uint8Array(1), HOUR);
    await client.send(bytes("line\n"));
    await client.flush(HOUR);
    await client.drained();
    assertEquals(await server.readLine(HOUR), "line");
    await server.closeWrite();
    await client.closeGracefully(HOUR);
  },
);

eachTransport(
  "a signal that aborts after its accept is done leaves later accepts alone",
  async ({ listen, connect }) => {
    using listener = await listen();
    const giveUp = new AbortController();
    const first = listener.accept({ signal: giveUp.signal });
    using _one = await connect(listener.addr);
    using _accepted = await first;
    const second = listener.accept();
    giveUp.abort("too late");
    using two = await connect(listener.addr);
    using other = await second;
    assertEquals(other.remoteAddr.port, two.localAddr.port);
  },
);

eachTransport(
  "a signal that aborts after its write is done leaves later writes alone",
  async ({ pair }) => {
    using ends = await pair();
    const giveUp = new AbortController();
    await ends.client.writeAll(bytes("one "), { signal: giveUp.signal });
    const second = ends.client.writeAll(bytes("two"));
    giveUp.abort("too late");
    await second;
    assertEquals(text(await ends.server.readExact(7)), "one two");
  },
);

eachTransport(
  "a connection that came for an accept given up ends with its listener",
  async ({ listen, connect }) => {
    const listener = await listen();
    const giveUp = new AbortController();
    const accepting = listener.accept({ signal: giveUp.signal });
    giveUp.abort("enough");
    assertEquals(await accepting.catch((reason) => reason), "enough");
    using client = await connect(listener.addr);
    // Time to be taken in by what the accept has begun; it ends in any case.
    for (let turn = 0; turn < 20; turn++) {
      await new Promise((resolve) => setTimeout(resolve));
    }
    listener.close();
    const end = await client.read(new Uint8Array(1), { timeout: 20_000 })
      .catch(({ code }) => code);
    assertEquals(end === null || end === "ECONNRESET", true, `${end}`);
  },
);
