import { SYSTEM } from "../internal/runtime/runtime.ts";

/**
 * The systems whose numbers are known; the names are those of `Deno.build.os`.
 */
export type ErrnoOs = "linux" | "darwin" | "windows";

/**
 * What each code says, and its number on Linux, macOS and Windows.
 *
 * The texts are those of `strerror` in the C locale, in lower case. The numbers
 * are those of `asm-generic/errno.h`, of `sys/errno.h` in XNU, and of Winsock's
 * `WSAE…` constants; a system that has no such code has `undefined`.
 */
const ERRNO: Readonly<
  Record<
    string,
    readonly [text: string, linux?: number, darwin?: number, windows?: number]
  >
> = {
  EPERM: ["operation not permitted", 1, 1],
  ENOENT: ["no such file or directory", 2, 2],
  EINTR: ["interrupted system call", 4, 4, 10004],
  EIO: ["input/output error", 5, 5],
  ENXIO: ["no such device or address", 6, 6],
  EBADF: ["bad file descriptor", 9, 9, 10009],
  EAGAIN: ["resource temporarily unavailable", 11, 35, 10035],
  EWOULDBLOCK: ["resource temporarily unavailable", 11, 35, 10035],
  ENOMEM: ["cannot allocate memory", 12, 12],
  EACCES: ["permission denied", 13, 13, 10013],
  EFAULT: ["bad address", 14, 14, 10014],
  EBUSY: ["device or resource busy", 16, 16],
  EEXIST: ["file exists", 17, 17],
  ENODEV: ["no such device", 19, 19],
  ENOTDIR: ["not a directory", 20, 20],
  EISDIR: ["is a directory", 21, 21],
  EINVAL: ["invalid argument", 22, 22, 10022],
  ENFILE: ["too many open files in system", 23, 23],
  EMFILE: ["too many open files", 24, 24, 10024],
  ENOSPC: ["no space left on device", 28, 28],
  EROFS: ["read-only file system", 30, 30],
  EPIPE: ["broken pipe", 32, 32],
  ENAMETOOLONG: ["file name too long", 36, 63, 10063],
  ENOSYS: ["function not implemented", 38, 78],
  ELOOP: ["too many levels of symbolic links", 40, 62, 10062],
  EPROTO: ["protocol error", 71, 100],
  EBADMSG: ["bad message", 74, 94],
  EOVERFLOW: ["value too large for defined data type", 75, 84],
  ENOTSOCK: ["socket operation on non-socket", 88, 38, 10038],
  EDESTADDRREQ: ["destination address required", 89, 39, 10039],
  EMSGSIZE: ["message too long", 90, 40, 10040],
  EPROTOTYPE: ["protocol wrong type for socket", 91, 41, 10041],
  ENOPROTOOPT: ["protocol not available", 92, 42, 10042],
  EPROTONOSUPPORT: ["protocol not supported", 93, 43, 10043],
  ESOCKTNOSUPPORT: ["socket type not supported", 94, 44, 10044],
  EOPNOTSUPP: ["operation not supported", 95, 102, 10045],
  ENOTSUP: ["operation not supported", 95, 45],
  EPFNOSUPPORT: ["protocol family not supported", 96, 46, 10046],
  EAFNOSUPPORT: ["address family not supported by protocol", 97, 47, 10047],
  EADDRINUSE: ["address already in use", 98, 48, 10048],
  EADDRNOTAVAIL: ["cannot assign requested address", 99, 49, 10049],
  ENETDOWN: ["network is down", 100, 50, 10050],
  ENETUNREACH: ["network is unreachable", 101, 51, 10051],
  ENETRESET: ["network dropped connection on reset", 102, 52, 10052],
  ECONNABORTED: ["software caused connection abort", 103, 53, 10053],
  ECONNRESET: ["connection reset by peer", 104, 54, 10054],
  ENOBUFS: ["no buffer space available", 105, 55, 10055],
  EISCONN: ["transport endpoint is already connected", 106, 56, 10056],
  ENOTCONN: ["transport endpoint is not connected", 107, 57, 10057],
  ESHUTDOWN: ["cannot send after transport endpoint shutdown", 108, 58, 10058],
  ETOOMANYREFS: ["too many references: cannot splice", 109, 59, 10059],
  ETIMEDOUT: ["connection timed out", 110, 60, 10060],
  ECONNREFUSED: ["connection refused", 111, 61, 10061],
  EHOSTDOWN: ["host is down", 112, 64, 10064],
  EHOSTUNREACH: ["no route to host", 113, 65, 10065],
  EALREADY: ["operation already in progress", 114, 37, 10037],
  EINPROGRESS: ["operation now in progress", 115, 36, 10036],
  ECANCELED: ["operation canceled", 125, 89],
  // Not of errno.h: codes that a runtime has for states that C has no code for.
  ENOTCAPABLE: ["permission not granted to the program"],
  EOF: ["end of stream"],
  ECERTINVALID: ["invalid certificate"],
  ECERTEXPIRED: ["certificate has expired"],
  ECERTNOTYETVALID: ["certificate is not valid yet"],
  ECERTISSUER: ["certificate of an issuer that is not trusted"],
  ECERTNAME: ["certificate for another name"],
  ECERTPURPOSE: ["certificate for another purpose"],
  ECERTREVOKED: ["certificate was revoked"],
  ETLSREFUSED: ["TLS handshake refused by the peer"],
  ETLSVERSION: ["no common version of TLS"],
  ETLSALPN: ["no common application protocol"],
  ETLSCLIENTCERT: ["client certificate required"],
  ETLSTRUNCATED: ["stream ended without close_notify"],
};

