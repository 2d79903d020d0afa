/** Settings and memberships of a datagram socket, as options of libc. */
import { AF_INET6, tryParseIpAddress } from "../address/mod.ts";
import type { PosixSocket } from "../posix/mod.ts";
import type { MulticastGroup, SettingValues } from "./_transport.ts";

type Posix = typeof import("../posix/mod.ts");

/** Changes a setting. */
export function applySetting<K extends keyof SettingValues>(
  posix: Posix,
  socket: PosixSocket,
  name: K,
  value: SettingValues[K],
): void {
  const isV6 = socket.family === AF_INET6;
  switch (name) {
    case "ttl":
      return socket.setSockOpt(
        isV6 ? "IPV6_UNICAST_HOPS" : "IP_TTL",
        value as number,
      );
    case "multicastTtl":
      return socket.setSockOpt(
        isV6 ? "IPV6_MULTICAST_HOPS" : "IP_MULTICAST_TTL",
        value as number,
      );
    case "multicastLoopback":
      return socket.setSockOpt(
        isV6 ? "IPV6_MULTICAST_LOOP" : "IP_MULTICAST_LOOP",
        value as boolean,
      );
    case "multicastInterface":
      return isV6
        ? socket.setSockOpt(
          "IPV6_MULTICAST_IF",
          typeof value === "number" ? value : posix.interfaceIndex(`${value}`),
        )
        : socket.setSockOpt("IP_MULTICAST_IF", value as string | number);
    case "broadcast":
      return socket.setSockOpt("SO_BROADCAST", value as boolean);
    case "receiveBufferSize":
      return socket.setSockOpt("SO_RCVBUF", value as number);
    case "sendBufferSize":
      return socket.setSockOpt("SO_SNDBUF", value as number);
  }
}

/** Joins or leaves a group. */
export function changeMembership(
  socket: PosixSocket,
  verb: "JOIN" | "LEAVE",
  { address, interface: via, source }: MulticastGroup,
): void {
  const byAddress = typeof via === "string" &&
    tryParseIpAddress(via)?.family === 4;
  const v4 = verb === "JOIN" ? "ADD" as const : "DROP" as const;
  socket.setSockOpt(
    source === undefined
      ? socket.family === AF_INET6
        ? `IPV6_${verb}_GROUP`
        : `IP_${v4}_MEMBERSHIP`
      : byAddress
      ? `IP_${v4}_SOURCE_MEMBERSHIP`
      : `MCAST_${verb}_SOURCE_GROUP`,
    { address, interface: via || undefined, source },
  );
}
