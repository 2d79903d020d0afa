/** Connections over the pipes of a child process. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { TimedOutError } from "@berkeley/sockets/errors";
import { lengthPrefixFraming, StreamConn } from "@berkeley/sockets/stream";
import { spawn } from "node:child_process";
import { Duplex } from "node:stream";

/** A `cat`, and how to wait for its end. */
interface Cat {
  conn: StreamConn;
  /** Resolves with its exit code. */
  ended: Promise<number | null>;
  /** Closes a pipe that `Duplex.from` leaves open. */
  release?(): void;
}

const CATS: Record<string, () => Cat> = {
  "a Deno.ChildProcess": () => {
    const pipes = { stdin: "piped", stdout: "piped" } as const;
    const child = new Deno.Command("cat", pipes).spawn();
    const { stdin: writable, stdout: readable } = child;
    const conn = StreamConn.from({ readable, writable });
    return { conn, ended: child.status.then(({ code }) => code) };
  },
  "a ChildProcess of Node": () => {
    const child = spawn("cat", { stdio: ["pipe", "pipe", "inherit"] });
    const { stdin: writable, stdout: readable } = child;
    const ended = new Promise<number | null>((resolve) =>
      child.once("exit", resolve)
    );
    return {
      conn: StreamConn.from(Duplex.from({ readable, writable })),
      ended,
      release: () => readable.destroy(),
    };
  },
};

for (const [name, start] of Object.entries(CATS)) {
  Deno.test({
    name: `from() talks to ${name} by lines, frames and its end`,
    ignore: Deno.build.os === "windows",
    async fn() {
      const { conn, ended } = start();
      await assertRejects(() => conn.readLine({ timeout: 1 }), TimedOutError);
      await conn.send("one\ntwo\n");
      assertEquals([await conn.readLine(), await conn.readLine()], [
        "one",
        "two",
      ]);
      const framing = lengthPrefixFraming(4);
      const frame = new Uint8Array(1_000_000).map((_, i) => i % 251);
      const sending = conn.sendFrame(framing, frame);
      assertEquals(await conn.readFrame(framing), frame);
      await sending;
      await conn.send("last words");
      await conn.closeWrite();
      assertEquals(await conn.readLine(), "last words");
      assertEquals([await conn.readLine(), await ended], [null, 0]);
      await conn[Symbol.asyncDispose]();
    },
  });

  Deno.test({
    name: `close() ends the input of ${name}`,
    ignore: Deno.build.os === "windows",
    async fn() {
      const { conn, ended, release } = start();
      await conn.send("unread\n");
      await conn[Symbol.asyncDispose]();
      assert(conn.isClosed);
      const code = await ended; // of SIGPIPE it has none
      assert(code === 0 || code === null || code === 141, `${code}`);
      release?.();
    },
  });
}
