import { isIpAddress } from "../address/mod.ts";
import { wordsOfLines } from "./_lines.ts";

/** What `/etc/resolv.conf` says: see resolv.conf(5). */
export interface ResolvConf {
  /** The addresses of the name servers, three at most; none means this host. */
  nameServers: string[];
  /** Domains to be tried behind a name that has few dots. */
  search: string[];
  /** A name with at least this many dots is first tried as it is. */
  ndots: number;
  /** How long to wait for a server's answer, in milliseconds. */
  timeout: number;
  /** How often each server is asked before giving up. */
  attempts: number;
  /** Whether to spread the queries over the servers. */
  rotate: boolean;
}

/** MAXNS of libc's resolv.h. */
const MAX_SERVERS = 3;

/**
 * Reads text in the form of `/etc/resolv.conf`, as resolv.conf(5) says: the
 * last of several `search` and `domain` lines counts, numbers are capped
 * (`ndots` at 15, `timeout` at 30 seconds, `attempts` at 5), and what is not
 * known is passed over.
 *
 * @example Parse a configuration
 * ```ts
 * import { parseResolvConf } from "@berkeley/sockets/resolve";
 * import { assertEquals } from "@std/assert";
 *
 * const conf = parseResolvConf(
 *   "nameserver 192.0.2.1\nsearch example.com\noptions ndots:2 rotate",
 * );
 * assertEquals(conf, {
 *   nameServers: ["192.0.2.1"],
 *   search: ["example.com"],
 *   ndots: 2,
 *   timeout: 5000,
 *   attempts: 2,
 *   rotate: true,
 * });
 * ```
 */
export function parseResolvConf(text: string): ResolvConf {
  const conf: ResolvConf = {
    nameServers: [],
    search: [],
    ndots: 1,
    timeout: 5000,
    attempts: 2,
    rotate: false,
  };
  // A semicolon begins a comment only where a line starts with it.
  for (
    const [keyword, ...values] of wordsOfLines(
      text.replace(/^[ \t]*;.*$/gm, ""),
    )
  ) {
    switch (keyword) {
      case "nameserver": {
        const address = values[0] ?? "";
        if (isIpAddress(address) && conf.nameServers.length < MAX_SERVERS) {
          conf.nameServers.push(address);
        }
        break;
      }
      case "domain":
        if (values[0] !== undefined) conf.search = [values[0]];
        break;
      case "search":
        conf.search = values;
        break;
      case "options":
        for (const option of values) applyOption(conf, option);
        break;
    }
  }
  conf.search = conf.search.map((domain) =>
    domain.replace(/\.$/, "").toLowerCase()
  )
    .filter((domain) => domain !== "");
  return conf;
}

function applyOption(conf: ResolvConf, option: string): void {
  const match = /^(ndots|timeout|attempts):(\d+)$/.exec(option);
  if (option === "rotate") conf.rotate = true;
  if (match === null) return;
  const value = Number(match[2]);
  switch (match[1]) {
    case "ndots":
      conf.ndots = Math.min(value, 15);
      break;
    case "timeout":
      conf.timeout = Math.min(Math.max(value, 1), 30) * 1000;
      break;
    case "attempts":
      conf.attempts = Math.min(Math.max(value, 1), 5);
      break;
  }
}
