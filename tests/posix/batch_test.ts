/** Batches that are used in ways that nobody should. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  ClosedError,
  MessageTooLongError,
  NotCapableError,
  TimedOutError,
} from "@berkeley/sockets/errors";
import {
  AF_INET,
  MessageBatch,
  MSG_TRUNC,
  SOCK_DGRAM,
  socket,
} from "../../posix/mod.ts";
import { HAS_POSIX } from "../_posix.ts";
import {
  bytes,
  eachPosixFamily,
  NEVER,
  posixTest,
  SOON,
  text,
} from "./_setup.ts";

eachPosixFamily("a batch is sent from a datagram that it holds", (setup) => {
  using a = setup.bind();
  const batch = new MessageBatch({ capacity: 4, size: 8 });
  a.addTo(batch, bytes("x"), a.getSockName());
  assertEquals(a.sendManyNow(batch, 1), 0);
  for (const from of [-1, 2, 0.5, NaN, 2 ** 32]) {
    assertThrows(() => a.sendManyNow(batch, from), RangeError);
  }
  // More than it holds, it cannot be made to hold.
  assertThrows(() => Object.assign(batch, { length: 4 }), TypeError);
});

eachPosixFamily("a datagram keeps to its place in a batch", async (setup) => {
  using a = setup.bind();
  using b = setup.bind();
  const to = b.getSockName();
  for (const sent of ["longer than 8", "short"]) {
    await a.sendTo(bytes(sent), to);
  }
  const batch = new MessageBatch({ capacity: 2, size: 8 });
  const got: [string, boolean][] = [];
  while (got.length < 2) {
    const count = await b.recvMany(batch, { flags: MSG_TRUNC, ...SOON });
    for (let i = 0; i < count; i++) {
      got.push([text(batch.data(i)), batch.isTruncated(i)]);
    }
  }
  assertEquals(got, [["longer t", true], ["short", false]]);
});

eachPosixFamily("a datagram that fails ends a batch", async (setup) => {
  using a = setup.bind();
  using b = setup.bind();
  const batch = new MessageBatch({ capacity: 3, size: 65_536 });
  for (const size of [1, 65_536, 2]) {
    a.addTo(batch, new Uint8Array(size), b.getSockName());
  }
  await assertRejects(() => a.sendMany(batch), MessageTooLongError);
  assertEquals(a.sendManyNow(batch), 1);
  assertThrows(() => a.sendManyNow(batch, 1), MessageTooLongError);
  assertEquals(a.sendManyNow(batch, 2), 1);
  const buffer = new Uint8Array(8);
  for (const size of [1, 1, 2]) {
    assertEquals(await b.recv(buffer, SOON), size);
  }
  assertEquals(b.recvNow(buffer), undefined);
});

eachPosixFamily("a batch whose memory is gone is refused", async (setup) => {
  using a = setup.bind();
  const batch = new MessageBatch({ capacity: 2, size: 8 });
  a.addTo(batch, bytes("x"), a.getSockName());
  const waiting = assertRejects(() => a.recvMany(batch, SOON), TypeError);
  batch.push(bytes("y"));
  batch.data(0).buffer.transfer();
  await a.sendTo(bytes("z"), a.getSockName());
  await waiting;
  await assertRejects(() => a.sendMany(batch), TypeError);
  await assertRejects(() => a.recvMany(batch), TypeError);
  assertThrows(() => a.addTo(batch, bytes("x"), a.getSockName()), TypeError);
  // What came is not lost.
  const buffer = new Uint8Array(8);
  assertEquals(text(buffer, await a.recv(buffer, SOON)), "z");
});

eachPosixFamily("one call at a time receives into a batch", async (setup) => {
  using a = setup.bind();
  using b = setup.bind();
  const batch = new MessageBatch();
  const first = b.recvMany(batch, SOON);
  for (const other of [a, b]) {
    await assertRejects(() => other.recvMany(batch, SOON), TypeError);
  }
  await a.sendTo(bytes("kept"), b.getSockName());
  assertEquals([await first, text(batch.data(0))], [1, "kept"]);

  // However a call ends, the batch is free again.
  await assertRejects(() => b.recvMany(batch, NEVER), TimedOutError);
  await assertRejects(() => b.recvMany(batch, { timeout: -1 }), RangeError);
  const closing = setup.bind();
  const closed = assertRejects(() => closing.recvMany(batch), ClosedError);
  closing.close();
  await closed;
  await a.sendTo(bytes("again"), b.getSockName());
  assertEquals([await b.recvMany(batch, SOON), batch.lengthAt(0)], [1, 5]);
});

/** A socket on another loopback address, which the test below may not reach. */
const stranger = HAS_POSIX ? socket(AF_INET, SOCK_DGRAM) : undefined;
stranger?.bind({ hostname: "127.0.0.2", port: 0 });

posixTest(
  "sendMany() sends what stands before a datagram that is refused",
  async () => {
    using other = stranger!;
    using a = socket(AF_INET, SOCK_DGRAM);
    a.bind({ hostname: "127.0.0.1", port: 0 });
    using b = socket(AF_INET, SOCK_DGRAM);
    b.bind({ hostname: "127.0.0.1", port: 0 });
    b.setSockOpt("SO_RCVBUF", 1 << 20);
    const batch = new MessageBatch({ capacity: 8, size: 8 });
    await a.sendTo(bytes("0"), b.getSockName());
    await a.sendTo(bytes("1"), b.getSockName());
    await other.sendTo(bytes("2"), b.getSockName());
    await a.sendTo(bytes("3"), b.getSockName());
    assertEquals(await b.recvMany(batch), 4);

    await assertRejects(() => b.sendMany(batch), NotCapableError, "127.0.0.2");
    const buffer = new Uint8Array(8);
    assertEquals(text(buffer, await a.recv(buffer, SOON)), "0");
    assertEquals(text(buffer, await a.recv(buffer, SOON)), "1");
    assertEquals(a.recvNow(buffer), undefined);

    assertEquals(b.sendManyNow(batch), 2);
    assertThrows(() => b.sendManyNow(batch, 2), NotCapableError);
    assertEquals(b.sendManyNow(batch, 3), 1);
  },
  { net: ["127.0.0.1"], ffi: true },
);
