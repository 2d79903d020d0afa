import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { decodeFrames, FrameDecoderStream } from "@berkeley/sockets/tcp";
import { codec, WRONG_LOCATES } from "./_wrong_codecs.ts";

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
