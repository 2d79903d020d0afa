import { AF_INET, SOCK_DGRAM } from "../address/mod.ts";
import { socketError } from "../errors/mod.ts";
import { loadLibc } from "./_libc.ts";
import { openNow } from "./_open.ts";
import { getOption } from "./_options.ts";
import { nameOf } from "./_sockaddr.ts";

let isChecked = false;

/**
 * Compares what this system says with what the tables here say, once, on a socket
 * whose answers are known: a layout that is wrong must not go unnoticed.
 *
 * @throws {NotSupportedError} When they differ.
 */
export function selfCheck(): void {
  if (isChecked) return;
  const fd = openNow(AF_INET, SOCK_DGRAM, 0);
  try {
    const name = nameOf(fd, "getsockname");
    const known = [
      ["getsockname", JSON.stringify(name), '{"hostname":"0.0.0.0","port":0}'],
      ["SO_TYPE", getOption(fd, "SO_TYPE"), SOCK_DGRAM],
      ["SO_ERROR", getOption(fd, "SO_ERROR"), 0],
      ["SO_LINGER", getOption(fd, "SO_LINGER"), null],
      ["IP_MULTICAST_TTL", getOption(fd, "IP_MULTICAST_TTL"), 1],
    ] as const;
    for (const [what, told, expected] of known) {
      if (told === expected) continue;
      throw socketError("ENOTSUP", {
        action: "use libc",
        reason: `${what} is ${told}, not ${expected}: an unknown system`,
      });
    }
  } finally {
    loadLibc().close(fd);
  }
  isChecked = true;
}
