import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  decodeFrames,
  delimiterFraming,
  encodeFrame,
  fixedFraming,
  FrameDecoderStream,
  FrameEncoderStream,
  FrameError,
  type Framing,
  lengthPrefixFraming,
  netstringFraming,
} from "@berkeley/sockets/tcp";
import { SocketError, UnexpectedEofError } from "@berkeley/sockets/errors";
import { Random } from "../_random.ts";
import { bytes, eachStream, text } from "../_each_stream.ts";

const ENCODINGS: [string, Framing, string, number[]][] = [
  ["1 byte", lengthPrefixFraming(1), "ab", [2, 97, 98]],
  ["2 bytes, big", lengthPrefixFraming(2), "ab", [0, 2, 97, 98]],
  ["2 bytes, little", lengthPrefixFraming(2, { byteOrder: "little" }), "ab", [
    2,
    0,
    97,
    98,
  ]],
  ["4 bytes, big", lengthPrefixFraming(4), "a", [0, 0, 0, 1, 97]],
  ["4 bytes, little", lengthPrefixFraming(4, { byteOrder: "little" }), "a", [
    1,
    0,
    0,
    0,
    97,
  ]],
  ["8 bytes, big", lengthPrefixFraming(8), "a", [0, 0, 0, 0, 0, 0, 0, 1, 97]],
  ["8 bytes, little", lengthPrefixFraming(8, { byteOrder: "little" }), "", [
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
  ]],
  [
    "a length that counts itself",
    lengthPrefixFraming(2, { countsItself: true }),
    "a",
    [0, 3, 97],
  ],
  ["a varint", lengthPrefixFraming("varint"), "a".repeat(300), [
    0xac,
    2,
    ...Array(300).fill(97),
  ]],
  ["a short varint", lengthPrefixFraming("varint"), "", [0]],
  ["a delimiter", delimiterFraming("\r\n"), "a\rb", [97, 13, 98, 13, 10]],
  ["a netstring", netstringFraming(), "hello world!", [
    ...bytes("12:hello world!,"),
  ]],
  ["an empty netstring", netstringFraming(), "", [...bytes("0:,")]],
  ["a fixed size", fixedFraming(3), "abc", [97, 98, 99]],
];

for (const [name, framing, frame, wire] of ENCODINGS) {
  Deno.test(`framing by ${name} encodes and decodes`, () => {
    assertEquals([...encodeFrame(framing, bytes(frame))], wire);
    const twice = Uint8Array.from([...wire, ...wire]);
    const { frames, rest } = decodeFrames(framing, twice);
    assertEquals(frames.map(text), [frame, frame]);
    assertEquals(rest.length, 0);
    for (let cut = 0; cut < wire.length; cut++) {
      const part = decodeFrames(framing, Uint8Array.from(wire.slice(0, cut)));
      assertEquals([part.frames.length, part.rest.length], [0, cut]);
    }
  });
}

Deno.test("framing with header bytes gives and takes whole messages", () => {
  // PostgreSQL: a type, a length that counts itself, the rest.
  const framing = lengthPrefixFraming(4, {
    countsItself: true,
    headerBefore: 1,
  });
  const message = Uint8Array.from([0x51, 0, 0, 0, 0, 97, 98]);
  const wire = encodeFrame(framing, message);
  assertEquals([...wire], [0x51, 0, 0, 0, 6, 97, 98]);
  assertEquals(decodeFrames(framing, wire).frames.map((f) => [...f]), [[
    ...wire,
  ]]);
  // A flag after the length that the length does not count.
  const after = lengthPrefixFraming(2, { headerAfter: 1 });
  const flagged = encodeFrame(after, Uint8Array.from([0, 0, 7, 1, 2]));
  assertEquals([...flagged], [0, 2, 7, 1, 2]);
  assertEquals(decodeFrames(after, flagged).frames[0]!.length, 5);
  assertThrows(() => encodeFrame(after, new Uint8Array(2)), FrameError);
});

