/** Timers have their turn beside calls that complete, or fail, at once. */
import { assertEquals } from "@std/assert";
import {
  AF_INET,
  AF_UNIX,
  MessageBatch,
  MSG_DONTWAIT,
  MSG_WAITALL,
  poll,
  POLLOUT,
  SOCK_STREAM,
  socket,
  socketPair,
} from "../../posix/mod.ts";
import { assertFair, assertTimersFire } from "../_ticks.ts";
import { eachPosixFamily, nameOf, posixTest } from "./_setup.ts";

eachPosixFamily(
  "sendTo() and recvFrom() in a loop let timers fire",
  async ({ bind }) => {
    using a = bind();
    using b = bind();
    const bytes = new Uint8Array(64);
    const buffer = new Uint8Array(64);
    const to = b.getSockName();
    await assertFair(async (isOver) => {
      while (!isOver()) {
        await a.sendTo(bytes, to);
        await b.recvFrom(buffer);
      }
    });
    a.connectNow(to);
    await assertTimersFire(() => a.send(bytes));
    const batch = new MessageBatch({ capacity: 16, size: 64 });
    while (batch.push(bytes));
    await assertTimersFire(() => a.sendMany(batch));
    await assertTimersFire(() => a.sendMsg({ data: bytes }));
  },
);

eachPosixFamily(
  "send() and recv() in a loop let timers fire",
  async ({ pair }) => {
    using ends = await pair();
    const { client, server } = ends;
    const bytes = new Uint8Array(64);
    const buffer = new Uint8Array(64);
    await assertFair(async (isOver) => {
      while (!isOver()) {
        await client.send(bytes);
        await server.recv(buffer, { flags: MSG_WAITALL });
      }
    });
    await assertTimersFire(async () => {
      await client.sendMsg({ data: bytes });
      await server.recvMsg(buffer);
    });
  },
);

eachPosixFamily("send() and recv() of many megabytes let timers fire", async (
  { pair },
) => {
  using ends = await pair();
  const { client, server } = ends;
  const size = 64 << 20;
  const flags = MSG_WAITALL;
  // Filled, as the kernel takes its time to find memory at the first touch.
  const bytes = new Uint8Array(size).fill(1);
  const buffer = new Uint8Array(size).fill(1);
  await assertFair(async (isOver) => {
    while (!isOver()) {
      const sending = client.send(bytes);
      assertEquals(await server.recv(buffer, { flags }), size);
      assertEquals(await sending, size);
    }
  });
});

eachPosixFamily("connect() and accept() in a loop let timers fire", async (
  { af, listen },
) => {
  using listener = listen();
  const name = nameOf(listener);
  const connect = async () => {
    const client = socket(af, SOCK_STREAM);
    client.setSockOpt("SO_LINGER", 0);
    try {
      await client.connect(name);
      return (await listener.accept()).socket;
    } finally {
      client.close();
    }
  };
  await assertFair(async (isOver) => {
    while (!isOver()) (await connect()).close();
  });
  listener.close();
  await assertTimersFire(async () => {
    using client = socket(af, SOCK_STREAM);
    await client.connect(name).catch(() => {}); // nobody listens
  });
});

posixTest("recv() and send() that fail at once let timers fire", async () => {
  const [a, b] = socketPair(AF_UNIX, SOCK_STREAM);
  using _a = a;
  using _b = b;
  const options = { flags: MSG_DONTWAIT };
  const buffer = new Uint8Array(8);
  const ignore = () => {};
  await assertTimersFire(() => a.recv(buffer, options).catch(ignore));
  b.shutdown(1);
  await assertTimersFire(() => a.recv(buffer)); // the end
  using unconnected = socket(AF_INET, SOCK_STREAM);
  await assertTimersFire(() => unconnected.send(buffer).catch(ignore));
  await assertTimersFire(() => unconnected.recv(buffer).catch(ignore));
});

posixTest("poll() in a loop lets timers fire", async () => {
  const [a, b] = socketPair(AF_UNIX, SOCK_STREAM);
  using socket = a;
  using _b = b;
  await assertTimersFire(() => poll([{ socket, events: POLLOUT }]));
});
