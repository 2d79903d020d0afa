/**
 * A tour in one command: `deno task demo`. It starts a TCP and a UDP echo server
 * on free ports of the loopback interface, talks to both, meets a refused port,
 * and resolves a name.
 *
 * @module
 */
import {
  connectTcp,
  connectUdp,
  getAddrInfo,
  listenTcp,
  SOCK_STREAM,
  SocketError,
} from "@berkeley/sockets";
import { serveTcpEcho, serveUdpEcho } from "./echo.ts";

const decoder = new TextDecoder();
const MESSAGES = 10;

function title(text: string): void {
  console.log(`\n${text}`);
}

function show(addr: Deno.NetAddr): string {
  return `${addr.hostname} port ${addr.port}`;
}

async function tcp(server: Deno.NetAddr): Promise<void> {
  title(`TCP echo on ${show(server)}`);
  using conn = await connectTcp({ ...server, timeout: 5000 });
  console.log(`  connected from port ${conn.localAddr.port}`);
  for (let i = 1; i <= MESSAGES; i++) {
    await conn.send(`Hello, socket ${i}\n`);
    console.log(`  ${await conn.readLine({ timeout: 5000 })}`);
  }
  await conn.send("the last words\n");
  await conn.closeWrite();
  const lines = await Array.fromAsync(conn.lines());
  console.log(`  half-closed; the server still answered: "${lines.join()}"`);
  console.log(`  ${conn.bytesWritten} bytes out, ${conn.bytesRead} bytes in`);
}

async function udp(server: Deno.NetAddr): Promise<void> {
  title(`UDP echo on ${show(server)}`);
  using socket = await connectUdp(server);
  console.log(`  bound to port ${socket.localAddr.port} (${socket.backend})`);
  for (let i = 1; i <= MESSAGES; i++) {
    const { data } = await socket.exchange(`Hello, datagram ${i}`);
    console.log(`  ${decoder.decode(data)}`);
  }
}

async function refused(): Promise<void> {
  title("A port where nobody listens");
  const listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  try {
    using _ = await connectTcp(listener.addr);
    console.log("  somebody took the port meanwhile");
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    console.log(`  ${error.message}`);
  }
}

async function names(): Promise<void> {
  title("localhost, service http");
  const hints = { socktype: SOCK_STREAM };
  for (const { address } of await getAddrInfo("localhost", "http", hints)) {
    console.log(`  ${address}`);
  }
}

/** Runs the tour. */
export async function main(): Promise<void> {
  const tcpServer = await serveTcpEcho("127.0.0.1", 0);
  const udpServer = await serveUdpEcho("127.0.0.1", 0);
  try {
    await tcp(tcpServer.addr);
    await udp(udpServer.addr);
    await refused();
    await names();
    console.log("\nAll went well.");
  } finally {
    await tcpServer.stop();
    await udpServer.stop();
  }
}

if (import.meta.main) {
  await main().catch((error) => {
    console.error(error.message);
    Deno.exit(1);
  });
}
