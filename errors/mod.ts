/**
 * Everything that can go wrong with a socket or a look-up, in one shape.
 *
 * - {@linkcode SocketError}: what sockets fail with: a `code` such as
 *   `"ECONNREFUSED"`, the C call, both addresses, the runtime's error as `cause`.
 *   Its kinds ({@linkcode ConnectionRefusedError}, {@linkcode TimedOutError},
 *   {@linkcode ClosedError}, …) are in Deno also instances of the runtime's own classes.
 * - {@linkcode AddrInfoError}: what look-ups fail with: a code such as
 *   `"EAI_NONAME"`.
 * - {@linkcode strerror}, {@linkcode gaiStrerror}: the codes in words.
 * - {@linkcode errnoOf}, {@linkcode codeOf}: the codes' numbers on Linux, macOS
 *   and Windows.
 * - {@linkcode toSocketError}: makes one of ours from what the runtime threw.
 *
 * ```text
 *                 Error
 *               /       \
 *     SocketError        AddrInfoError     code "EAI_NONAME", …
 *    code "ECONNREFUSED", …
 *          |
 *     ConnectionRefusedError, …            in Deno also of its own class:
 *     one kind for what callers catch      Deno.errors.ConnectionRefused, …
 * ```
 *
 * @example Telling failures apart
 * ```ts
 * import { ConnectionRefusedError, socketError } from "@berkeley/sockets/errors";
 * import { assertEquals } from "@std/assert";
 *
 * const error: unknown = socketError("ECONNREFUSED", {
 *   action: "connect to 127.0.0.1:1",
 * });
 * const state = error instanceof ConnectionRefusedError ? "nobody there" : "?";
 * assertEquals(state, "nobody there");
 * ```
 *
 * @module
 */
export type { Addr, NetAddr, UnixAddr, VsockAddr } from "./addr.ts";
export * from "./addr_info_error.ts";
export * from "./eai.ts";
export * from "./errno.ts";
export * from "./kinds.ts";
export * from "./make_error.ts";
export {
  type ErrorAddr,
  SocketError,
  type SocketErrorContext,
  type SocketErrorInit,
} from "./socket_error.ts";
export type { SocketErrorKind } from "./socket_error_kind.ts";
export * from "./to_socket_error.ts";
