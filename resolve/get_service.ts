import { checkPort } from "../address/mod.ts";
import { checkText } from "./_checks.ts";
import { currentServices } from "./_system_files.ts";
import type { ServiceEntry } from "./services.ts";

/**
 * Finds a service by one of its names, over a protocol or over any: C's
 * getservbyname. Undefined where it is not known. The result is frozen.
 *
 * The table is `/etc/services` where it may be read already, else a built-in
 * one of several hundred names.
 *
 * @throws {TypeError} If the name is not a string.
 *
 * @example The port of a service
 * ```ts
 * import { getServByName } from "@berkeley/sockets/resolve";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(getServByName("ssh", "tcp")?.port, 22);
 * ```
 */
export function getServByName(
  name: string,
  protocol?: string,
): ServiceEntry | undefined {
  checkText(name, "service");
  return currentServices().byName(name, protocol);
}

/**
 * Finds the service on a port, over a protocol or over any: C's
 * getservbyport. Undefined where it is not known. The result is frozen.
 *
 * @throws {RangeError} When the port is not one.
 *
 * @example The service on a port
 * ```ts
 * import { getServByPort } from "@berkeley/sockets/resolve";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(getServByPort(25)?.name, "smtp");
 * ```
 */
export function getServByPort(
  port: number,
  protocol?: string,
): ServiceEntry | undefined {
  return currentServices().byPort(checkPort(port), protocol);
}
