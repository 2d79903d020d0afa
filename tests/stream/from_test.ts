/** Connections made of what is there already. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BusyError, ClosedError, SocketError } from "@berkeley/sockets/errors";
import { type BytePair, StreamConn } from "@berkeley/sockets/stream";
import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
import net from "node:net";
import { Duplex, PassThrough } from "node:stream";
import { bytes, text } from "../_each_stream.ts";

/** A readable that brings these chunks, and the writable that keeps what is sent. */
function scripted(chunks: unknown[]) {
  const sent: Uint8Array[] = [];
  const readable = ReadableStream.from(chunks) as BytePair["readable"];
  const writable = new WritableStream<Uint8Array>({
    write: (chunk) => void sent.push(chunk),
  });
  return { readable, writable, sent };
}

/** Two streams of Node, the one's bytes being the other's. */
function duplexes(): [Duplex, Duplex] {
  const [there, back] = [new PassThrough(), new PassThrough()];
  const near = Duplex.from({ readable: back, writable: there });
  const far = Duplex.from({ readable: there, writable: back });
  for (const end of [near, far]) end.on("error", () => {}); // destroyed by the other
  return [near, far];
}

function conn(members: Partial<Deno.Conn>): Deno.Conn {
  return { close() {}, ...members } as Deno.Conn;
}

Deno.test("from() refuses what carries no bytes", async () => {
  const locked = new TransformStream<Uint8Array>();
  locked.readable.getReader();
  const written = new TransformStream<Uint8Array>();
  written.writable.getWriter();
  const destroyed = new PassThrough();
  destroyed.destroy();
  const encoded = new PassThrough();
  encoded.setEncoding("utf8");
  await using own = StreamConn.from(duplexes()[0]);
  const cases: [source: unknown, message: RegExp][] = [
    [undefined, /of undefined: it must be a Deno.Conn/],
    [null, /of null: it must be/],
    [7, /of 7: it must be/],
    ["socket", /of "socket": it must be/],
    [{}, /of \[object Object\]: it must be/],
    [{ readable: 1, writable: 2 }, /it must be/],
    [{ readable: new ReadableStream(), writable: {} }, /it must be/],
    [locked, /the streams: readable is locked/],
    [written, /the streams: writable is locked/],
    [destroyed, /the stream: it was destroyed/],
    [new PassThrough({ readableObjectMode: true }), /it is in object mode/],
    [new PassThrough({ writableObjectMode: true }), /it is in object mode/],
    [encoded, /it has an encoding/],
    [own, /of a StreamConn: use it as it is/],
  ];
  for (const [source, message] of cases) {
    const error = assertThrows(
      () => StreamConn.from(source as Deno.Conn),
      TypeError,
    );
    assert(message.test(error.message), error.message);
  }
});

Deno.test("from() takes the bytes of a chunk of any kind, and of its own part", async () => {
  const memory = bytes("..view..").buffer;
  const chunks = [
    bytes("a"),
    new Uint8Array(0),
    bytes("xbcx").subarray(1, 3),
    bytes("d").buffer,
    new DataView(memory, 2, 4),
    new Uint16Array(bytes("wide").buffer),
  ];
  using read = StreamConn.from(scripted(chunks));
  assertEquals(await read.readLine(), "abcdviewwide");
  assertEquals(await read.readLine(), null);
});

Deno.test("from() rejects reads of a readable that brings text or objects", async () => {
  const cases = [
    ["text", /brought text instead of bytes; pipe it through a TextEncoder/],
    [{ data: 1 }, /brought a chunk of type object instead of bytes/],
  ] as const;
  for (const [chunk, message] of cases) {
    using read = StreamConn.from(scripted([bytes("one\ntwo"), chunk]));
    assertEquals(await read.readLine(), "one");
    const target = new Uint8Array(100_000); // the caller's memory is no fault
    assertEquals(await read.read(target), 3);
    const error = await assertRejects(() => read.read(target), SocketError);
    assertEquals(error.code, "EBADMSG");
    assert(message.test(error.message), error.message);
    assertEquals(await assertRejects(() => read.readLine()), error);
  }
});

Deno.test("from() has a missing half at its end", async () => {
  using reading = StreamConn.from({
    readable: scripted([bytes("x")]).readable,
  });
  assertEquals(await reading.readLine(), "x");
  const error = await assertRejects(() => reading.writeAll("y"), SocketError);
  assertEquals(error.code, "EPIPE");

  const { writable, sent } = scripted([]);
  await using writing = StreamConn.from({ writable });
  await writing.writeAll("y");
  assertEquals(sent.map(text), ["y"]);
  assertEquals(await writing.readLine(), null);
  await writing.closeWrite();
});