const small = { maxFrameSize: 10 };
const MALFORMED: [string, Framing, number[], string][] = [
  ["over the limit, 1 byte", lengthPrefixFraming(1, small), [11], "EMSGSIZE"],
  ["over the limit, 4 bytes", lengthPrefixFraming(4, small), [
    255,
    255,
    255,
    255,
  ], "EMSGSIZE"],
  [
    "over the limit, 8 bytes",
    lengthPrefixFraming(8, small),
    Array(8).fill(255),
    "EMSGSIZE",
  ],
  [
    "over the limit, varint",
    lengthPrefixFraming("varint", small),
    [11],
    "EMSGSIZE",
  ],
  [
    "over the limit, endless varint",
    lengthPrefixFraming("varint", small),
    Array(9).fill(255),
    "EMSGSIZE",
  ],
  [
    "an endless varint of zeros",
    lengthPrefixFraming("varint", small),
    Array(9).fill(128),
    "EBADMSG",
  ],
  [
    "less than itself",
    lengthPrefixFraming(2, { countsItself: true }),
    [0, 1],
    "EBADMSG",
  ],
  [
    "no delimiter within the limit",
    delimiterFraming("\n", small),
    Array(12).fill(97),
    "EMSGSIZE",
  ],
  ["a delimiter over the limit", delimiterFraming("\n", small), [
    ...Array(11).fill(97),
    10,
  ], "EMSGSIZE"],
  [
    "a netstring over the limit",
    netstringFraming(small),
    [...bytes("11:")],
    "EMSGSIZE",
  ],
  ["a netstring of endless digits", netstringFraming(small), [
    ...bytes("9999999999"),
  ], "EMSGSIZE"],
  [
    "a netstring without a number",
    netstringFraming(small),
    [...bytes(":,")],
    "EBADMSG",
  ],
  [
    "a netstring with a sign",
    netstringFraming(small),
    [...bytes("-1:,")],
    "EBADMSG",
  ],
  ["a netstring with a leading zero", netstringFraming(small), [
    ...bytes("01:a,"),
  ], "EBADMSG"],
  [
    "a netstring without its comma",
    netstringFraming(small),
    [...bytes("1:ab")],
    "EBADMSG",
  ],
];

for (const [name, framing, wire, code] of MALFORMED) {
  Deno.test(`framing refuses ${name}`, () => {
    const error = assertThrows(
      () => decodeFrames(framing, Uint8Array.from(wire)),
      FrameError,
    );
    assertEquals(error.code, code);
    assert((error as Error) instanceof SocketError);
    if (code === "EMSGSIZE") assertEquals(error.limit, 10);
  });
}

Deno.test("framing refuses to send what it could not receive", () => {
  const eleven = new Uint8Array(11);
  for (
    const framing of [
      lengthPrefixFraming(4, small),
      lengthPrefixFraming("varint", small),
      delimiterFraming("\n", small),
      netstringFraming(small),
      fixedFraming(10),
    ]
  ) {
    const error = assertThrows(() => encodeFrame(framing, eleven), FrameError);
    assertEquals([error.size, error.limit], [11, 10]);
  }
  const holds = assertThrows(
    () => encodeFrame(delimiterFraming("\n"), bytes("a\nb")),
    FrameError,
  );
  assertEquals(holds.code, "EBADMSG");
  const long = assertThrows(
    () => encodeFrame(lengthPrefixFraming(1), new Uint8Array(256)),
    FrameError,
  );
  assertEquals(long.limit, 255);
});

Deno.test("framing refuses bad options", () => {
  assertThrows(() => fixedFraming(0), RangeError);
  assertThrows(() => lengthPrefixFraming(3 as 4), RangeError);
  assertThrows(() => lengthPrefixFraming(4, { maxFrameSize: 0 }), RangeError);
  assertThrows(() => lengthPrefixFraming(4, { headerBefore: -1 }), RangeError);
  assertThrows(
    () => lengthPrefixFraming("varint", { countsItself: true }),
    TypeError,
  );
  assertThrows(() => delimiterFraming(""), TypeError);
});

/** Every framing that takes frames of any size without a line feed in them. */
const ANY: [string, Framing][] = [
  ["2 bytes", lengthPrefixFraming(2)],
  [
    "4 bytes, little, counting itself",
    lengthPrefixFraming(4, { byteOrder: "little", countsItself: true }),
  ],
  ["8 bytes", lengthPrefixFraming(8)],
  ["varint", lengthPrefixFraming("varint")],
  ["delimiter", delimiterFraming("\n\n")],
  ["netstring", netstringFraming()],
];

function randomFrames(
  random: Random,
  count: number,
): Uint8Array<ArrayBuffer>[] {
  return Array.from(
    { length: count },
    () =>
      random.bytes(random.pick([0, 1, 5, 60, 200, 20_000])).map((byte) =>
        byte === 10 ? 11 : byte
      ),
  );
}

