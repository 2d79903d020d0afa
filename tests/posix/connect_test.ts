/** Connections whose outcome comes later. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  ClosedError,
  ConnectionRefusedError,
  SocketError,
  TimedOutError,
} from "@berkeley/sockets/errors";
import { type PosixSocket, SOCK_STREAM, socket } from "../../posix/mod.ts";
import {
  bothPosixFamilies,
  bytes,
  eachPosixFamily,
  type Setup,
  SOON,
  text,
} from "./_setup.ts";

/** A listener whose queue is full: its host leaves further attempts unanswered. */
async function fullListener(setup: Setup) {
  const listener = setup.listen(0);
  const first = socket(setup.af, SOCK_STREAM);
  await first.connect(listener.getSockName(), SOON);
  const name = listener.getSockName();
  return {
    listener,
    name,
    /** Begins an attempt that is not answered. */
    begin(): { client: PosixSocket; connecting: Promise<unknown> } {
      const client = socket(setup.af, SOCK_STREAM);
      const connecting = client.connect(name, SOON).catch((error) => error);
      assertEquals(client.tcpInfo().state, "SYN_SENT");
      return { client, connecting };
    },
    [Symbol.dispose]() {
      listener.close();
      first.close();
    },
  };
}

const IS_LINUX = Deno.build.os === "linux";

bothPosixFamilies("a refusal may come late", async (setup) => {
  if (!IS_LINUX) return;
  using full = await fullListener(setup);
  const { client, connecting } = full.begin();
  using _ = client;
  full.listener.close();
  assert(await connecting instanceof ConnectionRefusedError);
  assert(!client.isClosed);

  // The same socket may try again.
  using listener = setup.listen();
  await client.connect(listener.getSockName(), SOON);
  using server = (await listener.accept(SOON)).socket;
  await client.send(bytes("again"));
  const buffer = new Uint8Array(8);
  assertEquals(text(buffer, await server.recv(buffer, SOON)), "again");
});

bothPosixFamilies("SO_ERROR may be read by others meanwhile", async (setup) => {
  if (!IS_LINUX) return;
  using full = await fullListener(setup);
  const { client, connecting } = full.begin();
  using _ = client;
  full.listener.close();
  // Nothing else has its turn until it is there.
  while (client.tcpInfo().state === "SYN_SENT");
  assert(client.getSockOpt("SO_ERROR") !== 0);
  assert(await connecting instanceof SocketError);
});

bothPosixFamilies("what waits for a connection is in turn", async (setup) => {
  if (!IS_LINUX) return;
  using full = await fullListener(setup);
  const { client, connecting } = full.begin();
  using _ = client;
  const buffer = new Uint8Array(16);
  const receiving = client.recv(buffer, SOON);
  const sending = client.send(bytes("as soon as it is"), SOON);
  await assertRejects(
    () => client.connect(full.name),
    SocketError,
    "EALREADY",
  );
  (await full.listener.accept(SOON)).socket.close();
  const { socket: server } = await full.listener.accept(SOON);
  using _server = server;
  assertEquals(await connecting, undefined);
  assertEquals(await sending, 16);
  await server.send(bytes("welcome"));
  assertEquals(text(buffer, await receiving), "welcome");
  await assertRejects(() => client.connect(full.name), SocketError, "EISCONN");
});

eachPosixFamily("connecting ends by close, signal and time", async (setup) => {
  if (!IS_LINUX) return;
  using full = await fullListener(setup);
  {
    const { client, connecting } = full.begin();
    const sending = client.send(bytes("x")).catch((error) => error);
    client.close();
    assert(await connecting instanceof ClosedError);
    assert(await sending instanceof ClosedError);
  }
  {
    const giveUp = new AbortController();
    using client = socket(setup.af, SOCK_STREAM);
    const connecting = client.connect(full.name, { signal: giveUp.signal });
    const sending = client.send(bytes("x")).catch((error) => error);
    giveUp.abort("enough");
    assertEquals(await connecting.catch((reason) => reason), "enough");
    assert(await sending instanceof ClosedError);
    assert(client.isClosed);
  }
  using client = socket(setup.af, SOCK_STREAM);
  await assertRejects(
    () => client.connect(full.name, { timeout: 0 }),
    TimedOutError,
  );
  assert(client.isClosed);
});