Deno.test("from() makes our errors of a stream's failures", async () => {
  const reasons = [
    [new Deno.errors.BrokenPipe("gone"), "EPIPE"],
    [new TypeError("odd"), "EIO"],
    [new DOMException("stopped", "AbortError"), "EIO"],
    ["a text", "EIO"],
  ] as const;
  for (const [reason, code] of reasons) {
    const readable = new ReadableStream<Uint8Array>({
      start: (controller) => controller.error(reason),
    });
    const writable = new WritableStream({
      start: (controller) => controller.error(reason),
    });
    using broken = StreamConn.from({ readable, writable });
    const target = new Uint8Array(100_000);
    for (
      const call of [() => broken.read(target), () => broken.writeAll("x")]
    ) {
      const error = await assertRejects(call, SocketError);
      assertEquals([error.code, error.cause], [code, reason]);
    }
  }
});

Deno.test("from() reports a stream of Node that failed or was destroyed", async () => {
  const cases = [
    [undefined, "ECONNRESET"],
    [new TypeError("odd"), "EIO"],
    [Object.assign(new Error("gone"), { code: "ECONNRESET" }), "ECONNRESET"],
  ] as const;
  for (const [reason, code] of cases) {
    const source = new PassThrough();
    using broken = StreamConn.from(source);
    const reading = broken.read(new Uint8Array(100_000));
    source.destroy(reason);
    const error = await assertRejects(() => reading, SocketError);
    assertEquals(error.code, code);
    await assertRejects(() => broken.writeAll("x"), SocketError);
  }
});

Deno.test("from() refuses the counts of a connection that cannot be", async () => {
  for (const count of [0, -1, 1.5, NaN, 1e9, undefined as never]) {
    const lying = conn({
      read: () => Promise.resolve(count),
      write: () => Promise.resolve(count),
    });
    using made = StreamConn.from(lying);
    for (const call of [() => made.readLine(), () => made.writeAll("x")]) {
      const error = await assertRejects(call, SocketError);
      assertEquals(error.code, "EIO");
      assert(/\(\) returned .* for \d+ bytes/.test(error.message));
    }
  }
});

Deno.test("from() says what a source lacks", async () => {
  const written: number[] = [];
  const poor = conn({
    read: () => Promise.resolve(null),
    write: (chunk) => Promise.resolve(written.push(...chunk) && chunk.length),
  });
  const made = StreamConn.from(poor);
  made.send("last");
  for (const call of [() => made.closeWrite(), () => made.closeGracefully()]) {
    const error = await assertRejects(call, SocketError);
    assertEquals(error.code, "ENOTSUP");
    assert(/cannot half-close this connection; /.test(error.message));
  }
  assertEquals([text(Uint8Array.from(written)), made.isClosed], ["last", true]);

  using web = StreamConn.from(scripted([]));
  for (const lacking of [StreamConn.from(poor), web]) {
    for (const call of [() => lacking.ref(), () => lacking.unref()]) {
      const error = assertThrows(call, SocketError);
      assertEquals(error.code, "ENOTSUP");
      assert(/has no ref\(\) and unref\(\) .*; call those/.test(error.message));
    }
  }
});

Deno.test("from() has the source's addresses, those given, or an unnamed one", async () => {
  const unnamed = { transport: "unix", path: "" } as const;
  const given = { transport: "tcp", hostname: "192.0.2.1", port: 7 } as const;
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const raw = await Deno.connect({ port, hostname: "127.0.0.1" });
  const socket = net.connect(port, "127.0.0.1");
  await new Promise((resolve) => socket.once("connect", resolve));
  for (let i = 0; i < 2; i++) (await listener.accept()).close();
  listener.close();
  const sources = [
    [raw, raw.localAddr, raw.remoteAddr],
    [
      socket,
      { transport: "tcp", hostname: "127.0.0.1", port: socket.localPort },
      { transport: "tcp", hostname: "127.0.0.1", port },
    ],
    [scripted([]), unnamed, unnamed],
    [duplexes()[0], unnamed, unnamed],
    [conn({ read: raw.read, write: raw.write }), unnamed, unnamed],
  ] as const;
  for (const [source, localAddr, remoteAddr] of sources) {
    const own = StreamConn.from(source as Deno.Conn);
    assertEquals([own.localAddr, own.remoteAddr], [localAddr, remoteAddr]);
    const { conn } = own.detach();
    await using other = StreamConn.from(conn, { remoteAddr: given });
    assertEquals([other.localAddr, other.remoteAddr], [localAddr, given]);
  }
  socket.destroy();
  await new Promise((resolve) => socket.once("close", resolve));
});

