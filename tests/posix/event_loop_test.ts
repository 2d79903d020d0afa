/** What the thread that waits for sockets does to the program. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ClosedError, TimedOutError } from "@berkeley/sockets/errors";
import { AF_UNIX, POLLIN, SOCK_STREAM, socketPair } from "../../posix/mod.ts";
import { Descriptor } from "../../posix/_descriptor.ts";
import { Epoll } from "../../posix/_epoll.ts";
import { type InThread, loadLibc } from "../../posix/_libc.ts";
import { PollSet } from "../../posix/_poll_set.ts";
import { Reactor } from "../../posix/_reactor.ts";
import { Side } from "../../posix/_side.ts";
import { recvNow } from "../../posix/_calls.ts";
import { HAS_POSIX } from "../_posix.ts";
import { bytes, eachPosixFamily, NEVER, posixTest, SOON } from "./_setup.ts";

const MOD = new URL("../../posix/mod.ts", import.meta.url).href;

/** What a program prints that may use the network and FFI. */
async function run(
  script: string,
  ...flags: string[]
): Promise<string> {
  const url = `data:application/typescript,${encodeURIComponent(script)}`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--quiet"],
      ...(flags.length > 0 ? flags : ["--allow-net", "--allow-ffi"]),
      url,
    ],
  }).output();
  const decoder = new TextDecoder();
  return decoder.decode(stdout) + decoder.decode(stderr);
}

posixTest("no descriptor leaks, however calls end", async () => {
  const output = await run(
    `import { AF_UNIX, PosixSocket, SOCK_STREAM, socket, socketPair } from "${MOD}";
    const count = () => [...Deno.readDirSync("/proc/self/fd")].length;
    async function endInEveryWay(round) {
      const [a, b] = socketPair(AF_UNIX, SOCK_STREAM);
      const buffer = new Uint8Array(1);
      const ends = [
        a.recv(buffer),
        a.recv(buffer, { timeout: 1 }),
        a.recv(buffer, { signal: AbortSignal.abort() }),
        b.recv(buffer),
      ].map((call) => call.catch(() => {}));
      if (round % 2) await b.send(buffer);
      a.close();
      b.close();
      await Promise.all(ends);
    }
    async function passDescriptors() {
      const [a, b] = socketPair(AF_UNIX, SOCK_STREAM);
      const data = new Uint8Array(1);
      const control = [{ type: "SCM_RIGHTS", descriptors: [a.fd, b.fd] }];
      await a.sendMsg({ data, control });
      const { control: [rights] } = await b.recvMsg(data);
      for (const fd of rights.descriptors) PosixSocket.adopt(fd).close();
      await a.sendMsg({ data, control });
      await b.recvMsg(data, { controlSize: 0 }); // the kernel closes them
      a.close();
      b.close();
    }
    async function fail() {
      const one = socket(2, SOCK_STREAM);
      await one.connect({ hostname: "127.0.0.1", port: 1 }).catch(() => {});
      one.close();
      try { socket(AF_UNIX, SOCK_STREAM, 99); } catch {}
      try { socketPair(2, SOCK_STREAM); } catch {}
    }
    // The runtime opens a pair for signals once it has run for a while.
    const ignore = () => {};
    Deno.addSignalListener("SIGUSR1", ignore);
    Deno.removeSignalListener("SIGUSR1", ignore);
    let before = 0;
    for (let round = 0; round < 50; round++) {
      // The first round opens what the thread waits by, which stays.
      if (round === 1) before = count();
      await endInEveryWay(round);
      await passDescriptors();
      await fail();
    }
    console.log(count() - before);`,
    "--allow-all",
  );
  assertEquals(output, "0\n");
}, "inherit");

eachPosixFamily(
  "a number used again wakes nobody of before",
  async ({ pair }) => {
    let reused = 0;
    for (let round = 0; round < 30; round++) {
      using first = await pair();
      const old = assertRejects(
        () => first.client.recv(new Uint8Array(8)),
        ClosedError,
      );
      const { fd } = first.client;
      // What is still to be told of the first must not reach the second.
      first.server.sendNow(bytes("late"));
      first.client.close();
      const [a, b] = socketPair(AF_UNIX, SOCK_STREAM);
      using _a = a;
      using _b = b;
      if ([a.fd, b.fd].includes(fd)) reused++;
      await assertRejects(
        () => a.recv(new Uint8Array(8), { timeout: 2 }),
        TimedOutError,
      );
      await b.send(bytes("mine"));
      assertEquals(await a.recv(new Uint8Array(8), SOON), 4);
      await old;
    }
    assert(reused > 0); // not each time where other tests run beside this one
  },
);

