import { tryParseIpAddress } from "../../../address/mod.ts";
import { checkInteger, showValue } from "../../../internal/check/mod.ts";
import { Resolver } from "../../../resolve/mod.ts";
import type { HostOptions } from "../../host.ts";
import type { LinkOptions } from "../../link_options.ts";
import { checkName } from "../dns/records.ts";
import type { WireOptions } from "../wire/wire.ts";
import type { ReadHostOptions } from "./simulated_host.ts";

/** The options of a network, as `simulate()` passes them. */
export interface NetworkOptions {
  readonly link?: LinkOptions | undefined;
  readonly maxTrace?: number | undefined;
  readonly faults?: readonly string[] | undefined;
}

/** Reads the options of a network once. */
export function readNetworkOptions(options: NetworkOptions): WireOptions {
  const { link, maxTrace = 10_000, faults } = options;
  checkInteger("maxTrace", maxTrace, 0, 100_000_000);
  return {
    link,
    maxTrace,
    faults: faults === undefined ? undefined : new Set(readFaults(faults)),
  };
}

function readFaults(faults: readonly string[]): readonly string[] {
  const names = Array.isArray(faults) ? [...faults] : undefined;
  if (names?.every((name) => typeof name === "string")) return names;
  throw new TypeError(
    `Cannot use faults ${showValue(faults)}: they must be an array of names`,
  );
}

/** Reads the options of a host once. */
export function readHostOptions(options: HostOptions): ReadHostOptions {
  checkObject("host options", options);
  const { addresses, maxSockets, resolver = {} } = options;
  checkObject("resolver options", resolver);
  if (addresses !== undefined && !Array.isArray(addresses)) {
    throw new TypeError(
      `Cannot use addresses ${showValue(addresses)}: they must be an array`,
    );
  }
  const read = { ...resolver };
  new Resolver(read); // refuses options before anything is made of them
  return {
    addresses: addresses === undefined ? undefined : [...addresses],
    maxSockets,
    resolver: read,
  };
}

function checkObject(name: string, value: unknown): void {
  if (value === Object(value)) return;
  throw new TypeError(
    `Cannot use ${name} ${showValue(value)}: they must be an object`,
  );
}

/** The names that no DNS answers for: RFC 6761 and RFC 7686. */
const SPECIAL = /(^|\.)(localhost|invalid|onion)$/;

/**
 * Returns the name of a host, without a final dot.
 *
 * @throws {TypeError} If it is not a string.
 * @throws {SyntaxError} If no host can have it.
 */
export function checkHostName(name: string): string {
  const bare = checkName(name);
  if (tryParseIpAddress(bare) === undefined && !SPECIAL.test(bare)) return bare;
  throw new SyntaxError(
    `Cannot name a host ${showValue(name)}: the name has another meaning`,
  );
}
