/** An option of a socket that was closed touches no socket that has its number now. */
import { assertEquals, assertInstanceOf } from "@std/assert";
import { ClosedError } from "@berkeley/sockets/errors";
import { connectTcp, listenTcp, type TcpBackend } from "@berkeley/sockets/tcp";
import { bindUdp, connectUdp, type UdpBackend } from "@berkeley/sockets/udp";
import { SOCK_DGRAM, SOCK_STREAM, socket } from "../../posix/mod.ts";
import { eachPosixFamily } from "./_setup.ts";

const TCP: TcpBackend[] = ["deno", "node", "posix"];
const UDP: UdpBackend[] = "listenDatagram" in Deno
  ? ["deno", "node", "posix"]
  : ["node", "posix"];

/** What every endpoint has. */
interface Endpoint {
  setOption(name: "SO_KEEPALIVE", value: boolean): Promise<void>;
  getOption(name: "SO_KEEPALIVE"): Promise<boolean>;
  close(): void;
}

/** Closes the endpoint while calls are under way, and takes its number. */
async function checkClosed(
  endpoint: Endpoint,
  af: number,
  type: number,
): Promise<void> {
  const calls = Promise.allSettled([
    endpoint.setOption("SO_KEEPALIVE", true),
    endpoint.getOption("SO_KEEPALIVE"),
  ]);
  endpoint.close();
  const others = Array.from({ length: 16 }, () => socket(af, type));
  const outcomes = await calls;
  const values = others.map((other) => other.getSockOpt("SO_KEEPALIVE"));
  for (const other of others) other.close();
  for (const outcome of outcomes) {
    assertInstanceOf((outcome as PromiseRejectedResult).reason, ClosedError);
  }
  assertEquals(values, Array(16).fill(false));
}

for (const backend of TCP) {
  eachPosixFamily(
    `setOption() and getOption() of TCP reject when the socket is closed meanwhile, over ${backend}`,
    async ({ af, loopback }) => {
      await using listener = await listenTcp({
        hostname: loopback,
        port: 0,
        backend,
      });
      await using client = await connectTcp({ ...listener.addr, backend });
      await using server = await listener.accept();
      for (const endpoint of [client, server, listener]) {
        await checkClosed(endpoint as Endpoint, af, SOCK_STREAM);
      }
    },
  );
}

for (const backend of UDP) {
  eachPosixFamily(
    `setOption() and getOption() of UDP reject when the socket is closed meanwhile, over ${backend}`,
    async ({ af, loopback }) => {
      await using server = await bindUdp({ hostname: loopback, backend });
      await using client = await connectUdp({ ...server.localAddr, backend });
      for (const endpoint of [client, server]) {
        await checkClosed(endpoint as Endpoint, af, SOCK_DGRAM);
      }
    },
  );
}
