/**
 * Arguments of callers without types.
 */
import { IpAddress, SocketAddress } from "../address/mod.ts";
import { TYPE_NUMBERS } from "./_dns_message.ts";
import type { ServiceQuery } from "./name_info.ts";

/** A value as an error message shows it. */
function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "object" && value !== null
    ? "an object"
    : typeof value === "function"
    ? "a function"
    : String(value);
}

/** Refuses nodes and services of other types than getAddrInfo takes. */
export function checkShape(node: unknown, service: unknown): void {
  if (node !== null && typeof node !== "string") {
    throw new TypeError(
      `Cannot look up the node ${shown(node)}: it must be a string or null`,
    );
  }
  if (
    service !== null && typeof service !== "string" &&
    typeof service !== "number"
  ) {
    throw new TypeError(
      `Cannot look up the service ${
        shown(service)
      }: it must be a string, a number or null`,
    );
  }
}

/** Refuses what is not text, under the name that the caller knows it by. */
export function checkText(value: unknown, what = "name"): void {
  if (typeof value === "string") return;
  throw new TypeError(
    `Cannot look up the ${what} ${shown(value)}: it must be a string`,
  );
}

/** Refuses what is not an integer, and returns it. */
export function checkInteger(value: unknown, what: string): number {
  if (Number.isInteger(value)) return value as number;
  throw new TypeError(
    `Cannot look up with ${what} ${shown(value)}: it must be an integer`,
  );
}

/** Refuses types of records that are not known. */
export function checkType(type: unknown): void {
  if (typeof type === "string" && Object.hasOwn(TYPE_NUMBERS, type)) return;
  throw new TypeError(
    `Cannot look up records of type ${shown(type)}: the types are ${
      Object.keys(TYPE_NUMBERS).join(", ")
    }`,
  );
}

/** Refuses what is not an IP address. */
export function checkIp(address: unknown): void {
  if (address instanceof IpAddress) return;
  throw new TypeError(
    `Cannot look up the address ${shown(address)}: it must be an IpAddress`,
  );
}

/** The socket address that an object with a host and a port stands for. */
export function socketAddressOf(
  address: SocketAddress | { hostname: string; port: number },
): SocketAddress {
  return address instanceof SocketAddress
    ? address
    : SocketAddress.from(address);
}

/** Reads a query for a service once, and refuses one that is malformed. */
export function serviceNameOf(
  query: ServiceQuery,
): { name: string; service: string; domain: string } {
  const { service, protocol = "tcp", domain } = query;
  checkText(service, "service");
  checkText(protocol, "protocol");
  checkText(domain, "domain");
  return { name: `_${service}._${protocol}.${domain}`, service, domain };
}
