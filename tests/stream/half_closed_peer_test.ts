/** Answers to clients that have ended their side before they are accepted. */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { ConnectionResetError } from "@berkeley/sockets/errors";
import { bytes, eachTransport, readAll, text } from "../_each_stream.ts";

for (const request of ["", "a request"]) {
  eachTransport(
    `a short answer reaches a client that half-closed before accept, after ${
      request === "" ? "no byte" : "a request"
    }`,
    async ({ listen, connect }) => {
      using listener = await listen();
      const answers: (string | null)[] = [];
      for (let i = 0; i < 50; i++) {
        using client = await connect(listener.addr);
        if (request !== "") await client.send(bytes(request));
        await client.closeWrite();
        using server = await listener.accept();
        await server.writeAll(bytes("an answer"));
        await server.closeWrite();
        answers.push(text(await readAll(client)));
        assertEquals(text(await readAll(server)), request);
      }
      assertEquals(answers, Array(50).fill("an answer"));
    },
  );
}

/** Backends that fail a long write to a peer that half-closed without a byte. */
const FAILS_LONG_ANSWERS = ["node"];

for (const request of ["", "a request"]) {
  eachTransport(
    `a long answer reaches a client that half-closed before accept, after ${
      request === "" ? 'no byte, but not over "node"' : "a request"
    }`,
    async ({ backend, listen, connect }) => {
      using listener = await listen();
      using client = await connect(listener.addr);
      if (request !== "") await client.send(bytes(request));
      await client.closeWrite();
      using server = await listener.accept();
      assertEquals(text(await readAll(server)), request);
      const size = 20_000_000; // more than the kernel takes at once
      const writing = server.writeAll(new Uint8Array(size))
        .then(() => server.closeWrite())
        .then(() => "all written", (error) => error.code);
      let received = 0;
      const buffer = new Uint8Array(64 * 1024);
      try {
        for (let n; (n = await client.read(buffer)) !== null;) received += n;
      } catch (error) {
        assertInstanceOf(error, ConnectionResetError);
      }
      if (request === "" && FAILS_LONG_ANSWERS.includes(backend)) {
        assertEquals(await writing, "EPIPE");
        assert(received < size, "the runtime has mended it: mend the docs");
      } else {
        assertEquals([await writing, received], ["all written", size]);
      }
    },
  );
}

eachTransport(
  "a short answer reaches clients that half-close while the listener is busy",
  async ({ listen, connect }) => {
    using listener = await listen();
    const answers = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const accepting = listener.accept();
        using client = await connect(listener.addr);
        const ending = client.closeWrite();
        using server = await accepting;
        await server.send(bytes("an answer"));
        await server.closeWrite();
        await ending;
        const answer = text(await readAll(client));
        await readAll(server);
        return answer;
      }),
    );
    assertEquals(answers, Array(50).fill("an answer"));
  },
);
