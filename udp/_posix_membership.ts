import { AF_INET6, tryParseIpAddress } from "../address/mod.ts";
import type { PosixSocket } from "../posix/mod.ts";
import type { MulticastGroup } from "./_transport.ts";

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
