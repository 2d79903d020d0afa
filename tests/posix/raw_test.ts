import { assert, assertEquals } from "@std/assert";
import { SocketError } from "@berkeley/sockets/errors";
import {
  AF_INET,
  AF_INET6,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_UDP,
  type PosixSocket,
  SOCK_DGRAM,
  SOCK_RAW,
  socket,
} from "../../posix/mod.ts";
import { bytes, eachPosixFamily, nameOf, SOON, text } from "./_setup.ts";

/** A socket, or undefined where the system does not allow it. */
function tryOpen(
  family: number,
  type: number,
  protocol: number,
): PosixSocket | undefined {
  try {
    return socket(family, type, protocol);
  } catch (error) {
    assert(error instanceof SocketError);
    assert(["EPERM", "EACCES"].includes(error.code), error.message);
    console.log(`skipped: a socket of type ${type} needs ${error.code} lifted`);
    return undefined;
  }
}

/** An echo request: RFC 792 and RFC 4443. Linux fills in the sums of ICMPv6. */
function echoRequest(family: 4 | 6, id: number): Uint8Array<ArrayBuffer> {
  const packet = new Uint8Array(16);
  const view = new DataView(packet.buffer);
  view.setUint8(0, family === 4 ? 8 : 128);
  view.setUint16(4, id);
  view.setUint16(6, 1);
  packet.set(bytes("BERKELEY"), 8);
  if (family === 4) {
    let sum = 0;
    for (let i = 0; i < 16; i += 2) sum += view.getUint16(i);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    view.setUint16(2, ~sum & 0xffff);
  }
  return packet;
}

eachPosixFamily("an ICMP socket of type raw gets its echo", async (setup) => {
  const { family, loopback } = setup;
  const protocol = family === 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
  using raw = tryOpen(setup.af, SOCK_RAW, protocol);
  if (raw === undefined) return;
  const id = Deno.pid & 0xffff;
  await raw.sendTo(echoRequest(family, id), { hostname: loopback, port: 0 });
  const buffer = new Uint8Array(256);
  const reply = family === 4 ? 0 : 129;
  for (let i = 0; i < 100; i++) {
    const { length, address } = await raw.recvFrom(buffer, SOON);
    const header = family === 4 ? (buffer[0]! & 15) * 4 : 0;
    const view = new DataView(buffer.buffer, header, length - header);
    // Requests come by, too, and what other programs ask for.
    if (view.getUint8(0) !== reply || view.getUint16(4) !== id) continue;
    assertEquals(text(buffer.subarray(header + 8, length)), "BERKELEY");
    assertEquals((address as { hostname: string }).hostname, loopback);
    return;
  }
  throw new Error("no echo came");
});

eachPosixFamily(
  "an ICMP socket of type datagram gets its echo",
  async (setup) => {
    const { family, loopback } = setup;
    const protocol = family === 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
    using ping = tryOpen(setup.af, SOCK_DGRAM, protocol);
    if (ping === undefined) return;
    await ping.sendTo(echoRequest(family, 0), { hostname: loopback, port: 0 });
    const buffer = new Uint8Array(256);
    const { length } = await ping.recvFrom(buffer, SOON);
    assertEquals(buffer[0], family === 4 ? 0 : 129);
    assertEquals(text(buffer.subarray(8, length)), "BERKELEY");
  },
);

eachPosixFamily(
  "IP_HDRINCL lets a program write the IP header",
  async (setup) => {
    if (setup.af === AF_INET6) return; // IPv6 has no such option
    using raw = tryOpen(AF_INET, SOCK_RAW, IPPROTO_UDP);
    if (raw === undefined) return;
    raw.setSockOpt("IP_HDRINCL", true);
    using receiver = setup.bind();
    const { port } = nameOf(receiver);
    const payload = bytes("by hand");
    const packet = new Uint8Array(20 + 8 + payload.length);
    const view = new DataView(packet.buffer);
    view.setUint8(0, 0x45);
    view.setUint8(8, 64); // TTL
    view.setUint8(9, IPPROTO_UDP);
    packet.set([127, 0, 0, 1], 12);
    packet.set([127, 0, 0, 1], 16);
    view.setUint16(20, 4242);
    view.setUint16(22, port);
    view.setUint16(24, 8 + payload.length); // a sum of 0: none, as UDP allows
    packet.set(payload, 28);
    await raw.sendTo(packet, { hostname: "127.0.0.1", port: 0 });
    const buffer = new Uint8Array(32);
    const { length, address } = await receiver.recvFrom(buffer, SOON);
    assertEquals(text(buffer, length), "by hand");
    assertEquals(address, { hostname: "127.0.0.1", port: 4242 });
  },
);
