/** Settings and memberships of a datagram socket, as options of libc. */
import { AF_INET6, tryParseIpAddress } from "../address/mod.ts";
import { optionOf } from "../internal/backends/mod.ts";
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
  const option = optionOf(name, socket.family === AF_INET6 ? 6 : 4);
  const own = option === "IPV6_MULTICAST_IF" && typeof value === "string"
    ? posix.interfaceIndex(value)
    : value;
  socket.setSockOpt(option, own as never);
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
