/**
 * A name server on a thread of its own, so that it costs the event loop that
 * is measured nothing.
 *
 * @module
 */
import { DnsServer } from "../../tests/resolve/_dns_server.ts";
import type { Zone } from "../../tests/resolve/_dns_message.ts";

const zone: Zone = Object.fromEntries(
  Array.from({ length: 100 }, (_, i) => [`host${i}.test`, [
    { type: "A", data: `192.0.2.${i}` },
    { type: "AAAA", data: `2001:db8::${i.toString(16)}` },
  ]]),
);
const server = await DnsServer.start(zone);
(self as unknown as { postMessage(message: unknown): void }).postMessage(
  server.nameServer,
);
