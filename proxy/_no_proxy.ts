import { IpPrefix, tryParseIpAddress } from "../address/mod.ts";
import type { ProxyTarget } from "../tcp/_proxied.ts";

/** Whether a target is connected to without the proxy. */
export type IsException = (target: ProxyTarget) => boolean;

/**
 * Parses a list of targets that need no proxy.
 *
 * @throws {TypeError} If an entry is malformed.
 */
export function parseExceptions(variable: string, list: string): IsException {
  const rules = list.split(/[\s,]+/).filter((entry) => entry !== "")
    .map((entry) => parseRule(variable, entry));
  return (target) => rules.some((rule) => rule(target));
}

function parseRule(variable: string, entry: string): IsException {
  if (entry === "*") return () => true;
  const [, host, digits] = /^(\[.*\]|[^:]*)(?::(\d+))?$/.exec(entry) ??
    [, entry];
  const port = digits === undefined ? undefined : Number(digits);
  const isHost = hostRule(variable, entry, host!.replace(/^\[(.*)\]$/, "$1"));
  return (target) =>
    (port === undefined || target.port === port) && isHost(target.hostname);
}

function hostRule(
  variable: string,
  entry: string,
  host: string,
): (hostname: string) => boolean {
  if (host.includes("/")) {
    const prefix = parsePrefix(host);
    if (prefix === undefined) throw malformed(variable, entry);
    return (hostname) => {
      const ip = addressOf(hostname);
      return ip !== undefined && prefix.contains(ip);
    };
  }
  const ip = tryParseIpAddress(host)?.unmap();
  if (ip !== undefined) {
    return (hostname) => addressOf(hostname)?.equals(ip) ?? false;
  }
  const domain = host.toLowerCase().replace(/^\*?\./, "").replace(/\.$/, "");
  if (!/^[^:/[\]]+$/.test(domain)) throw malformed(variable, entry);
  return (hostname) => {
    const name = hostname.toLowerCase().replace(/\.$/, "");
    return name === domain || name.endsWith(`.${domain}`);
  };
}

function addressOf(hostname: string) {
  return tryParseIpAddress(hostname.replace(/^\[(.*)\]$/, "$1"))?.unmap();
}

function parsePrefix(text: string): IpPrefix | undefined {
  try {
    return IpPrefix.parse(text);
  } catch {
    return undefined;
  }
}

function malformed(variable: string, entry: string): TypeError {
  return new TypeError(
    `Cannot use ${variable}: ${
      JSON.stringify(entry)
    } is neither a domain, nor an address, nor a prefix`,
  );
}
