/** Buffers whose class says another length: only the true bytes count. */
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { lengthPrefixFraming } from "@berkeley/sockets/tcp";
import { eachTransport, readAll, type Setup } from "../_each_stream.ts";

const SIZE = 8;
const SOON = { timeout: 20_000 };

/** Eight bytes of 1 that say that they are more, or fewer. */
function lying(said: number, memory = new ArrayBuffer(SIZE)): Uint8Array {
  class Lying extends Uint8Array {
    override get length() {
      return said;
    }
    override get byteLength() {
      return said;
    }
  }
  return new Lying(memory, 0, SIZE).fill(1);
}

/** What the peer gets, with what other messages have left in memory. */
async function sentBy(
  { pair }: Setup,
  send: (
    conn: Awaited<ReturnType<Setup["pair"]>>["client"],
  ) => Promise<unknown>,
): Promise<Uint8Array> {
  using other = await pair();
  await other.client.send(new Uint8Array(10_000).fill(9));
  await other.client.flush();
  using ends = await pair();
  const reading = readAll(ends.server);
  await send(ends.client);
  await ends.client.closeWrite();
  return await reading;
}

for (const said of [4096, 1]) {
  eachTransport(
    `what is sent are the true bytes, not ${said}`,
    async (setup) => {
      const expected = new Uint8Array(SIZE).fill(1);
      assertEquals(await sentBy(setup, (c) => c.send(lying(said))), expected);
      assertEquals(
        await sentBy(setup, (c) => c.writeAll(lying(said))),
        expected,
      );
      assertEquals(await sentBy(setup, (c) => c.write(lying(said))), expected);
      const framing = lengthPrefixFraming(2);
      const frames = await sentBy(setup, async (c) => {
        await c.sendFrame(framing, new Uint8Array(SIZE).fill(1));
        await c.sendFrame(framing, lying(said));
      });
      const frame = [0, SIZE, ...expected];
      assertEquals([...frames], [...frame, ...frame]);
    },
  );

  eachTransport(
    `what is filled are the true bytes, not ${said}`,
    async (setup) => {
      using ends = await setup.pair();
      const { client, server } = ends;
      await client.send(new Uint8Array(3 * SIZE).fill(7));
      const memory = new ArrayBuffer(4096);
      const buffer = lying(said, memory);
      const read = await server.read(buffer, SOON);
      assert(read !== null && read > 0 && read <= SIZE, `${read}`);
      await server.readExact(SIZE - read, SOON);
      assertStrictEquals(await server.readExact(buffer, SOON), buffer);
      assertEquals(server.buffered <= SIZE, true);
      assertEquals((await server.readExact(SIZE, SOON)).length, SIZE);
      const all = new Uint8Array(memory);
      assertEquals(all.subarray(0, SIZE), new Uint8Array(SIZE).fill(7));
      assertEquals(all.subarray(SIZE).every((byte) => byte === 0), true);
    },
  );
}
