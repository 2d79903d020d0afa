/** Local datagrams for a socket whose queue is full: the kernel does not tell of room. */
import { assertEquals, assertRejects } from "@std/assert";
import { ClosedError, TimedOutError } from "@berkeley/sockets/errors";
import {
  AF_UNIX,
  MessageBatch,
  MSG_DONTWAIT,
  type PosixSocket,
  SOCK_DGRAM,
  socket,
  type UnixName,
} from "../../posix/mod.ts";
import { MOD, runScript } from "./_script.ts";
import { NEVER, posixTest, SOON } from "./_setup.ts";

/** A test on Linux, whose abstract names need no file. */
function localTest(
  name: string,
  body: (receiver: PosixSocket, to: UnixName) => Promise<void>,
): void {
  posixTest(name, async () => {
    if (Deno.build.os !== "linux") return;
    const to = abstractName();
    using receiver = socket(AF_UNIX, SOCK_DGRAM);
    receiver.bind(to);
    await body(receiver, to);
  });
}

function abstractName(): UnixName {
  return { path: `\0berkeley-${crypto.randomUUID()}` };
}

/** Sends until there is no room; how many datagrams of one byte it took. */
async function fill(name: UnixName): Promise<number> {
  using sender = socket(AF_UNIX, SOCK_DGRAM);
  for (let count = 0; count < 100_000; count++) {
    const sending = sender.sendTo(new Uint8Array(1), name, {
      flags: MSG_DONTWAIT,
    });
    if (await sending.catch((error) => error.code) === "EAGAIN") return count;
  }
  throw new Error("the queue is never full");
}

async function drain(receiver: PosixSocket, count: number): Promise<number[]> {
  const buffer = new Uint8Array(8);
  const got: number[] = [];
  for (let i = 0; i < count; i++) {
    await receiver.recv(buffer, SOON);
    got.push(buffer[0]!);
  }
  return got;
}

localTest("each way to send waits for room", async (receiver, to) => {
  const data = new Uint8Array([7]);
  const ways: ((sender: PosixSocket) => Promise<number>)[] = [
    (sender) => sender.sendTo(data, to, SOON),
    (sender) => sender.sendMsg({ data, address: to }, SOON),
    (sender) => {
      const batch = new MessageBatch({ capacity: 1 });
      sender.addTo(batch, data, to);
      return sender.sendMany(batch, SOON);
    },
    (sender) => {
      sender.connectNow(to);
      return sender.send(data, SOON);
    },
  ];
  for (const way of ways) {
    const count = await fill(to);
    using sender = socket(AF_UNIX, SOCK_DGRAM);
    const sending = way(sender);
    const got = await drain(receiver, count + 1);
    assertEquals(await sending, 1);
    assertEquals(got.filter((byte) => byte === 7), [7]);
  }
});

localTest("a datagram that waits keeps its address", async (receiver, to) => {
  using other = socket(AF_UNIX, SOCK_DGRAM);
  const elsewhere = abstractName();
  other.bind(elsewhere);
  for (const isMessage of [false, true]) {
    const count = await fill(to);
    using sender = socket(AF_UNIX, SOCK_DGRAM);
    const data = new Uint8Array([7]);
    const address = { ...to };
    const sending = isMessage
      ? sender.sendMsg({ data, address }, SOON)
      : sender.sendTo(data, address, SOON);
    Object.assign(address, elsewhere);
    assertEquals((await drain(receiver, count + 1)).at(-1), 7);
    await sending;
    assertEquals(other.recvNow(new Uint8Array(1)), undefined);
  }
});

posixTest("who waits for room uses no processor", async () => {
  if (Deno.build.os !== "linux") return;
  const output = await runScript(
    `import { AF_UNIX, MSG_DONTWAIT, SOCK_DGRAM, socket } from "${MOD}";
    const to = { path: "\0berkeley-" + crypto.randomUUID() };
    using receiver = socket(AF_UNIX, SOCK_DGRAM);
    receiver.bind(to);
    using sender = socket(AF_UNIX, SOCK_DGRAM);
    const send = (options) => sender.sendTo(new Uint8Array(1), to, options)
      .then(() => "sent", (error) => error.code);
    while (await send({ flags: MSG_DONTWAIT }) === "sent");
    const busy = () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    };
    const [cpu, time] = [busy(), performance.now()];
    const outcome = await send({ timeout: 700 });
    const share = (busy() - cpu) / (performance.now() - time);
    console.log(outcome, share < 0.3 ? "idle" : share);`,
  );
  assertEquals(output, "ETIMEDOUT idle\n");
}, "inherit");

localTest("waiting for room ends by close and timeout", async (_r, to) => {
  await fill(to);
  using sender = socket(AF_UNIX, SOCK_DGRAM);
  const send = (options = {}) => sender.sendTo(new Uint8Array(1), to, options);
  const first = assertRejects(() => send(), ClosedError);
  const second = assertRejects(() => send(), ClosedError);
  await assertRejects(() => send(NEVER), TimedOutError);
  sender.close();
  await Promise.all([first, second]);
});