posixTest("many sockets wait at once", async () => {
  const pairs = Array.from(
    { length: 200 },
    () => socketPair(AF_UNIX, SOCK_STREAM),
  );
  const waiting = pairs.map(([a]) => a.recv(new Uint8Array(8), SOON));
  for (const [, b] of pairs.toReversed()) await b.send(bytes("x"));
  assertEquals(await Promise.all(waiting), pairs.map(() => 1));
  for (const [a, b] of pairs) {
    a.close();
    b.close();
  }
});

posixTest(
  "a program ends when nothing waits, or only what let it",
  async () => {
    const output = await run(
      `import { AF_UNIX, SOCK_STREAM, socketPair } from "${MOD}";
    const [a] = socketPair(AF_UNIX, SOCK_STREAM);
    const [b] = socketPair(AF_UNIX, SOCK_STREAM);
    a.recv(new Uint8Array(1)).catch((error) => console.log(error.code));
    b.unref();
    b.recv(new Uint8Array(1)).then(() => console.log("never"));
    await new Promise((resolve) => setTimeout(resolve, 5));
    a.unref();
    a.ref();
    a.close();
    console.log("end");`,
    );
    assertEquals(output, "end\nEBADF\n");
  },
  "inherit",
);

posixTest("what lets the program end is still served", async () => {
  const [a, b] = socketPair(AF_UNIX, SOCK_STREAM);
  a.unref();
  const waiting = a.recv(new Uint8Array(8));
  const timer = setTimeout(() => {}, 20_000); // what keeps this test alive
  await b.send(bytes("unref"));
  assertEquals(await waiting, 5);
  clearTimeout(timer);
  a.close();
  b.close();
});

posixTest("a program that waits uses no processor", async () => {
  const output = await run(
    `import { AF_INET, SOCK_STREAM, socket } from "${MOD}";
    const listener = socket(AF_INET, SOCK_STREAM);
    listener.spin = 50;
    listener.bind({ hostname: "127.0.0.1", port: 0 });
    listener.listen();
    listener.accept({ timeout: 1000 }).catch(() => {});
    const busy = () => {
      const { user, system } = process.cpuUsage();
      return user + system;
    };
    await new Promise((resolve) => setTimeout(resolve, 100));
    const [cpu, time] = [busy(), performance.now()];
    await new Promise((resolve) => setTimeout(resolve, 700));
    const share = (busy() - cpu) / 1000 / (performance.now() - time);
    console.log(share < 0.3 ? "idle" : share);`,
  );
  assertEquals(output, "idle\n");
}, "inherit");

posixTest("a look does not take what ends the wait of the thread", async () => {
  if (Deno.build.os !== "linux") return;
  const poller = new Epoll();
  const ignore = () => {};
  poller.wake();
  assertEquals(poller.look(ignore), 0);
  let isStuck = false;
  const timer = setTimeout(() => {
    isStuck = true;
    poller.wake();
  }, 5000);
  await poller.wait(ignore);
  clearTimeout(timer);
  assertEquals(isStuck, false);
}, "inherit");

/** libc's poll in a thread, for the part of macOS that Linux can do as well. */
function pollSet(): PollSet {
  const { symbols } = Deno.dlopen("libc.so.6", {
    poll: {
      parameters: ["buffer", "u32", "i32"],
      result: "i32",
      nonblocking: true,
    },
  });
  return new PollSet(symbols.poll as InThread);
}

const reactor = HAS_POSIX && Deno.build.os === "linux"
  ? new Reactor(pollSet())
  : undefined;

posixTest("poll serves where there is no epoll", async () => {
  if (reactor === undefined) return;
  const pairs = Array.from({ length: 20 }, () => {
    const [near, far] = socketPair(AF_UNIX, SOCK_STREAM);
    // A descriptor of its own, which the reactor with poll waits for.
    const fd = loadLibc().fcntl(near.fd, 0, 0); // F_DUPFD
    near.close();
    const own = new Descriptor(fd, reactor);
    return { near: own, receiving: new Side(own, POLLIN), far };
  });
  const receive = ({ near, receiving }: typeof pairs[0], options = SOON) => {
    const buffer = new Uint8Array(8);
    const attempt = () => recvNow(near.fd, buffer, 0);
    const call = { action: "receive", syscall: "recv" };
    return receiving.perform(attempt, options, call);
  };
  const waiting = pairs.map((pair) => receive(pair));
  for (const { far } of pairs.toReversed()) await far.send(bytes("abc"));
  assertEquals(await Promise.all(waiting), pairs.map(() => 3));
  await assertRejects(() => receive(pairs[0]!, NEVER), TimedOutError);
  const closing = pairs.map((pair) =>
    assertRejects(() => receive(pair), ClosedError)
  );
  for (const { near, far } of pairs) {
    near.close();
    far.close();
  }
  await Promise.all(closing);
  await reactor.quiet();
}, "inherit");
