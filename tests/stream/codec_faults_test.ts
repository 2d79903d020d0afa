import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import {
  decodeFrames,
  delimiterFraming,
  encodeFrame,
  FrameDecoderStream,
  FrameEncoderStream,
  FrameError,
  lengthPrefixFraming,
} from "@berkeley/sockets/tcp";
import { bytes, eachStream, readAll, text } from "../_each_stream.ts";
import { codec, WRONG_ENCODERS, WRONG_LOCATES } from "./_wrong_codecs.ts";

for (const [name, framing] of WRONG_LOCATES) {
  Deno.test(`decodeFrames() names locate() when it returns ${name}`, () => {
    const error = assertThrows(
      () => decodeFrames(framing, new Uint8Array([1, 42, 1, 43])),
      TypeError,
    );
    assert(error.message.includes("locate()"), error.message);
  });

  Deno.test(`FrameDecoderStream names locate() when it returns ${name}`, async () => {
    const chunks = ReadableStream.from([new Uint8Array([1, 42])]);
    const error = await assertRejects(
      () =>
        Array.fromAsync(chunks.pipeThrough(new FrameDecoderStream(framing))),
      TypeError,
    );
    assert(error.message.includes("locate()"), error.message);
  });
}

Deno.test("a framing's own error is the cause of the one that is thrown", () => {
  const boom = new Error("boom");
  const framing = codec({
    locate() {
      throw boom;
    },
  });
  const error = assertThrows(() => decodeFrames(framing, new Uint8Array(1)));
  assert(error instanceof TypeError);
  assertEquals(error.cause, boom);
});

for (const [name, method, framing] of WRONG_ENCODERS) {
  eachStream(
    `sendFrame() sends nothing when ${name}`,
    async ({ pair }) => {
      using ends = await pair();
      const { client } = ends;
      client.send(bytes("before,"));
      for (let again = 0; again < 3; again++) {
        const error = await assertRejects(
          () => client.sendFrame(framing, bytes("frame")),
          TypeError,
        );
        assert(error.message.includes(method), error.message);
      }
      assertEquals(client.queued + client.bytesWritten, 7);
      await client.sendFrame(codec({}), bytes("after"));
      await client.flush();
      await client.closeWrite();
      assertEquals(text(await readAll(ends.server)), "before,\x05after");
    },
  );

  Deno.test(`encodeFrame() names the method when ${name}`, async () => {
    const check = (error: Error) =>
      assert(error.message.includes(method), error.message);
    const frame = bytes("frame");
    check(assertThrows(() => encodeFrame(framing, frame), TypeError));
    const encoded = ReadableStream.from([frame])
      .pipeThrough(new FrameEncoderStream(framing));
    check(await assertRejects(() => Array.fromAsync(encoded), TypeError));
  });
}

eachStream(
  "a framing that leaves gaps sends zeros, never bytes of other messages",
  async ({ pair }) => {
    using ends = await pair();
    const { client, server } = ends;
    await client.send(bytes("secret".repeat(500)));
    await client.flush(); // the chunk goes back to the pool
    await server.readExact(3000);
    const gaps = codec({
      encodedSize: () => 2000,
      encodeInto: (_, target, at) => void (target[at + 1999] = 1),
    });
    await client.sendFrame(gaps, bytes("x"));
    await client.closeWrite();
    const got = await readAll(server);
    assertEquals(got.length, 2000);
    assertEquals(got.findIndex((byte) => byte !== 0), 1999);
  },
);

eachStream(
  "a framing of the user's own may send from within encodeInto()",
  async ({ pair }) => {
    using ends = await pair();
    const { client } = ends;
    const inner = codec({});
    const outer = codec({
      encodeInto(frame, target, at) {
        client.sendFrame(inner, bytes("inner"));
        inner.encodeInto(frame, target, at);
      },
    });
    await client.sendFrame(outer, bytes("outer"));
    await client.closeWrite();
    assertEquals(
      text(await readAll(ends.server)),
      "\x05inner\x05outer",
    );
  },
);

eachStream(
  "framings of the user's own send frames of any size",
  async ({ pair }) => {
    using ends = await pair();
    const wide = lengthPrefixFraming(4);
    const own = codec({
      encodedSize: (frame) => wide.encodedSize(frame),
      encodeInto: (frame, target, at) => wide.encodeInto(frame, target, at),
    });
    const sizes = [0, 1, 4091, 4092, 65_530, 65_531, 65_532, 65_533, 300_000];
    const reading = (async () => {
      const got: Uint8Array[] = [];
      for await (const frame of ends.server.frames(wide)) got.push(frame);
      return got;
    })();
    // Every last byte, so that one of them is the byte that checks the end.
    const frames = [
      ...sizes.map((size) => new Uint8Array(size).fill(size)),
      ...Array.from({ length: 256 }, (_, last) => Uint8Array.of(7, last)),
    ];
    for (const frame of frames) {
      assertEquals(encodeFrame(own, frame), encodeFrame(wide, frame));
      await ends.client.sendFrame(own, frame);
    }
    await ends.client.closeWrite();
    assertEquals(await reading, frames);
  },
);

Deno.test("a framing's verdict on a frame stays as it is", () => {
  const verdict = FrameError.tooLarge("send", 2, 1);
  const framing = codec({
    encodedSize() {
      throw verdict;
    },
  });
  const thrown = assertThrows(() => encodeFrame(framing, new Uint8Array(2)));
  assertEquals(thrown, verdict);
});

Deno.test("framings of this package cannot be altered", () => {
  for (const framing of [lengthPrefixFraming(4), delimiterFraming("\n")]) {
    assertThrows(() => framing.encodedSize = () => 0, TypeError);
  }
});

const NOT_BYTES = [
  "text",
  [1, 2],
  new ArrayBuffer(2),
  new DataView(new ArrayBuffer(2)),
  new Uint16Array(1),
  7,
  null,
] as unknown[] as Uint8Array[];

for (const bad of NOT_BYTES) {
  const name = Object.prototype.toString.call(bad);
  Deno.test(`framings refuse ${name} in place of bytes`, async () => {
    const framing = lengthPrefixFraming(1);
    assertThrows(() => encodeFrame(framing, bad), TypeError);
    assertThrows(() => encodeFrame(codec({}), bad), TypeError);
    assertThrows(() => decodeFrames(framing, bad), TypeError);
    for (const Stream of [FrameDecoderStream, FrameEncoderStream]) {
      const frames = ReadableStream.from([bad])
        .pipeThrough(new Stream(framing));
      await assertRejects(() => Array.fromAsync(frames), TypeError);
    }
    if (typeof bad !== "string") {
      assertThrows(() => delimiterFraming(bad), TypeError);
    }
  });
}

Deno.test("delimiterFraming() keeps a copy of a Buffer", () => {
  const delimiter = Buffer.from("\n");
  const framing = delimiterFraming(delimiter);
  delimiter.fill(0);
  assertEquals(encodeFrame(framing, bytes("a")), bytes("a\n"));
  const { frames } = decodeFrames(framing, bytes("a\nb\n"));
  assertEquals(frames.map(text), ["a", "b"]);
});
