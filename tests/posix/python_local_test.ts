/** Local sockets, with Python's at the other end. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ConnectionRefusedError } from "@berkeley/sockets/errors";
import {
  AF_UNIX,
  MSG_EOR,
  MSG_TRUNC,
  SHUT_WR,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  socket,
  socketPair,
} from "../../posix/mod.ts";
import { pythonTest } from "./_python.ts";
import { bytes, SOON, text } from "./_setup.ts";

/** A path in a folder of its own, and a name that is in no folder. */
async function eachName(
  body: (path: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(`${folder}/sock`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  if (Deno.build.os === "linux") {
    await body(`\0berkeley-${crypto.randomUUID()}`);
  }
}

/** How Python writes a text. */
const literal = (text: string) => JSON.stringify(text);

pythonTest("a stream that Python serves", (python) =>
  eachName(async (path) => {
    await python.eval("l = socket.socket(socket.AF_UNIX)");
    await python.eval(`l.bind(${literal(path)}); l.listen(4)`);
    using client = socket(AF_UNIX, SOCK_STREAM);
    await client.connect({ path }, SOON);
    await python.eval("c = l.accept()[0]");
    assertEquals(client.getPeerName(), { path });
    if (Deno.build.os === "linux") {
      assertEquals(client.getSockOpt("SO_PEERCRED").pid, python.pid);
    }
    await client.send(bytes("hello"));
    client.shutdown(SHUT_WR);
    assertEquals(await python.eval("c.recv(64) + c.recv(64)"), "hello");
    await python.eval("c.sendall(b'bye'); c.close(); l.close()");
    const buffer = new Uint8Array(8);
    assertEquals(text(buffer, await client.recv(buffer, SOON)), "bye");
    assertEquals(await client.recv(buffer, SOON), 0);
    using late = socket(AF_UNIX, SOCK_STREAM);
    await assertRejects(() => late.connect({ path }), ConnectionRefusedError);
  }));

pythonTest(
  "packets with Python stay what they are",
  (python) =>
    eachName(async (path) => {
      if (Deno.build.os !== "linux") return;
      using listener = socket(AF_UNIX, SOCK_SEQPACKET);
      listener.bind({ path });
      listener.listen();
      await python.eval(
        `c = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)`,
      );
      await python.eval(`c.settimeout(20); c.connect(${literal(path)})`);
      using server = (await listener.accept(SOON)).socket;
      await server.send(bytes("one"), { flags: MSG_EOR });
      await server.send(bytes("two"));
      assertEquals(await python.eval("[c.recv(64), c.recv(64)]"), [
        "one",
        "two",
      ]);
      await python.eval("c.send(b'three'); c.send(b'four')");
      const buffer = new Uint8Array(4);
      const flags = MSG_TRUNC;
      assertEquals(await server.recv(buffer, { flags, ...SOON }), 5);
      const { length, truncated } = await server.recvMsg(buffer, SOON);
      assertEquals([text(buffer, length), truncated], ["four", false]);
      await python.eval("c.close()");
      assertEquals(await server.recv(buffer, SOON), 0);
    }),
);

pythonTest(
  "datagrams with Python tell their sender",
  (python) =>
    eachName(async (path) => {
      using own = socket(AF_UNIX, SOCK_DGRAM);
      own.bind({ path });
      const other = `${path}-python`;
      await python.eval("u = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)");
      await python.eval(`u.settimeout(20); u.bind(${literal(other)})`);
      await python.eval(`u.sendto(b'question', ${literal(path)})`);
      const buffer = new Uint8Array(16);
      const { length, address } = await own.recvFrom(buffer, SOON);
      assertEquals([text(buffer, length), address], ["question", {
        path: other,
      }]);
      await own.sendTo(bytes("answer"), address);
      const [answer, from] = await python.eval("u.recvfrom(64)");
      assertEquals(answer, "answer");
      assertEquals(from, path);
      await python.eval("u.close()");
    }),
);

pythonTest(
  "Python gets a descriptor of ours, and uses it",
  (python) =>
    eachName(async (path) => {
      using listener = socket(AF_UNIX, SOCK_STREAM);
      listener.bind({ path });
      listener.listen();
      await python.eval("c = socket.socket(socket.AF_UNIX)");
      await python.eval(`c.settimeout(20); c.connect(${literal(path)})`);
      using server = (await listener.accept(SOON)).socket;
      const [kept, given] = socketPair(AF_UNIX, SOCK_STREAM);
      const control = [
        { type: "SCM_RIGHTS" as const, descriptors: [given.fd] },
      ];
      await server.sendMsg({ data: bytes("take"), control });
      given.close();
      await python.eval("data, fds, flags, name = socket.recv_fds(c, 64, 4)");
      assertEquals(await python.eval("[data, len(fds), flags]"), [
        "take",
        1,
        0,
      ]);
      await python.eval("g = socket.socket(fileno=fds[0])");
      await python.eval("g.sendall(b'thanks'); g.close(); c.close()");
      const buffer = new Uint8Array(8);
      assertEquals(text(buffer, await kept.recv(buffer, SOON)), "thanks");
      assertEquals(await kept.recv(buffer, SOON), 0); // nobody else has it open
      kept.close();
      assert(given.isClosed);
    }),
);
