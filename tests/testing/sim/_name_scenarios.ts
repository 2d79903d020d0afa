/**
 * What look-ups of names give that need no name server.
 *
 * @module
 */
import type { Context, Scenario } from "./_scenario.ts";
import {
  AF_INET,
  AF_INET6,
  AI_NUMERICHOST,
  AI_NUMERICSERV,
  AI_PASSIVE,
  AI_V4MAPPED,
  NI_NUMERICHOST,
  NI_NUMERICSERV,
  SOCK_DGRAM,
  SOCK_STREAM,
} from "../../../mod.ts";
import { at } from "./_scenario.ts";

type Arguments = Parameters<Context["getAddrInfo"]>;

/** A scenario that looks up names, and writes down the addresses. */
function lookUps(
  name: string,
  all: readonly (readonly [label: string, ...Arguments])[],
): Scenario {
  return {
    name,
    family: 4,
    async run({ getAddrInfo, log }) {
      for (const [label, ...rest] of all) {
        await log.call(
          label,
          getAddrInfo(...rest),
          (infos) =>
            infos.map(({ family, socktype, protocol, address }) =>
              [family, socktype, protocol, at(address.toNetAddr("tcp"))].join()
            ),
        );
      }
    },
  };
}

const STREAM = { socktype: SOCK_STREAM };

/** The scenarios. */
export const NAMES: readonly Scenario[] = [
  lookUps("getAddrInfo() of addresses", [
    ["IPv4", "127.0.0.1", 80, STREAM],
    ["IPv6", "::1", 80, STREAM],
    ["datagrams", "127.0.0.1", 53, { socktype: SOCK_DGRAM }],
    ["any kind", "127.0.0.1", 80],
    ["mapped", "127.0.0.1", 80, {
      ...STREAM,
      family: AF_INET6,
      flags: AI_V4MAPPED,
    }],
  ]),
  lookUps("getAddrInfo() without a host", [
    ["loopback", null, 80, STREAM],
    ["any", null, 80, { ...STREAM, flags: AI_PASSIVE }],
    ["neither", null, null],
  ]),
  lookUps("getAddrInfo() of services", [
    ["http", "127.0.0.1", "http", STREAM],
    ["digits", "127.0.0.1", "8080", STREAM],
    ["unknown", "127.0.0.1", "no-such-service", STREAM],
    ["not numeric", "127.0.0.1", "http", { ...STREAM, flags: AI_NUMERICSERV }],
  ]),
  lookUps("getAddrInfo() of what is no name", [
    ["family", "127.0.0.1", 80, { ...STREAM, family: AF_INET6 }],
    ["other family", "::1", 80, { ...STREAM, family: AF_INET }],
    ["numeric", "localhost", 80, { ...STREAM, flags: AI_NUMERICHOST }],
    ["empty", "", 80, STREAM],
    ["too long", `${"a".repeat(64)}.test`, 80, STREAM],
    ["bad family", "127.0.0.1", 80, { ...STREAM, family: 77 }],
    ["bad flags", "127.0.0.1", 80, { ...STREAM, flags: 1 << 29 }],
    ["bad socktype", "127.0.0.1", 80, { socktype: 77 }],
  ]),
  lookUps("getAddrInfo() of special names", [
    ["localhost", "localhost", 80, STREAM],
    ["localhost of IPv4", "localhost", 80, { ...STREAM, family: AF_INET }],
    ["below localhost", "a.localhost", 80, { ...STREAM, family: AF_INET }],
    ["invalid", "nothing.invalid", 80, STREAM],
    ["onion", "nothing.onion", 80, STREAM],
  ]),
  {
    name: "getNameInfo() in numbers",
    async run({ getNameInfo, family: { loopback }, log }) {
      const flags = NI_NUMERICHOST | NI_NUMERICSERV;
      await log.call(
        "numbers",
        getNameInfo({ hostname: loopback, port: 443 }, flags),
        (info) => info,
      );
      await log.call(
        "service",
        getNameInfo({ hostname: loopback, port: 443 }, NI_NUMERICHOST),
        (info) => info,
      );
    },
  },
  {
    name: "connectTcp() and bindUdp() to names",
    async run({ connectTcp, listenTcp, bindUdp, family, log }) {
      const { loopback } = family;
      await using listener = await listenTcp({ hostname: loopback, port: 0 });
      const { port } = listener.addr;
      using conn = await connectTcp({ hostname: "localhost", port });
      log.note("remote", at(conn.remoteAddr));
      await log.call(
        "unknown",
        connectTcp({ hostname: "nothing.invalid", port }),
      );
      await log.call(
        "listen",
        listenTcp({ hostname: "nothing.invalid", port: 0 }),
      );
      await log.call("bind", bindUdp({ hostname: "nothing.invalid" }));
      await using socket = await bindUdp({ hostname: loopback });
      await log.call(
        "send",
        socket.sendTo("x", { hostname: "nothing.invalid", port: 9 }),
      );
      const to = { hostname: "localhost", port: socket.localAddr.port };
      await log.call("to itself", socket.sendTo("x", to));
      await log.call(
        "receive",
        socket.receive({ timeout: 10_000 }),
        ({ address }) => at(address),
      );
    },
  },
];
