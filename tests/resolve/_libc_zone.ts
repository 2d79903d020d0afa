/**
 * The zone behind the answers that libc was asked for: served to libc when the
 * tables were made, and to the resolver in the tests.
 *
 * @module
 */
import type { Zone } from "./_dns_message.ts";
import type { Fault } from "./_dns_server.ts";

/** Names with what the tables ask for. */
export const libcZone: Zone = {
  "both.example.test": [
    { type: "A", data: "192.0.2.1" },
    { type: "AAAA", data: "2001:db8::1" },
  ],
  "v4.example.test": [{ type: "A", data: "192.0.2.4" }],
  "v6.example.test": [{ type: "AAAA", data: "2001:db8::6" }],
  "chain.example.test": [{ type: "CNAME", data: "link.example.test" }],
  "link.example.test": [{ type: "CNAME", data: "both.example.test" }],
  "deep.sub.example.test": [{ type: "A", data: "192.0.2.5" }],
  "sub.example.test": [],
  "empty.example.test": [{ type: "TXT", data: ["no address"] }],
  "half.example.test": [{ type: "A", data: "192.0.2.7" }],
  "example.test": [],
  "1.2.0.192.in-addr.arpa": [{ type: "PTR", data: "both.example.test" }],
  "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa": [
    { type: "PTR", data: "both.example.test" },
  ],
};

/** Servers that fail for some names. */
export const libcFault: Fault = ({ name, type }) => {
  if (name === "servfail.example.test") return { rcode: 2 };
  if (name === "66.2.0.192.in-addr.arpa") return { rcode: 2 };
  if (name === "67.2.0.192.in-addr.arpa") return { rcode: 5 };
  if (name === "refused.example.test") return { rcode: 5 };
  if (name === "half.example.test" && type === "AAAA") return { rcode: 2 };
  return undefined;
};