const COLUMN: Readonly<Record<ErrnoOs, 1 | 2 | 3>> = {
  linux: 1,
  darwin: 2,
  windows: 3,
};

/** The system that runs this program, or Linux for one whose numbers are not known. */
const HOST_OS: ErrnoOs = SYSTEM === "darwin" || SYSTEM === "windows"
  ? SYSTEM
  : "linux";

/**
 * The number of a code, on this system unless another is named.
 *
 * @example Numbers differ between systems
 * ```ts
 * import { errnoOf } from "@berkeley/sockets/errors";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(errnoOf("ECONNREFUSED", "linux"), 111);
 * assertEquals(errnoOf("ECONNREFUSED", "darwin"), 61);
 * assertEquals(errnoOf("EOF"), undefined);
 * ```
 */
export function errnoOf(
  code: string,
  os: ErrnoOs = HOST_OS,
): number | undefined {
  return Object.hasOwn(ERRNO, code) ? ERRNO[code]![COLUMN[os]] : undefined;
}

/** The first code in the table wins where two share a number. */
function invert(os: ErrnoOs): Map<number, string> {
  const codes = new Map<number, string>();
  for (const [code, row] of Object.entries(ERRNO)) {
    const errno = row[COLUMN[os]];
    if (errno !== undefined && !codes.has(errno)) codes.set(errno, code);
  }
  return codes;
}

const codesByOs = new Map<ErrnoOs, Map<number, string>>();

/**
 * The code of a number, on this system unless another is named.
 *
 * @example A number that C reported
 * ```ts
 * import { codeOf } from "@berkeley/sockets/errors";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(codeOf(98, "linux"), "EADDRINUSE");
 * assertEquals(codeOf(10048, "windows"), "EADDRINUSE");
 * assertEquals(codeOf(0), undefined);
 * ```
 */
export function codeOf(
  errno: number,
  os: ErrnoOs = HOST_OS,
): string | undefined {
  let codes = codesByOs.get(os);
  if (codes === undefined) codesByOs.set(os, codes = invert(os));
  return codes.get(errno);
}

/**
 * What a code or its number says, as C's `strerror` does.
 *
 * A code that is not in the table reads `unknown error`, with the code.
 *
 * @example A code in words
 * ```ts
 * import { strerror } from "@berkeley/sockets/errors";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(strerror("ECONNREFUSED"), "connection refused");
 * assertEquals(strerror("EWHATEVER"), "unknown error EWHATEVER");
 * ```
 */
export function strerror(code: string | number): string {
  const name = typeof code === "number" ? codeOf(code) : code;
  return name !== undefined && Object.hasOwn(ERRNO, name)
    ? ERRNO[name]![0]
    : `unknown error ${code}`;
}
