/** The SNTP client against servers of the test, good and bad. */
import { bindUdp, type UdpSocket } from "@berkeley/sockets/udp";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { FAMILIES } from "../_each_family.ts";
import { assertFailsInALine, run } from "./_example.ts";

const EPOCH = 2_208_988_800;

function putTime(packet: DataView, at: number, seconds: number): void {
  packet.setUint32(at, (Math.floor(seconds) + EPOCH) % 2 ** 32);
  packet.setUint32(at + 4, (seconds % 1) * 2 ** 32);
}

/** An answer by a clock that is ahead. */
function answer(question: Uint8Array, ahead = 0): DataView {
  const packet = new DataView(new ArrayBuffer(48));
  packet.setUint8(0, 4 << 3 | 4); // version 4, server
  packet.setUint8(1, 2); // stratum
  new Uint8Array(packet.buffer).set(question.subarray(40, 48), 24);
  const now = Date.now() / 1000 + ahead;
  putTime(packet, 32, now);
  putTime(packet, 40, now);
  return packet;
}

/** How a server answers the nth question; with nothing, where it is lost. */
type Server = (question: Uint8Array, count: number) => DataView[];

async function serve(socket: UdpSocket, server: Server): Promise<void> {
  let count = 0;
  for await (const { data, address } of socket) {
    assertEquals([data.length, data[0]], [48, 0x23]);
    for (const packet of server(data, ++count)) {
      await socket.sendTo(new Uint8Array(packet.buffer), address);
    }
  }
}

async function ask(hostname: string, server: Server, ...args: string[]) {
  const socket = await bindUdp({ hostname });
  const serving = serve(socket, server);
  const port = String(socket.localAddr.port);
  const outcome = await run([
    "examples/sntp.ts",
    hostname,
    "--port",
    port,
    ...args,
  ]);
  socket.close();
  await serving;
  return outcome;
}

/** A change to an answer. */
function changed(change: (packet: DataView) => void): Server {
  return (question) => {
    const packet = answer(question);
    change(packet);
    return [packet];
  };
}

/** The numbers after the words in what was printed. */
function printed(stdout: string, word: string): number {
  return Number(new RegExp(`^${word} +(-?[0-9.]+) s$`, "m").exec(stdout)?.[1]);
}

for (const { name, loopback } of FAMILIES) {
  for (const ahead of [1000, -1000, 0]) {
    Deno.test(`sntp tells a clock that is ${ahead} s ahead, over ${name}`, async () => {
      const { code, stdout, stderr } = await ask(
        loopback,
        (question) => [answer(question, ahead)],
      );
      assertEquals([code, stderr], [0, ""]);
      assertStringIncludes(stdout, `${loopback} port `);
      assertStringIncludes(stdout, "stratum 2");
      // The clocks of the two processes are read apart, to the millisecond.
      const error = Math.abs(printed(stdout, "offset") - ahead);
      assert(error <= printed(stdout, "delay") / 2 + 0.1, stdout);
    });
  }
}

Deno.test("sntp knows the years after 2036", async () => {
  const ahead = 2_300_000_000 - Date.now() / 1000; // 2042-11-19
  const { stdout } = await ask("127.0.0.1", (q) => [answer(q, ahead)]);
  assertStringIncludes(stdout, "time   2042-11-");
});

Deno.test("sntp asks again where an answer is lost, and takes no other's", async () => {
  const { code, stdout } = await ask(
    "127.0.0.1",
    (question, count) => {
      if (count === 1) return [];
      const foreign = answer(question, 5000);
      foreign.setUint8(31, foreign.getUint8(31) ^ 1);
      const client = answer(question, 5000);
      client.setUint8(0, 4 << 3 | 3);
      const short = new DataView(answer(question).buffer.slice(0, 47));
      return [foreign, client, short, answer(question, 7000)];
    },
    "--timeout",
    "200",
    "--attempts",
    "10",
  );
  assertEquals(code, 0);
  assertEquals(Math.round(printed(stdout, "offset") / 100), 70);
});

const FAILURES: { name: string; server: Server; expected: string }[] = [
  {
    name: "refuses with a kiss code",
    server: changed((packet) => {
      packet.setUint8(1, 0);
      packet.setUint32(12, 0x52415445);
    }),
    expected: "kiss code RATE",
  },
  {
    name: "is not synchronized",
    server: changed((packet) => packet.setUint8(0, 0xe4)),
    expected: "does not know the time",
  },
  {
    name: "is of stratum 16",
    server: changed((packet) => packet.setUint8(1, 16)),
    expected: "does not know the time",
  },
  {
    name: "has no transmit time",
    server: changed((packet) => packet.setBigUint64(40, 0n)),
    expected: "does not know the time",
  },
  { name: "does not answer", server: () => [], expected: "ETIMEDOUT" },
];

Deno.test("sntp fails in a line when its options make no sense", async () => {
  for (const option of ["--port", "--timeout", "--attempts"]) {
    const outcome = await ask("127.0.0.1", () => [], option, "x");
    assertFailsInALine(outcome, option.slice(2), 2);
    assertEquals(outcome.stdout, "");
  }
});

for (const { name, server, expected } of FAILURES) {
  Deno.test(`sntp fails in a line where the server ${name}`, async () => {
    const hurry = ["--timeout", "100", "--attempts", "2"];
    const { code, stdout, stderr } = await ask("127.0.0.1", server, ...hurry);
    assertEquals([code, stdout], [1, ""]);
    assertStringIncludes(stderr, expected);
    assertEquals(stderr.trim().split("\n").length, 1, stderr);
  });
}
