/**
 * Sockets of UDP for scenarios.
 *
 * @module
 */
import type { Datagram, UdpEndpoint } from "../../../udp/mod.ts";
import { at, type Context } from "./_scenario.ts";

/** What UDP over "deno" and "node" lacks. */
export const EMULATED = "the library filters, and no kernel reports refusals";

/** The text of a datagram, and who sent it. */
export function shown({ data, address, truncated }: Datagram): unknown {
  const text = new TextDecoder().decode(data);
  return [text, at(address), ...(truncated ? ["truncated"] : [])];
}

/** Receives what is sure to arrive. */
export function receive(
  { log }: Context,
  label: string,
  socket: UdpEndpoint,
): Promise<unknown> {
  return log.call(label, socket.receive({ timeout: 10_000 }), shown);
}

/** Receives where nothing arrives, or a refusal, which is there already. */
export function listen(
  { log }: Context,
  label: string,
  socket: UdpEndpoint,
): Promise<unknown> {
  return log.call(label, socket.receive({ timeout: 5 }), shown);
}

/** Binds a server, and connects a client to it. */
export async function withPair(
  { bindUdp, connectUdp, family: { loopback } }: Context,
  body: (
    server: Awaited<ReturnType<Context["bindUdp"]>>,
    client: Awaited<ReturnType<Context["connectUdp"]>>,
  ) => Promise<void>,
): Promise<void> {
  await using server = await bindUdp({ hostname: loopback });
  await using client = await connectUdp(server.localAddr);
  await body(server, client);
}

/** A port that no socket has. */
export async function closedPort(
  { bindUdp, family }: Context,
): Promise<number> {
  await using socket = await bindUdp({ hostname: family.loopback });
  return socket.localAddr.port;
}