const FRAMES = randomFrames(new Random(7), 300);

for (const [name, framing] of ANY) {
  Deno.test(`framing by ${name} survives any chunking`, async () => {
    const random = new Random(name.length);
    const frames = randomFrames(random, 60);
    const encoded = ReadableStream.from(frames)
      .pipeThrough(new FrameEncoderStream(framing));
    const wire = new Uint8Array(await new Response(encoded).arrayBuffer());
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < wire.length;) {
      const size = random.pick([1, 2, 3, 100, 5000]);
      chunks.push(wire.slice(at, at += size));
    }
    const decoded = await Array.fromAsync(
      ReadableStream.from(chunks).pipeThrough(new FrameDecoderStream(framing)),
    );
    assertEquals(decoded, frames);
  });

  eachStream(
    `frameBatches() and frames() by ${name} give all frames`,
    async ({ pair }) => {
      for (
        const way of ["batches", "borrowed", "frames", "one by one"] as const
      ) {
        using ends = await pair();
        const frames = FRAMES;
        const sending = (async () => {
          for (const frame of frames) {
            await ends.client.sendFrame(framing, frame);
          }
          await ends.client.closeWrite();
        })();
        const got: Uint8Array[] = [];
        if (way === "frames") {
          for await (const frame of ends.server.frames(framing)) {
            got.push(frame);
          }
        } else if (way === "one by one") {
          for (let f; (f = await ends.server.readFrame(framing)) !== null;) {
            got.push(f);
          }
        } else {
          const borrow = way === "borrowed";
          for await (
            const batch of ends.server.frameBatches(framing, { borrow })
          ) {
            for (const frame of batch) got.push(borrow ? frame.slice() : frame);
          }
        }
        await sending;
        assertEquals(got.length, frames.length);
        for (let i = 0; i < got.length; i++) {
          assertEquals(new Uint8Array(got[i]!), frames[i]!);
        }
      }
    },
  );
}

eachStream(
  "a frame that is cut short by the end of the stream rejects, and can be read as bytes",
  async ({ pair }) => {
    using ends = await pair();
    await ends.client.writeAll(Uint8Array.from([0, 5, 1, 2]));
    await ends.client.closeWrite();
    await assertRejects(
      () => ends.server.readFrame(lengthPrefixFraming(2)),
      UnexpectedEofError,
    );
    assertEquals([...await ends.server.readExact(4)], [0, 5, 1, 2]);
    await assertRejects(
      () =>
        Array.fromAsync(
          ReadableStream.from([new Uint8Array([9])]).pipeThrough(
            new FrameDecoderStream(lengthPrefixFraming(2)),
          ),
        ),
      UnexpectedEofError,
    );
  },
);

Deno.test("a decoder stream gives the frames in front of a bad one", async () => {
  const decoder = new FrameDecoderStream(netstringFraming());
  const writer = decoder.writable.getWriter();
  const writing = writer.write(bytes("1:a,1:b,x"));
  const reader = decoder.readable.getReader();
  assertEquals(text((await reader.read()).value!), "a");
  assertEquals(text((await reader.read()).value!), "b");
  const failure = await assertRejects(() => reader.read(), FrameError);
  await writing;
  // The writer is told the same.
  await writer.write(bytes("1:c,")).then(
    () => assert(false),
    (error) => assertEquals(error, failure),
  );
  await writer.closed.catch(() => {});
});

Deno.test("a decoder stream that is cancelled ends its source", async () => {
  let cancelled: unknown;
  const source = new ReadableStream<Uint8Array>({
    cancel(reason) {
      cancelled = reason;
    },
  });
  const frames = source.pipeThrough(new FrameDecoderStream(fixedFraming(1)));
  const reader = frames.getReader();
  const reading = reader.read(); // nothing ever comes
  await reader.cancel("enough");
  assertEquals((await reading).done, true);
  assertEquals(cancelled, "enough");
});

eachStream(
  "an oversize frame rejects before memory is taken for it",
  async ({ pair }) => {
    using ends = await pair();
    const framing = lengthPrefixFraming(4, { maxFrameSize: 1000 });
    await ends.client.writeAll(
      Uint8Array.from([0, 0, 0, 1, 7, 255, 255, 255, 255]),
    );
    assertEquals([...(await ends.server.readFrame(framing))!], [7]);
    const error = await assertRejects(
      () => ends.server.readFrame(framing),
      FrameError,
    );
    assertEquals([error.size, error.limit], [2 ** 32 - 1, 1000]);
    await assertRejects(() => ends.server.frames(framing).next(), FrameError);
  },
);

