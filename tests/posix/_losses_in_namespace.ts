/** Options against silence; run by namespace_test.ts in a namespace of its own. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { SocketError, TimedOutError } from "@berkeley/sockets/errors";
import { type PosixSocket, SOCK_STREAM, socket } from "../../posix/mod.ts";
import { run } from "../_namespace.ts";
import { bytes, eachPosixFamily, type Setup, SOON } from "./_setup.ts";

function link(state: "up" | "down"): void {
  run("ip", "link", "set", "lo", state);
}

/** The kernel gives up, and says why: the last that it heard of the way, if anything. */
async function rejectsAsSilent(socket: PosixSocket): Promise<void> {
  const error = await assertRejects(
    () => socket.recv(new Uint8Array(1), SOON),
    SocketError,
  );
  assert(["ETIMEDOUT", "ENETUNREACH"].includes(error.code), error.message);
}

/** A test that may take the link down. */
function lossTest(name: string, body: (setup: Setup) => Promise<void>): void {
  eachPosixFamily(name, (setup) => {
    link("up");
    return body(setup);
  }, "inherit");
}

lossTest(
  "TCP_USER_TIMEOUT gives up unacknowledged data",
  async (setup) => {
    using ends = await setup.pair();
    const { client } = ends;
    client.setSockOpt("TCP_USER_TIMEOUT", 300);
    const waiting = rejectsAsSilent(client);
    link("down");
    await client.send(bytes("into the void")).catch(() => {});
    await waiting;
    assertEquals(client.tcpInfo().state, "CLOSE");
  },
);

lossTest(
  "SO_KEEPALIVE gives up a peer that is silent",
  async (setup) => {
    using ends = await setup.pair();
    const { client } = ends;
    client.setSockOpt("TCP_KEEPIDLE", 1000);
    client.setSockOpt("TCP_KEEPINTVL", 1000);
    client.setSockOpt("TCP_KEEPCNT", 1);
    client.setSockOpt("SO_KEEPALIVE", true);
    const waiting = rejectsAsSilent(client);
    link("down");
    await waiting;
    assertEquals(client.tcpInfo().state, "CLOSE");
  },
);

lossTest("TCP_SYNCNT gives up a host that is silent", async (setup) => {
  if (setup.family === 6) return; // the same code
  using listener = setup.listen(0);
  using first = socket(setup.af, SOCK_STREAM);
  await first.connect(listener.getSockName(), SOON);
  using client = socket(setup.af, SOCK_STREAM);
  client.setSockOpt("TCP_SYNCNT", 1);
  // The queue is full, and leaves SYN without an answer.
  await assertRejects(
    () => client.connect(listener.getSockName(), SOON),
    TimedOutError,
  );
  assert(!client.isClosed); // as it would be by SOON
});
