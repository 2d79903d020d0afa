/**
 * Returns the port, if it is one.
 *
 * @param port What should be an integer from 0 to 65535; 0 asks for a free one.
 * @param name How the message calls it.
 * @throws {RangeError} When it is anything else.
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
  if (Number.isInteger(port) && port >= 0 && port <= 0xffff) return port;
  throw new RangeError(
    `Cannot use ${name} ${port}: it must be an integer from 0 to 65535`,
  );
}
