import { checkInteger } from "../internal/check/mod.ts";

/**
 * Checks a port number and returns it.
 *
 * @param port An integer from 0 to 65535; 0 asks for a free port.
 * @param name Name used in the error message.
 * @throws {RangeError} If it is anything else, such as text.
 *
 * @example A port from a command line
 * ```ts
 * import { checkPort } from "@berkeley/sockets/address";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(checkPort(Number("8080")), 8080);
 * assertThrows(() => checkPort(65536), RangeError);
 * assertThrows(() => checkPort(Number("http")), RangeError);
 * ```
 */
export function checkPort(port: number, name = "port"): number {
  return checkInteger(name, port, 0, 0xffff);
}