Deno.test("from() gives streams copies of what is sent", async () => {
  const { sent, ...pair } = scripted([]);
  await using web = StreamConn.from(pair);
  const [near, far] = duplexes();
  await using node = StreamConn.from(near);
  const reused = bytes("one");
  for (const made of [web, node]) {
    await made.writeAll(reused);
    await made.send("two");
    await made.flush();
    reused.fill(0x2e);
    await made.send("six");
    await made.flush();
    reused.set(bytes("one"));
  }
  assertEquals(sent.map(text).join(""), "onetwosix");
  await using other = StreamConn.from(far);
  assertEquals(text(await other.readExact(9)), "onetwosix");
});

Deno.test("detach() gives a pair of streams back with what is unread", async () => {
  const source = scripted([bytes("one\ntwo"), bytes("three")]);
  const made = StreamConn.from(source);
  assertEquals(await made.readLine(), "one");
  const { conn, buffered } = made.detach();
  assert(conn === source);
  assertEquals(text(buffered), "two");
  assertEquals(made.isClosed, true);
  await assertRejects(() => made.readLine(), ClosedError);
  made.close(); // closes nothing

  const reader = source.readable!.getReader();
  assertEquals(text((await reader.read()).value as Uint8Array), "three");
  await source.writable.getWriter().write(bytes("x"));
  assertEquals(source.sent.map(text), ["x"]);
});

Deno.test("detach() returns the rest of a chunk that was larger than the buffer", async () => {
  const chunk = new Uint8Array(300_000).map((_, i) => i * 7);
  const made = StreamConn.from(scripted([chunk]));
  assertEquals(await made.readExact(1000), chunk.slice(0, 1000));
  assertEquals(made.detach().buffered, chunk.slice(1000));
});

Deno.test("detach() ends a cancelled read of a stream of Node, and of no other source", async () => {
  const [near, far] = duplexes();
  const made = StreamConn.from(near);
  await assertRejects(() => made.readLine({ timeout: 0 }));
  assert(made.detach().conn === near);
  const news = new Promise<Uint8Array>((resolve) => near.once("data", resolve));
  far.write("news");
  assertEquals(text(await news), "news");
  near.destroy();
  far.destroy();

  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const web = StreamConn.from({ readable, writable });
  await assertRejects(() => web.readLine({ timeout: 0 }));
  assertThrows(() => web.detach(), BusyError);
  await web.send("news");
  await web.peek(1);
  assertEquals(text(web.detach().buffered), "news");
});

Deno.test("detach() says what a connection cannot give back", async () => {
  using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
  using client = await connectTcp({ ...listener.addr, backend: "node" });
  const error = assertThrows(() => client.detach(), SocketError);
  assertEquals(error.code, "ENOTSUP");
});

Deno.test("close() ends the writable and cancels the readable", async () => {
  const calls: string[] = [];
  const make = () => {
    const readable = new ReadableStream<Uint8Array>({
      cancel: () => void calls.push("cancel"),
    });
    const writable = new WritableStream<Uint8Array>({
      write: () => new Promise(() => {}),
      close: () => void calls.push("close"),
      abort: () => void calls.push("abort"),
    });
    return StreamConn.from({ readable, writable });
  };
  await make()[Symbol.asyncDispose]();
  assertEquals(calls.splice(0).sort(), ["cancel", "close"]);

  const shut = make();
  await shut.closeWrite();
  await shut[Symbol.asyncDispose]();
  assertEquals(calls.splice(0).sort(), ["cancel", "close"]);

  const stuck = make(); // a write that never ends is aborted, not cut short
  await assertRejects(() => stuck.writeAll("x", { timeout: 0 }));
  await assertRejects(() => stuck.closeGracefully({ timeout: 0 }));
  await Promise.resolve();
  assertEquals(calls, ["cancel"]); // the abort of a sink waits for its write
});

