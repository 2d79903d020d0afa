import { checkText } from "./_checks.ts";
import { currentProtocols } from "./_system_files.ts";
import type { ProtocolEntry } from "./protocols.ts";

/**
 * Finds a protocol by one of its names: C's getprotobyname. Undefined where it
 * is not known. The result is frozen.
 *
 * @throws {TypeError} If the name is not a string.
 *
 * The table is `/etc/protocols` where it may be read already, else a built-in
 * one.
 *
 * @example The number of a protocol
 * ```ts
 * import { getProtoByName } from "@berkeley/sockets/resolve";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(getProtoByName("udp")?.protocol, 17);
 * ```
 */
export function getProtoByName(name: string): ProtocolEntry | undefined {
  checkText(name, "protocol");
  return currentProtocols().byName(name);
}

/**
 * Finds a protocol by its number: C's getprotobynumber. Undefined where it is
 * not known. The result is frozen.
 *
 * @example The name of a protocol
 * ```ts
 * import { getProtoByNumber } from "@berkeley/sockets/resolve";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(getProtoByNumber(6)?.name, "tcp");
 * ```
 */
export function getProtoByNumber(protocol: number): ProtocolEntry | undefined {
  return currentProtocols().byNumber(protocol);
}
