import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  AF_UNSPEC,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from "../address/mod.ts";
import { showValue } from "../internal/check/mod.ts";
import { socketError } from "../errors/mod.ts";
import { openNow, openPair } from "./_open.ts";
import { permitOpening } from "./_permit.ts";
import { IS_LINUX } from "./_platform.ts";
import { selfCheck } from "./_self_check.ts";
import { PosixSocket } from "./socket.ts";

/** Their numbers for us, and those of types for every system. */
const FAMILIES = [AF_UNSPEC, AF_UNIX, AF_INET, AF_INET6];
const TYPES = [SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET];

const OPEN = { action: "open a socket", syscall: "socket" } as const;

/**
 * Opens a socket: C's `socket`.
 *
 * @param protocol The protocol, such as IPPROTO_ICMP; 0 for that of the type.
 * @throws {NotCapableError} When the program lacks `--allow-ffi`; for a raw socket,
 * and for protocols other than TCP, UDP, UDP-Lite, MPTCP and ICMP, unless net access
 * to every host is granted.
 * @throws {NotSupportedError} On a system that this module does not know.
 * @throws {SocketError} When the system refuses: EAFNOSUPPORT, EPROTONOSUPPORT,
 * EPERM for a raw socket, EMFILE.
 *
 * @example A connection over loopback
 * ```ts
 * import {
 *   AF_INET,
 *   SOCK_STREAM,
 *   socket,
 * } from "@berkeley/sockets/posix";
 * import { assertEquals } from "@std/assert";
 *
 * using listener = socket(AF_INET, SOCK_STREAM);
 * listener.setSockOpt("SO_REUSEADDR", true);
 * listener.bind({ hostname: "127.0.0.1", port: 0 });
 * listener.listen(16);
 *
 * using client = socket(AF_INET, SOCK_STREAM);
 * await client.connect(listener.getSockName());
 * const { socket: server, address } = await listener.accept();
 * using _ = server;
 * assertEquals(address, client.getSockName());
 *
 * await client.send(new TextEncoder().encode("hello"));
 * const buffer = new Uint8Array(64);
 * const count = await server.recv(buffer);
 * assertEquals(new TextDecoder().decode(buffer.subarray(0, count)), "hello");
 * ```
 */
export function socket(
  family: number,
  type: number,
  protocol: number = 0,
): PosixSocket {
  check(family, type, protocol);
  return new PosixSocket(openNow(family, type, protocol), family, type);
}

/**
 * Opens two local sockets that are connected to each other: C's `socketpair`.
 *
 * @throws {NotCapableError} When the program lacks `--allow-ffi`.
 *
 * @example Both ends
 * ```ts
 * import { AF_UNIX, SOCK_SEQPACKET, socketPair } from "@berkeley/sockets/posix";
 * import { assertEquals } from "@std/assert";
 *
 * const [a, b] = socketPair(AF_UNIX, SOCK_SEQPACKET);
 * await a.send(new Uint8Array([1, 2]));
 * assertEquals(await b.recv(new Uint8Array(16)), 2);
 * a.close();
 * b.close();
 * ```
 */
export function socketPair(
  family: number,
  type: number,
  protocol: number = 0,
): [PosixSocket, PosixSocket] {
  check(family, type, protocol);
  const [a, b] = openPair(family, type, protocol);
  return [new PosixSocket(a, family, type), new PosixSocket(b, family, type)];
}

function check(family: number, type: number, protocol: number): void {
  requireKnown("family", family, FAMILIES, "AF_INET, AF_INET6 or AF_UNIX");
  const types = "SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET or SOCK_RAW";
  requireKnown("type", type, TYPES, types);
  if (!Number.isInteger(protocol) || protocol < 0) {
    throw new TypeError(
      `Cannot open a socket of protocol ${showValue(protocol)}`,
    );
  }
  if (!IS_LINUX && family === AF_UNIX && type === SOCK_SEQPACKET) {
    const reason = "macOS has no SOCK_SEQPACKET for AF_UNIX";
    throw socketError("ENOTSUP", { ...OPEN, reason });
  }
  selfCheck();
  permitOpening(family, type, protocol, OPEN);
}

function requireKnown(
  what: string,
  value: number,
  known: readonly number[],
  names: string,
): void {
  if (known.includes(value)) return;
  throw new TypeError(
    `Cannot open a socket of ${what} ${showValue(value)}: it must be ${names}`,
  );
}
