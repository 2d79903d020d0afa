/**
 * What each code of `getaddrinfo` says. The codes are those of RFC 3493 and of
 * glibc's `netdb.h`, the texts those of its `gai_strerror`, in lower case.
 */
const EAI: Readonly<Record<string, string>> = {
  EAI_BADFLAGS: "bad value for the flags",
  EAI_NONAME: "name or service not known",
  EAI_AGAIN: "temporary failure in name resolution",
  EAI_FAIL: "non-recoverable failure in name resolution",
  EAI_NODATA: "no address associated with the name",
  EAI_FAMILY: "address family not supported",
  EAI_SOCKTYPE: "socket type not supported",
  EAI_SERVICE: "service not supported for the socket type",
  EAI_ADDRFAMILY: "address family for the name not supported",
  EAI_MEMORY: "memory allocation failure",
  EAI_SYSTEM: "system error",
  EAI_OVERFLOW: "argument buffer overflow",
};

/**
 * What a code of `getaddrinfo` or `getnameinfo` says, as C's `gai_strerror` does.
 *
 * A code that is not in the table reads `unknown error`, with the code.
 *
 * @example A code in words
 * ```ts
 * import { gaiStrerror } from "@berkeley/sockets/errors";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(gaiStrerror("EAI_NONAME"), "name or service not known");
 * assertEquals(gaiStrerror("EAI_OTHER"), "unknown error EAI_OTHER");
 * ```
 */
export function gaiStrerror(code: string): string {
  return Object.hasOwn(EAI, code) ? EAI[code]! : `unknown error ${code}`;
}
