import { type IpAddress, tryParseIpAddress } from "../address/mod.ts";
import { showValue } from "../internal/check/mod.ts";

/** The longest name that SOCKS carries, in bytes. */
const MAX_NAME = 255;
/** Letters, digits and what names of hosts have beside them; nothing that HTTP reads. */
const NAME = /^[A-Za-z0-9_.-]+$/;

/**
 * Returns the host of a target as a proxy is asked for it: an address, or a name in
 * ASCII.
 *
 * @throws {TypeError} If it is neither, or an address with a zone of this host.
 */
export function targetHost(hostname: string): IpAddress | string {
  const bare = hostname.startsWith("[") && hostname.endsWith("]")
    ? hostname.slice(1, -1)
    : hostname;
  const ip = tryParseIpAddress(bare)?.unmap();
  if (ip?.zone !== undefined) {
    throw new TypeError(
      `Cannot connect to ${hostname} through a proxy: its zone is of this host`,
    );
  }
  if (ip !== undefined) return ip;
  const name = toAscii(hostname);
  if (name !== undefined && name.length <= MAX_NAME) return name;
  throw new TypeError(
    `Cannot connect to ${showValue(hostname)} through a proxy: not a host name`,
  );
}

function toAscii(text: string): string | undefined {
  if (NAME.test(text)) return text;
  // deno-lint-ignore no-control-regex -- control characters are what to refuse
  if (/[\x00-\x7f]/.test(text.replace(/[a-zA-Z0-9_.-]/g, ""))) return undefined;
  try {
    const { hostname } = new URL(`http://${text}`);
    return NAME.test(hostname) ? hostname : undefined;
  } catch {
    return undefined;
  }
}
