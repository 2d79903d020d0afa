/** Whether this machine keeps the least significant byte first. */
const IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function swap16(value: number): number {
  return (value & 0xff) << 8 | (value >> 8 & 0xff);
}

function swap32(value: number): number {
  return (swap16(value & 0xffff) << 16 | swap16(value >>> 16)) >>> 0;
}

/**
 * A 16-bit number from this machine's byte order to the network's.
 *
 * Needed only where numbers are laid out in memory for C; a `DataView` writes
 * network byte order by itself.
 *
 * @example There and back
 * ```ts
 * import { htons, ntohs } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * const [high, low] = new Uint8Array(new Uint16Array([htons(0x1234)]).buffer);
 * assertEquals([high, low], [0x12, 0x34]);
 * assertEquals(ntohs(htons(0x1234)), 0x1234);
 * ```
 */
export function htons(value: number): number {
  return IS_LITTLE_ENDIAN ? swap16(value) : value & 0xffff;
}

/**
 * A 16-bit number from the network's byte order to this machine's.
 *
 * @example Undoes `htons`
 * ```ts
 * import { htons, ntohs } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(ntohs(htons(80)), 80);
 * ```
 */
export function ntohs(value: number): number {
  return htons(value);
}

/**
 * A 32-bit number from this machine's byte order to the network's.
 *
 * @example There and back
 * ```ts
 * import { htonl, ntohl } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new Uint8Array(new Uint32Array([htonl(0x7f000001)]).buffer);
 * assertEquals([...bytes], [127, 0, 0, 1]);
 * assertEquals(ntohl(htonl(0xfffffffe)), 0xfffffffe);
 * ```
 */
export function htonl(value: number): number {
  return IS_LITTLE_ENDIAN ? swap32(value) : value >>> 0;
}

/**
 * A 32-bit number from the network's byte order to this machine's.
 *
 * @example Undoes `htonl`
 * ```ts
 * import { htonl, ntohl } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(ntohl(htonl(1)), 1);
 * ```
 */
export function ntohl(value: number): number {
  return htonl(value);
}