Deno.test("from() asks a byte stream for no more than there is room for", async () => {
  const asked: number[] = [];
  const source: UnderlyingByteSource = {
    type: "bytes",
    pull({ byobRequest }) {
      const view = byobRequest!.view as Uint8Array;
      asked.push(view.length);
      view.fill(0x61);
      byobRequest!.respond(view.length);
    },
  };
  const readable = new ReadableStream(source, { highWaterMark: 0 });
  using made = StreamConn.from({ readable });
  assertEquals(await made.readExact(1), bytes("a"));
  const taken = asked.reduce((sum, size) => sum + size, 0);
  assertEquals(made.bytesRead, taken);
  assert(taken <= 64 * 1024, `${taken}`);
});

Deno.test("from() reads nothing before a call waits", async () => {
  let pulls = 0;
  const readable = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulls++;
      controller.enqueue(bytes("line\n"));
    },
  }, { highWaterMark: 0 });
  using made = StreamConn.from({ readable });
  await made.drained();
  assertEquals(pulls, 0);
  assertEquals(await made.readLine(), "line");
  await made.drained();
  assertEquals(pulls, 1);
});

/** A source that always has another byte, and takes all that is written. */
const RESTLESS: Record<string, () => StreamConn> = {
  "a byte stream": () => {
    const source: UnderlyingByteSource = {
      type: "bytes",
      pull: ({ byobRequest }) => byobRequest!.respond(1),
    };
    const readable = new ReadableStream(source, { highWaterMark: 0 });
    return StreamConn.from({ readable, writable: new WritableStream() });
  },
  "a stream of chunks": () => restlessChunks(1),
  "a stream of empty chunks": () => restlessChunks(0),
  "a duplex": () =>
    StreamConn.from(
      new Duplex({
        read() {
          this.push(new Uint8Array(4096));
        },
        write: (_chunk, _encoding, done) => done(),
      }),
    ),
  "a Deno.Conn": () =>
    StreamConn.from(conn({
      read: () => Promise.resolve(1),
      write: ({ length }) => Promise.resolve(length),
    })),
};

function restlessChunks(size: number): StreamConn {
  const readable = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(size)),
  }, { highWaterMark: 0 });
  return StreamConn.from({ readable, writable: new WritableStream() });
}

for (const [name, make] of Object.entries(RESTLESS)) {
  Deno.test(`from() lets timers fire over ${name} that never waits`, async () => {
    using made = make();
    const code = await made.readLine({ timeout: 5, limit: 1e9 })
      .catch((error) => error.code);
    assertEquals(code, "ETIMEDOUT");

    let hasFired = false;
    setTimeout(() => hasFired = true);
    for (let i = 0; i < 1e6 && !hasFired; i++) await made.writeAll("x");
    assert(hasFired);
  });
}

Deno.test("from() refuses a high-water mark that is no count of bytes", () => {
  for (const highWaterMark of [0, -1, 1.5, NaN, Infinity, "7"]) {
    const pair = scripted([]);
    const options = { highWaterMark: highWaterMark as number };
    const error = assertThrows(() => StreamConn.from(pair, options));
    assert(error instanceof RangeError, `${error}`);
    assert(/highWaterMark/.test(error.message), error.message);
    assertEquals(pair.readable!.locked, false);
  }
});

Deno.test("from() sends bytes once to a stream that transfers its chunks", async () => {
  const sent: Uint8Array[] = [];
  const writable = new WritableStream<Uint8Array<ArrayBuffer>>({
    write(chunk) {
      sent.push(structuredClone(chunk, { transfer: [chunk.buffer] }));
      assert(sent.length < 10, "the same bytes again and again");
    },
  });
  await using made = StreamConn.from({ writable });
  await made.writeAll("one");
  await made.send("two");
  await made.flush();
  assertEquals(sent.map(text), ["one", "two"]);
  assertEquals(made.bytesWritten, 6);
});

Deno.test("from() rejects reads behind a chunk that was transferred unread", async () => {
  const take = (chunk: Uint8Array<ArrayBuffer>) =>
    structuredClone(chunk, { transfer: [chunk.buffer] });
  const large = new Uint8Array(300_000);
  using begun = StreamConn.from(scripted([large, bytes("more")]));
  await begun.readExact(1000);
  await begun.readExact(begun.buffered);
  take(large);
  const lost = new Uint8Array(2);
  take(lost);
  using whole = StreamConn.from(scripted([bytes("some"), lost, bytes("more")]));
  assertEquals(text(await whole.readExact(4)), "some");
  for (const made of [begun, whole]) {
    const error = await assertRejects(() => made.readExact(4), SocketError);
    assertEquals(error.code, "EIO");
    assert(/transferred the memory of a chunk/.test(error.message));
  }
});