eachStream(
  "frames before a malformed one are still delivered",
  async ({ pair }) => {
    using ends = await pair();
    const framing = netstringFraming();
    await ends.client.writeAll(bytes("1:a,1:b,x"));
    await ends.server.peek(9);
    const batches = ends.server.frameBatches(framing);
    assertEquals((await batches.next()).value?.map(text), ["a", "b"]);
    await assertRejects(() => batches.next(), FrameError);
  },
);

eachStream(
  "a frame read that is given up loses nothing",
  async ({ pair }) => {
    using ends = await pair();
    const framing = lengthPrefixFraming(2);
    await ends.client.writeAll(Uint8Array.from([0, 2, 1]));
    await ends.server.peek(3);
    const giveUp = new AbortController();
    const aborted = ends.server.readFrame(framing, { signal: giveUp.signal });
    giveUp.abort("enough");
    await aborted.then(
      () => assert(false),
      (why) => assertEquals(why, "enough"),
    );
    const next = ends.server.readFrame(framing);
    await ends.client.writeAll(Uint8Array.from([2]));
    assertEquals([...(await next)!], [1, 2]);
  },
);

eachStream(
  "frames larger than the buffer arrive whole",
  async ({ pair }) => {
    using ends = await pair();
    const framing = lengthPrefixFraming(4, { maxFrameSize: 5_000_000 });
    const frame = Uint8Array.from({ length: 3_000_000 }, (_, i) => i % 241);
    const sending = ends.client.sendFrame(framing, frame);
    assertEquals(await ends.server.readFrame(framing), frame);
    await sending;
  },
);

eachStream("closing ends frames() quietly", async ({ pair }) => {
  using ends = await pair();
  const reading = Array.fromAsync(ends.server.frames(lengthPrefixFraming(1)));
  await ends.client.peek(0);
  ends.server.close();
  assertEquals(await reading, []);
});

eachStream(
  "leaving frames() early leaves the other frames to the next reader",
  async ({ pair }) => {
    using ends = await pair();
    const framing = delimiterFraming("\n");
    await ends.server.writeAll(bytes("1\n2\n3\n"));
    await ends.client.peek(6);
    for await (const frame of ends.client.frames(framing)) {
      assertEquals(text(frame), "1");
      break;
    }
    assertEquals(text((await ends.client.readFrame(framing))!), "2");
    assertEquals(await ends.client.readLine(), "3");
  },
);

eachStream(
  "frames() gives each of several waiting calls its own frame",
  async ({ pair }) => {
    using ends = await pair();
    const frames = ends.client.frames(delimiterFraming("\n"));
    const all = Promise.all([frames.next(), frames.next(), frames.next()]);
    await ends.server.writeAll(bytes("1\n2\n3\n"));
    assertEquals((await all).map(({ value }) => text(value)), ["1", "2", "3"]);
  },
);

eachStream(
  "readFrame() searches anew after others have read",
  async ({ pair }) => {
    using ends = await pair();
    const framing = delimiterFraming("\n");
    await ends.server.writeAll(bytes("abcdef"));
    await ends.client.peek(6);
    const abort = new AbortController();
    const reading = ends.client.readFrame(framing, { signal: abort.signal });
    abort.abort(new Error("no more"));
    await assertRejects(() => reading, Error, "no more");
    await ends.client.readExact(6);
    await ends.server.writeAll(bytes("a\nbbbbbbbb\n"));
    await ends.client.peek(11);
    assertEquals(text((await ends.client.readFrame(framing))!), "a");
  },
);

eachStream(
  "readFrame() rejects where the signal has aborted or the frame is malformed",
  async ({ pair }) => {
    using ends = await pair();
    await ends.server.writeAll(bytes("12345\n"));
    await ends.client.peek(6);
    const signal = AbortSignal.abort(new Error("no more"));
    const framing = delimiterFraming("\n", { maxFrameSize: 4 });
    const aborted = ends.client.readFrame(framing, { signal });
    await assertRejects(() => aborted, Error, "no more");
    const oversize = ends.client.readFrame(framing);
    await assertRejects(() => oversize, FrameError);
  },
);
