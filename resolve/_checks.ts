/**
 * What a caller without types may get wrong.
 */
import { TYPE_NUMBERS } from "./_dns_message.ts";

/** Refuses nodes and services of other types than getAddrInfo takes. */
export function checkShape(node: unknown, service: unknown): void {
  if (node !== null && typeof node !== "string") {
    throw new TypeError(
      `Cannot look up a node that is ${typeof node}: it must be a string or null`,
    );
  }
  if (
    service !== null && typeof service !== "string" &&
    typeof service !== "number"
  ) {
    throw new TypeError(
      `Cannot look up a service that is ${typeof service}: it must be a string, a number or null`,
    );
  }
}

/** Refuses what is no text. */
export function checkName(name: unknown): void {
  if (typeof name === "string") return;
  throw new TypeError(
    `Cannot look up a name that is ${
      name === null ? "null" : typeof name
    }: it must be a string`,
  );
}

/** Refuses types of records that are not known. */
export function checkType(type: unknown): void {
  if (typeof type === "string" && Object.hasOwn(TYPE_NUMBERS, type)) return;
  throw new TypeError(
    `Cannot look up records of type ${String(type)}: the types are ${
      Object.keys(TYPE_NUMBERS).join(", ")
    }`,
  );
}
