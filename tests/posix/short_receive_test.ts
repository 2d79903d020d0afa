/** Less received than there was room for is not always all that there was. */
import { assertEquals, assertRejects } from "@std/assert";
import { SocketError, TimedOutError } from "@berkeley/sockets/errors";
import {
  AF_UNIX,
  MSG_OOB,
  type PosixSocket,
  SOCK_STREAM,
  socketPair,
} from "../../posix/mod.ts";
import {
  bytes,
  eachPosixFamily,
  posixTest,
  SOON,
  text,
  until,
} from "./_setup.ts";

/** Receives once while nothing is there, so that the thread watches the socket. */
async function watch(near: PosixSocket, far: PosixSocket): Promise<void> {
  const waiting = near.recv(new Uint8Array(64), SOON);
  await far.send(bytes("begin"));
  await waiting;
}

async function receive(socket: PosixSocket, flags = 0): Promise<string> {
  const buffer = new Uint8Array(64);
  return text(buffer, await socket.recv(buffer, { flags, ...SOON }));
}

for (const isInline of [false, true]) {
  eachPosixFamily(
    `the urgent byte ends what is received, not the stream${
      isInline ? ", in line" : ""
    }`,
    async ({ pair }) => {
      using ends = await pair();
      const { client, server } = ends;
      client.setSockOpt("SO_OOBINLINE", isInline);
      await watch(client, server);
      await server.send(bytes("before"));
      await server.send(bytes("!"), { flags: MSG_OOB });
      await server.send(bytes("after"));
      await until(() => client.tcpInfo().bytesReceived >= 5 + 6 + 1 + 5);
      assertEquals(await receive(client), "before");
      if (!isInline) assertEquals(await receive(client, MSG_OOB), "!");
      assertEquals(await receive(client), isInline ? "!after" : "after");
      await server.send(bytes("more"));
      assertEquals(await receive(client), "more");
    },
  );
}

eachPosixFamily("MSG_OOB does not wait for an urgent byte", async (setup) => {
  using ends = await setup.pair();
  const { client, server } = ends;
  const buffer = new Uint8Array(8);
  await watch(client, server);
  await assertRejects(
    () => client.recv(buffer, { flags: MSG_OOB, ...SOON }),
    SocketError,
    "EINVAL",
  );
});

posixTest("descriptors end what is received, not the stream", async () => {
  const [near, far] = socketPair(AF_UNIX, SOCK_STREAM);
  await watch(near, far);
  await far.send(bytes("before"));
  const control = [{ type: "SCM_RIGHTS" as const, descriptors: [far.fd] }];
  await far.sendMsg({ data: bytes("with"), control });
  await far.send(bytes("after"));
  let got = "";
  while (got.length < 15) got += await receive(near);
  assertEquals(got, "beforewithafter");
  near.close();
  far.close();
});

eachPosixFamily(
  "what has come is there for a timeout of 0",
  async ({ pair }) => {
    using ends = await pair();
    const { client, server } = ends;
    await watch(client, server);
    const buffer = new Uint8Array(8);
    for (let i = 0; i < 100; i++) {
      await server.send(bytes("x"));
      await until(() => client.tcpInfo().bytesReceived >= 6 + i);
      const received = client.recv(buffer, { timeout: 0 });
      assertEquals(await received, 1);
    }
    await assertRejects(
      () => client.recv(buffer, { timeout: 0 }),
      TimedOutError,
    );
  },
);
